// Block sizes that fit this instruction set's registers and its processors' caches; kernels/gemm_blocks.inc and
// gemm_micro.inc say what they are. 24 sums in registers: 24 multiply-adds (12 cycles on two pipes) for 11 loads. A block of B, 576 KB, is most
// of 1 MB of L2; a streamed panel, 24 KB, half of 48 KB of L1.
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
#define GEMM_DOT_ROWS 4
#define PROBE_CHAINS 24
