#ifndef MESSAGES_H
#define MESSAGES_H

#include <stdarg.h>
#include <stdio.h>

#include "CPictures.h"

/// `status` with its message, which is one line: control characters of a damaged file become question marks.
__attribute__((format(printf, 3, 4))) static inline picture_status
fail(picture_status status, picture_message *message, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message->text, sizeof message->text, format, arguments);
  va_end(arguments);
  for (char *c = message->text; *c != 0; ++c) {
    if ((unsigned char)*c < 32 || (unsigned char)*c > 126) *c = '?';
  }
  return status;
}

/// Throws out what is beyond the limits before anything of its size is allocated.
static inline picture_status check_size(picture_size size, picture_limits limits, picture_message *message) {
  if (size.height == 0 || size.width == 0) return fail(picture_damaged, message, "the picture has no pixels");
  uint64_t pixels = (uint64_t)size.height * size.width;
  if (size.height > limits.side || size.width > limits.side || pixels > limits.pixels)
    return fail(picture_too_large, message,
                "%u x %u pixels are more than are read, %u a side and %llu in all", (unsigned)size.width,
                (unsigned)size.height, (unsigned)limits.side, (unsigned long long)limits.pixels);
  return picture_ok;
}

#endif
