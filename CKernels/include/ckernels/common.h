// Status codes, version, instruction set, threads: what every family of kernels shares.
#ifndef CKERNELS_COMMON_H
#define CKERNELS_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CK_API __attribute__((visibility("default")))

// Raised whenever a call that compiled against an older header would no longer work.
#define CK_ABI_VERSION 3

// What a call came to.
typedef enum ck_status {
  CK_OK = 0,
  CK_INVALID_ARGUMENT = 1,   // a size, stride, enumeration or pointer that CKernels.h refuses
  CK_OUT_OF_MEMORY = 2,      // scratch memory could not be had
  CK_UNSUPPORTED = 3,        // an instruction set that this processor or this build lacks
  CK_INDEX_OUT_OF_RANGE = 4, // a label or row index outside its range; outputs are unspecified
} ck_status;

// Whether an output is replaced or added to.
typedef enum ck_mode { CK_OVERWRITE = 0, CK_ACCUMULATE = 1 } ck_mode;

// An instruction set that kernels are compiled for.
typedef enum ck_isa { CK_ISA_PORTABLE = 0, CK_ISA_NEON = 1, CK_ISA_AVX2 = 2, CK_ISA_AVX512 = 3 } ck_isa;

// One English sentence for a status; never null.
CK_API const char *ck_status_message(ck_status status);

// CK_ABI_VERSION of the library that is loaded (compare with that of the header).
CK_API int32_t ck_abi_version(void);
// "1.2.3" of the library that is loaded.
CK_API const char *ck_version(void);

// The instruction set in use. Chosen at the first call: the best one that the processor has, or the one that
// the environment variable CK_ISA names (portable, neon, avx2, avx512) where the processor has it.
CK_API ck_isa ck_active_isa(void);
// Whether this processor and this build have it; false for a value that is none.
CK_API bool ck_isa_available(ck_isa isa);
// "portable", "neon", "avx2" or "avx512"; never null.
CK_API const char *ck_isa_name(ck_isa isa);
// Switches for the whole process; CK_UNSUPPORTED where it is not available. For tests and comparisons: not
// while another thread runs a kernel.
CK_API ck_status ck_set_isa(ck_isa isa);

// What products are computed with. All arrays hold floats either way.
typedef enum ck_precision {
  CK_FLOAT32, // floats
  CK_BFLOAT16, // the operands of products are rounded to bfloat16, to nearest with ties to even; sums are floats
  CK_PRECISION_COUNT
} ck_precision;

// The precision of the products that the calling thread asks for, CK_FLOAT32 at first: of ck_gemm_f32,
// ck_gemm_batched_f32 and ck_gemm_step_f32, of the functions that are made of them, and of the steps of recurrent
// networks from 32 hidden units on. Products with fewer than 16 rows, 32 columns or 32 terms are computed with
// floats always. Sums, results and all other functions are floats. Where the processor multiplies pairs (vdpbf16ps)
// denormal numbers count as 0 and a sum takes two terms at once: results differ from those of other processors in
// the last digits of their sums, but on one processor they are the same bits at any thread count.
CK_API ck_precision ck_active_precision(void);
// CK_INVALID_ARGUMENT for a value that is none.
CK_API ck_status ck_set_precision(ck_precision precision);
// Whether each row of a product is computed as if it were alone, false at first and the calling thread's own: with alpha = 1
// and beta = 0 it then has the same bits however many rows there are, which decoding step by step needs to agree with whole
// sequences. Of products whose A is not transposed, and with floats whatever the precision.
CK_API bool ck_rows_are_alone(void);
// Turns that on or off for the calling thread.
CK_API void ck_set_rows_alone(bool alone);
// Whether products in bfloat16 are faster than those of floats: whether the active instruction set multiplies pairs.
CK_API bool ck_multiplies_pairs(void);

// Floats in one vector register of the active instruction set (16 for AVX-512).
CK_API int32_t ck_vector_lanes(void);

// Threads that a large kernel uses. At first: MYELIN_THREADS, else OMP_NUM_THREADS, else the processors that
// the affinity mask and the container's CPU quota grant (rounded down, at least 1). Always 1 without OpenMP; 1
// in a child forked after the first parallel call until it sets it (always 1 there with libgomp); less than
// was set once the system has refused a thread.
CK_API int32_t ck_thread_count(void);
// 0 restores the default. CK_INVALID_ARGUMENT below 0 or above 1024.
CK_API ck_status ck_set_thread_count(int32_t threads);
// A call that is large enough for several threads may be made on one all the same, where that has been found to
// be faster lately: other programs use the processors, or the host has moved them apart. true: never; for tests
// of the parallel paths and for comparisons. The results are the same bits either way.
CK_API void ck_set_team_always(bool always);
// The OpenMP runtime ("libomp 5.0"), or "none" when built without OpenMP.
CK_API const char *ck_openmp_runtime(void);

// Data cache sizes in bytes, as the system tells, else 32 KiB, 512 KiB and 8 MiB. level is 1, 2 or 3.
CK_API int64_t ck_cache_size(int32_t level);
// The processor's own name, or "unknown".
CK_API const char *ck_processor_name(void);

// Memory for long-lived buffers: 64-byte aligned, backed by huge pages where the system offers them.
// Null when there is none. `ck_free` takes what `ck_allocate` gave, or null.
CK_API void *ck_allocate(size_t bytes);
// Takes what `ck_allocate` gave for as many bytes, or null.
CK_API void ck_free(void *memory, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
