#include "CProcess.h"

#include <stdlib.h>

#if defined(__linux__)
#include <sys/auxv.h>
#endif

static int count;
static char **values;

// <stdlib.h> has told which C library it is.
#if defined(__GLIBC__) || defined(__APPLE__)
__attribute__((constructor)) static void keep(int argc, char **argv) {
  count = argc;
  values = argv;
}
#endif

int process_argument_count(void) { return count; }

const char *process_argument(int index) { return values[index]; }

const char *process_path(void) {
#if defined(__linux__)
  return (const char *)getauxval(AT_EXECFN);
#else
  return NULL;
#endif
}
