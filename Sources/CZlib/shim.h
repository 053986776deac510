// gzip for the data readers: the system's zlib, which Swift's own installation instructions require.
#include <zlib.h>
