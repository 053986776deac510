// Block sizes that fit this instruction set's registers and its processors' caches; kernels/gemm_blocks.inc and
// gemm_micro.inc say what they are. 16 registers: 12 sums, two vectors of B and one broadcast. With 4×3 compilers move sums about.
#define GEMM_ROWS 6
#define GEMM_VECTORS 2
#define GEMM_DEPTH 384
#define GEMM_PANELS 8
#define GEMM_DEEP_DEPTH 512
#define GEMM_DEEP_PANELS 6
#define GEMM_AHEAD_PANELS 4
#define GEMM_PACKED_ROWS 512
#define GEMM_STREAM_DEPTH 128
#define GEMM_DIRECT 16384
#define GEMM_DOT_ROWS 2
#define PROBE_CHAINS 12
