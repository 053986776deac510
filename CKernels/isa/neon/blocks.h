// Block sizes that fit this instruction set's registers and its processors' caches; kernels/gemm_blocks.inc and
// gemm_micro.inc say what they are. 24 sums in 32 registers. Block sizes as for AVX-512; not measured on Arm.
#define GEMM_ROWS 8
#define GEMM_VECTORS 3
#define GEMM_DEPTH 384
#define GEMM_PANELS 8
#define GEMM_DEEP_DEPTH 512
#define GEMM_DEEP_PANELS 6
#define GEMM_AHEAD_PANELS 4
#define GEMM_PACKED_ROWS 512
#define GEMM_STREAM_DEPTH 128
#define GEMM_DIRECT 16384
#define GEMM_DOT_ROWS 1
#define PROBE_CHAINS 24
