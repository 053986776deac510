#include "CPictures.h"
#include "messages.h"

#if defined(PICTURES_PNG)

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const uint8_t *bytes;
  size_t count;
  size_t position;
  picture_message *message;
  picture_status status;
  png_structp png;
  png_infop info;
} reader;

static void on_error(png_structp png, png_const_charp text) {
  reader *r = png_get_error_ptr(png);
  // Where memory or the data has ended, it has been said.
  if (r->status == picture_ok) r->status = fail(picture_damaged, r->message, "damaged PNG data: %s", text);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void read_bytes(png_structp png, png_bytep target, size_t count) {
  reader *r = png_get_io_ptr(png);
  if (count > r->count - r->position) {
    r->status = fail(picture_damaged, r->message, "truncated: the file ends inside the PNG data");
    png_error(png, "truncated");
  }
  memcpy(target, r->bytes + r->position, count);
  r->position += count;
}

/// For the chunks that come before the pixels.
enum { largest_chunk = 8 << 20 };

static void prepare(reader *r) {
  png_structp png = r->png;
  r->info = png_create_info_struct(png);
  if (r->info == NULL) png_error(png, "not enough memory");
  png_set_read_fn(png, r, read_bytes);
  // `check_size` says it better.
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  png_set_chunk_malloc_max(png, largest_chunk);
#if defined(PNG_HANDLE_AS_UNKNOWN_SUPPORTED)
  // Colours are taken as they stand, without gamma and profile; of the rest nothing is wanted either.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
#endif
}

static void finish(reader *r) {
  if (r->png != NULL) png_destroy_read_struct(&r->png, r->info != NULL ? &r->info : NULL, NULL);
  free(r);
}

static picture_size size_of(reader *r) {
  int color = png_get_color_type(r->png, r->info);
  picture_size size = {png_get_image_height(r->png, r->info), png_get_image_width(r->png, r->info),
                       (color & PNG_COLOR_MASK_COLOR) ? 3 : 1};
  return size;
}

static void decode(reader *r, picture_size size, uint8_t *pixels) {
  png_structp png = r->png;
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, r->info);
  size_t row = (size_t)size.width * size.channels;
  if (png_get_rowbytes(png, r->info) != row) png_error(png, "rows of another length than the header says");
  // Each pass of an interlaced picture adds to the rows of the passes before.
  for (int pass = 0; pass < passes; ++pass) {
    for (size_t y = 0; y < size.height; ++y) png_read_row(png, pixels + y * row, NULL);
  }
  // To the end: a file that stops behind its last row is truncated.
  png_read_end(png, NULL);
}

/// Reads the header, and into `pixels` where that is not null.
static picture_status run(const uint8_t *bytes, size_t count, picture_limits limits, picture_size *size,
                          uint8_t *pixels, size_t capacity, picture_message *message) {
  message->text[0] = 0;
  // On the heap: after a jump, variables of this function would be indeterminate.
  reader *const r = calloc(1, sizeof *r);
  if (r == NULL) return fail(picture_no_memory, message, "not enough memory to decode it");
  r->bytes = bytes;
  r->count = count;
  r->message = message;
  r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, on_error, on_warning);
  picture_status status;
  if (r->png == NULL) {
    finish(r);
    return fail(picture_no_memory, message, "not enough memory to decode it");
  }
  if (setjmp(png_jmpbuf(r->png)) != 0) {
    status = r->status;
    finish(r);
    return status;
  }
  prepare(r);
  png_read_info(r->png, r->info);
  picture_size found = size_of(r);
  r->status = check_size(found, limits, message);
  if (r->status == picture_ok && pixels != NULL) {
    if (capacity != (size_t)found.height * found.width * found.channels) {
      r->status = fail(picture_damaged, message, "the picture has another size than its header said");
    } else {
      decode(r, found, pixels);
    }
  }
  status = r->status;
  if (status == picture_ok && size != NULL) *size = found;
  finish(r);
  return status;
}

bool picture_has_png(void) { return true; }

picture_status picture_png_size(const uint8_t *bytes, size_t count, picture_limits limits, picture_size *size,
                                picture_message *message) {
  return run(bytes, count, limits, size, NULL, 0, message);
}

picture_status picture_png_decode(const uint8_t *bytes, size_t count, picture_limits limits, uint8_t *pixels,
                                  size_t capacity, picture_message *message) {
  return run(bytes, count, limits, NULL, pixels, capacity, message);
}

#else

bool picture_has_png(void) { return false; }

picture_status picture_png_size(const uint8_t *bytes, size_t count, picture_limits limits, picture_size *size,
                                picture_message *message) {
  (void)bytes, (void)count, (void)limits, (void)size;
  return fail(picture_no_library, message, "built without libpng");
}

picture_status picture_png_decode(const uint8_t *bytes, size_t count, picture_limits limits, uint8_t *pixels,
                                  size_t capacity, picture_message *message) {
  (void)bytes, (void)count, (void)limits, (void)pixels, (void)capacity;
  return fail(picture_no_library, message, "built without libpng");
}

#endif
