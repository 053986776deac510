#include "CPictures.h"
#include "messages.h"

#if defined(PICTURES_JPEG)

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
// Numbers of the warnings.
#include <jerror.h>

typedef struct {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  picture_message *message;
  picture_status status;
  /// A row of four inks.
  uint8_t *inks;
} reader;

static reader *reader_of(j_common_ptr jpeg) { return jpeg->client_data; }

static void on_error(j_common_ptr jpeg) {
  reader *r = reader_of(jpeg);
  char text[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, text);
  bool is_memory = jpeg->err->msg_code == JERR_OUT_OF_MEMORY;
  r->status = is_memory ? fail(picture_no_memory, r->message, "not enough memory to decode it")
                        : fail(picture_damaged, r->message, "damaged JPEG data: %s", text);
  longjmp(r->escape, 1);
}

/// libjpeg fills what is missing with grey and only warns. Such a picture is damaged; harmless warnings, of which cameras
/// cause many, are not errors.
static void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  reader *r = reader_of(jpeg);
  switch (jpeg->err->msg_code) {
  case JWRN_JPEG_EOF:
    r->status = fail(picture_damaged, r->message, "truncated: the file ends inside the JPEG data");
    longjmp(r->escape, 1);
  case JWRN_HIT_MARKER:
  case JWRN_HUFF_BAD_CODE:
  case JWRN_MUST_RESYNC:
  case JWRN_ARITH_BAD_CODE:
    on_error(jpeg);
    break;
  default:
    break;
  }
}

static void on_output(j_common_ptr jpeg) { (void)jpeg; }

/// Each scan of a progressive picture costs as much as the whole: a small file with very many would take hours. Encoders
/// write about ten.
enum { most_scans = 500 };

static void on_progress(j_common_ptr jpeg) {
  if (((j_decompress_ptr)jpeg)->input_scan_number <= most_scans) return;
  reader *r = reader_of(jpeg);
  r->status = fail(picture_damaged, r->message, "damaged JPEG data: more than %d scans", most_scans);
  longjmp(r->escape, 1);
}

static void finish(reader *r) {
  jpeg_destroy_decompress(&r->jpeg);
  free(r->inks);
}

/// a · b / 255, rounded, for bytes.
static unsigned byte_product(unsigned a, unsigned b) {
  unsigned t = a * b + 128;
  return ((t >> 8) + t) >> 8;
}

/// Adobe's inks, 255 for none: what is left of the light is white minus the ink's part of what black leaves.
static void colors_of_inks(const uint8_t *inks, size_t width, uint8_t *pixels) {
  for (size_t x = 0; x < width; ++x) {
    unsigned light = inks[4 * x + 3];
    for (size_t c = 0; c < 3; ++c)
      pixels[3 * x + c] = (uint8_t)(light - byte_product(255u - inks[4 * x + c], light));
  }
}

static void decode(reader *r, picture_size size, uint8_t *pixels) {
  j_decompress_ptr jpeg = &r->jpeg;
  // The accurate integer transform and smooth chroma, whatever libjpeg's default is.
  jpeg->dct_method = JDCT_ISLOW;
  jpeg->do_fancy_upsampling = TRUE;
  jpeg_start_decompress(jpeg);
  size_t row = (size_t)size.width * size.channels;
  while (jpeg->output_scanline < jpeg->output_height) {
    uint8_t *target = pixels + jpeg->output_scanline * row;
    JSAMPROW line = r->inks != NULL ? r->inks : target;
    jpeg_read_scanlines(jpeg, &line, 1);
    if (r->inks != NULL) colors_of_inks(r->inks, size.width, target);
  }
  jpeg_finish_decompress(jpeg);
}

/// Says what libjpeg is to give, and what size that has.
static picture_size choose_colors(reader *r) {
  j_decompress_ptr jpeg = &r->jpeg;
  picture_size size = {jpeg->image_height, jpeg->image_width, 3};
  switch (jpeg->jpeg_color_space) {
  case JCS_GRAYSCALE:
    jpeg->out_color_space = JCS_GRAYSCALE;
    size.channels = 1;
    break;
  case JCS_CMYK:
  case JCS_YCCK:
    jpeg->out_color_space = JCS_CMYK;
    break;
  default:
    jpeg->out_color_space = JCS_RGB;
    break;
  }
  return size;
}

/// Reads the header, and into `pixels` where that is not null.
static picture_status run(const uint8_t *bytes, size_t count, picture_limits limits, picture_size *size,
                          uint8_t *pixels, size_t capacity, picture_message *message) {
  message->text[0] = 0;
  // On the heap: after a jump, variables of this function would be indeterminate.
  reader *const r = calloc(1, sizeof *r);
  if (r == NULL) return fail(picture_no_memory, message, "not enough memory to decode it");
  r->message = message;
  r->jpeg.err = jpeg_std_error(&r->errors);
  r->errors.error_exit = on_error;
  r->errors.emit_message = on_message;
  r->errors.output_message = on_output;
  r->jpeg.client_data = r;
  picture_status status;
  if (setjmp(r->escape) != 0) {
    status = r->status;
    finish(r);
    free(r);
    return status;
  }
  jpeg_create_decompress(&r->jpeg);
  r->progress.progress_monitor = on_progress;
  r->jpeg.progress = &r->progress;
  jpeg_mem_src(&r->jpeg, (unsigned char *)bytes, count);
  jpeg_read_header(&r->jpeg, TRUE);
  picture_size found = choose_colors(r);
  r->status = check_size(found, limits, message);
  if (r->status == picture_ok && pixels != NULL) {
    if (capacity != (size_t)found.height * found.width * found.channels) {
      r->status = fail(picture_damaged, message, "the picture has another size than its header said");
    } else if (r->jpeg.out_color_space == JCS_CMYK && (r->inks = malloc((size_t)found.width * 4)) == NULL) {
      r->status = fail(picture_no_memory, message, "not enough memory to decode it");
    } else {
      decode(r, found, pixels);
    }
  }
  status = r->status;
  if (status == picture_ok && size != NULL) *size = found;
  finish(r);
  free(r);
  return status;
}

bool picture_has_jpeg(void) { return true; }

picture_status picture_jpeg_size(const uint8_t *bytes, size_t count, picture_limits limits,
                                 picture_size *size, picture_message *message) {
  return run(bytes, count, limits, size, NULL, 0, message);
}

picture_status picture_jpeg_decode(const uint8_t *bytes, size_t count, picture_limits limits, uint8_t *pixels,
                                   size_t capacity, picture_message *message) {
  return run(bytes, count, limits, NULL, pixels, capacity, message);
}

#else

bool picture_has_jpeg(void) { return false; }

picture_status picture_jpeg_size(const uint8_t *bytes, size_t count, picture_limits limits,
                                 picture_size *size, picture_message *message) {
  (void)bytes, (void)count, (void)limits, (void)size;
  return fail(picture_no_library, message, "built without libjpeg-turbo");
}

picture_status picture_jpeg_decode(const uint8_t *bytes, size_t count, picture_limits limits, uint8_t *pixels,
                                   size_t capacity, picture_message *message) {
  (void)bytes, (void)count, (void)limits, (void)pixels, (void)capacity;
  return fail(picture_no_library, message, "built without libjpeg-turbo");
}

#endif
