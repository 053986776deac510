/// PNG by libpng and JPEG by libjpeg-turbo, decoded from memory into bytes of red, green and blue, or of grey.
///
/// Each function answers for damaged data with a status and a message, prints nothing, and keeps nothing. Their libraries
/// report errors by longjmp, which must not cross Swift: no jump leaves these functions.
///
/// Dimensions: H rows, W columns, C channels, 1 (grey) or 3 (red, green, blue). Pixels are row-major, channels last:
/// H·W·C bytes without gaps.
#ifndef CPICTURES_H
#define CPICTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
  picture_ok = 0,
  /// The data ends early, or holds what the format does not allow.
  picture_damaged,
  /// `picture_limits` are exceeded; nothing of the size was allocated.
  picture_too_large,
  picture_no_memory,
  /// Built without the library.
  picture_no_library,
} picture_status;

/// What is decoded at all, against files made to fill the memory.
typedef struct {
  uint32_t side;
  uint64_t pixels;
} picture_limits;

typedef struct {
  uint32_t height;
  uint32_t width;
  /// 1 or 3.
  uint32_t channels;
} picture_size;

/// One line without an end; empty where the status is picture_ok.
typedef struct {
  char text[200];
} picture_message;

/// Whether the package was built with libpng.
bool picture_has_png(void);

/// Whether the package was built with libjpeg-turbo.
bool picture_has_jpeg(void);

/// The size that decoding will give, from the header alone. Nothing else of `size` is written on an error.
picture_status picture_png_size(const uint8_t *bytes, size_t count, picture_limits limits, picture_size *size,
                                picture_message *message);

/// Overwrites `pixels`, `capacity` bytes of H·W·C.
///
/// Every colour type and bit depth. Palettes become colours; 1, 2 and 4 bits are spread over 0…255; of 16 bits the
/// upper 8 are kept; transparency is dropped, the colours under it stay. So does Pillow's `convert("RGB")`.
picture_status picture_png_decode(const uint8_t *bytes, size_t count, picture_limits limits, uint8_t *pixels,
                                  size_t capacity, picture_message *message);

/// As picture_png_size.
picture_status picture_jpeg_size(const uint8_t *bytes, size_t count, picture_limits limits,
                                 picture_size *size, picture_message *message);

/// Overwrites `pixels`, `capacity` bytes of H·W·C.
///
/// Baseline and progressive, of grey, YCbCr, RGB, CMYK and YCCK. The four inks are taken as Adobe's programs write them,
/// 255 for none, and turned into colours without a profile, as Pillow does.
picture_status picture_jpeg_decode(const uint8_t *bytes, size_t count, picture_limits limits, uint8_t *pixels,
                                   size_t capacity, picture_message *message);

#endif
