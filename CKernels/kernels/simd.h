// Vectors of floats under one set of names. isa/SET/set.h defines one of CK_SIMD_AVX512,
// CK_SIMD_AVX2, CK_SIMD_NEON and CK_SIMD_PORTABLE (four lanes of plain C).
//
//   VL                  lanes of a vector
//   vf, vi, vm          floats, 32-bit integers, lane masks; vi has the operators + - & | ^ << >>, vf has + - * /
//   vm_first(n)         the first n lanes, n <= VL; all of them for n >= VL
//   vf_fma(a, b, c)     a b + c; vf_fnma: c - a b. Fused where the hardware has it; portable rounds twice.
//   vf_max(a, b)        b where a or b is NaN (x86's rule, kept on all): write vf_max(limit, x) to let NaN through
//   vf_select(m, a, b)  m ? a : b
//   vf_stream(p, x)     a store past the caches to aligned p, where there is one; vf_stream_fence() after the last
#ifndef CK_KERNELS_SIMD_H
#define CK_KERNELS_SIMD_H

#define CK_INLINE static inline __attribute__((always_inline, unused))
// Before a loop whose number of rounds is a constant.
#if defined(__clang__)
#define CK_UNROLL _Pragma("clang loop unroll(full)")
#else
#define CK_UNROLL _Pragma("GCC unroll 8")
#endif

#if defined(CK_SIMD_AVX512)

#define VL 16
typedef __m512 vf;
typedef int32_t vi __attribute__((vector_size(64)));
typedef __mmask16 vm;

CK_INLINE vf vf_set1(float x) { return _mm512_set1_ps(x); }
CK_INLINE vi vi_set1(int32_t x) { return (vi)_mm512_set1_epi32(x); }
CK_INLINE vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
CK_INLINE void vf_store(float *p, vf x) { _mm512_storeu_ps(p, x); }
CK_INLINE vi vi_load(const int32_t *p) { return (vi)_mm512_loadu_si512(p); }
CK_INLINE void vi_store(int32_t *p, vi x) { _mm512_storeu_si512(p, (__m512i)x); }
CK_INLINE vm vm_first(int64_t n) { return n >= 16 ? (vm)0xffff : (vm)((1u << n) - 1); }
CK_INLINE vf vf_load_masked(const float *p, vm m) { return _mm512_maskz_loadu_ps(m, p); }
CK_INLINE void vf_store_masked(float *p, vm m, vf x) { _mm512_mask_storeu_ps(p, m, x); }
CK_INLINE void vi_store_masked(int32_t *p, vm m, vi x) { _mm512_mask_storeu_epi32(p, m, (__m512i)x); }
CK_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
CK_INLINE vf vf_fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); }
CK_INLINE vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
CK_INLINE vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
CK_INLINE void vf_stream(float *p, vf x) { _mm512_stream_ps(p, x); }
CK_INLINE vf vf_sqrt(vf x) { return _mm512_sqrt_ps(x); }
CK_INLINE vf vf_round(vf x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
CK_INLINE vi vf_bits(vf x) { return (vi)_mm512_castps_si512(x); }
CK_INLINE vf vf_from_bits(vi x) { return _mm512_castsi512_ps((__m512i)x); }
CK_INLINE vi vf_to_int(vf x) { return (vi)_mm512_cvtps_epi32(x); }
CK_INLINE vf vf_from_int(vi x) { return _mm512_cvtepi32_ps((__m512i)x); }
CK_INLINE vi vi_shift_right_logical(vi x, int bits) {
  return (vi)_mm512_srli_epi32((__m512i)x, (unsigned)bits);
}
CK_INLINE vm vf_less(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
CK_INLINE vm vf_less_equal(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
CK_INLINE vm vf_equal(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
CK_INLINE vm vf_unordered(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q); }
CK_INLINE vm vi_equal(vi a, vi b) { return _mm512_cmpeq_epi32_mask((__m512i)a, (__m512i)b); }
CK_INLINE vm vi_less(vi a, vi b) { return _mm512_cmplt_epi32_mask((__m512i)a, (__m512i)b); }
CK_INLINE vf vf_select(vm m, vf a, vf b) { return _mm512_mask_blend_ps(m, b, a); }
CK_INLINE vi vi_select(vm m, vi a, vi b) { return (vi)_mm512_mask_blend_epi32(m, (__m512i)b, (__m512i)a); }
CK_INLINE bool vm_any(vm m) { return m != 0; }
CK_INLINE vm vm_and(vm a, vm b) { return (vm)(a & b); }
CK_INLINE vm vm_or(vm a, vm b) { return (vm)(a | b); }
CK_INLINE vm vm_not(vm a) { return (vm)~a; }
// The high and low half of the products of unsigned 32-bit lanes.
CK_INLINE vi vi_multiply_high(vi a, vi b) {
  const __m512i even = _mm512_mul_epu32((__m512i)a, (__m512i)b);
  const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64((__m512i)a, 32), _mm512_srli_epi64((__m512i)b, 32));
  return (vi)_mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd);
}
CK_INLINE vi vi_multiply_low(vi a, vi b) { return (vi)_mm512_mullo_epi32((__m512i)a, (__m512i)b); }

#elif defined(CK_SIMD_AVX2)

#define VL 8
typedef __m256 vf;
typedef int32_t vi __attribute__((vector_size(32)));
typedef vi vm; // -1 or 0 a lane

static const int32_t vm_window[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

CK_INLINE vf vf_set1(float x) { return _mm256_set1_ps(x); }
CK_INLINE vi vi_set1(int32_t x) { return (vi)_mm256_set1_epi32(x); }
CK_INLINE vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
CK_INLINE void vf_store(float *p, vf x) { _mm256_storeu_ps(p, x); }
CK_INLINE vi vi_load(const int32_t *p) { return (vi)_mm256_loadu_si256((const __m256i *)p); }
CK_INLINE void vi_store(int32_t *p, vi x) { _mm256_storeu_si256((__m256i *)p, (__m256i)x); }
CK_INLINE vm vm_first(int64_t n) {
  return (vm)_mm256_loadu_si256((const __m256i *)(vm_window + (n >= 8 ? 0 : 8 - n)));
}
CK_INLINE vf vf_load_masked(const float *p, vm m) { return _mm256_maskload_ps(p, (__m256i)m); }
CK_INLINE void vf_store_masked(float *p, vm m, vf x) { _mm256_maskstore_ps(p, (__m256i)m, x); }
CK_INLINE void vi_store_masked(int32_t *p, vm m, vi x) { _mm256_maskstore_epi32(p, (__m256i)m, (__m256i)x); }
CK_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
CK_INLINE vf vf_fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }
CK_INLINE vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
CK_INLINE vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
CK_INLINE void vf_stream(float *p, vf x) { _mm256_stream_ps(p, x); }
CK_INLINE vf vf_sqrt(vf x) { return _mm256_sqrt_ps(x); }
CK_INLINE vf vf_round(vf x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
CK_INLINE vi vf_bits(vf x) { return (vi)_mm256_castps_si256(x); }
CK_INLINE vf vf_from_bits(vi x) { return _mm256_castsi256_ps((__m256i)x); }
CK_INLINE vi vf_to_int(vf x) { return (vi)_mm256_cvtps_epi32(x); }
CK_INLINE vf vf_from_int(vi x) { return _mm256_cvtepi32_ps((__m256i)x); }
CK_INLINE vi vi_shift_right_logical(vi x, int bits) { return (vi)_mm256_srli_epi32((__m256i)x, bits); }
CK_INLINE vm vf_less(vf a, vf b) { return (vm)_mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
CK_INLINE vm vf_less_equal(vf a, vf b) { return (vm)_mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_LE_OQ)); }
CK_INLINE vm vf_equal(vf a, vf b) { return (vm)_mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)); }
CK_INLINE vm vf_unordered(vf a, vf b) { return (vm)_mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_UNORD_Q)); }
CK_INLINE vm vi_equal(vi a, vi b) { return (vm)_mm256_cmpeq_epi32((__m256i)a, (__m256i)b); }
CK_INLINE vm vi_less(vi a, vi b) { return (vm)_mm256_cmpgt_epi32((__m256i)b, (__m256i)a); }
CK_INLINE vf vf_select(vm m, vf a, vf b) { return _mm256_blendv_ps(b, a, _mm256_castsi256_ps((__m256i)m)); }
CK_INLINE vi vi_select(vm m, vi a, vi b) { return (a & m) | (b & ~m); }
CK_INLINE bool vm_any(vm m) { return _mm256_movemask_ps(_mm256_castsi256_ps((__m256i)m)) != 0; }
CK_INLINE vm vm_and(vm a, vm b) { return a & b; }
CK_INLINE vm vm_or(vm a, vm b) { return a | b; }
CK_INLINE vm vm_not(vm a) { return ~a; }
CK_INLINE vi vi_multiply_high(vi a, vi b) {
  const __m256i even = _mm256_mul_epu32((__m256i)a, (__m256i)b);
  const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64((__m256i)a, 32), _mm256_srli_epi64((__m256i)b, 32));
  return (vi)_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
}
CK_INLINE vi vi_multiply_low(vi a, vi b) { return (vi)_mm256_mullo_epi32((__m256i)a, (__m256i)b); }

// NEON and portable share all but a few instructions: four lanes of the compiler's own vectors.
#elif defined(CK_SIMD_NEON) || defined(CK_SIMD_PORTABLE)

#define VL 4
typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
typedef vi vm;
typedef uint32_t vu __attribute__((vector_size(16)));

CK_INLINE vf vf_set1(float x) { return (vf){x, x, x, x}; }
CK_INLINE vi vi_set1(int32_t x) { return (vi){x, x, x, x}; }
CK_INLINE vf vf_load(const float *p) {
  vf x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}
CK_INLINE void vf_store(float *p, vf x) { __builtin_memcpy(p, &x, sizeof x); }
CK_INLINE vi vi_load(const int32_t *p) {
  vi x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}
CK_INLINE void vi_store(int32_t *p, vi x) { __builtin_memcpy(p, &x, sizeof x); }
CK_INLINE vm vm_first(int64_t n) {
  const int32_t m = n >= 4 ? 4 : (int32_t)n;
  return (vi){0, 1, 2, 3} < vi_set1(m);
}
CK_INLINE vf vf_load_masked(const float *p, vm m) {
  return (vf){m[0] ? p[0] : 0, m[1] ? p[1] : 0, m[2] ? p[2] : 0, m[3] ? p[3] : 0};
}
CK_INLINE void vf_store_masked(float *p, vm m, vf x) {
  for (int lane = 0; lane < 4; lane++) {
    if (m[lane]) p[lane] = x[lane];
  }
}
CK_INLINE void vi_store_masked(int32_t *p, vm m, vi x) {
  for (int lane = 0; lane < 4; lane++) {
    if (m[lane]) p[lane] = x[lane];
  }
}
CK_INLINE void vf_stream(float *p, vf x) { vf_store(p, x); }
CK_INLINE vi vf_bits(vf x) { return (vi)x; }
CK_INLINE vf vf_from_bits(vi x) { return (vf)x; }
CK_INLINE vm vf_less(vf a, vf b) { return a < b; }
CK_INLINE vm vf_less_equal(vf a, vf b) { return a <= b; }
CK_INLINE vm vf_equal(vf a, vf b) { return a == b; }
CK_INLINE vm vf_unordered(vf a, vf b) { return (a != a) | (b != b); }
CK_INLINE vm vi_equal(vi a, vi b) { return a == b; }
CK_INLINE vm vi_less(vi a, vi b) { return a < b; }
CK_INLINE vi vi_select(vm m, vi a, vi b) { return (a & m) | (b & ~m); }
CK_INLINE vf vf_select(vm m, vf a, vf b) { return (vf)vi_select(m, (vi)a, (vi)b); }
CK_INLINE vf vf_max(vf a, vf b) { return vf_select(a > b, a, b); }
CK_INLINE vf vf_min(vf a, vf b) { return vf_select(a < b, a, b); }
CK_INLINE bool vm_any(vm m) { return (m[0] | m[1] | m[2] | m[3]) != 0; }
CK_INLINE vm vm_and(vm a, vm b) { return a & b; }
CK_INLINE vm vm_or(vm a, vm b) { return a | b; }
CK_INLINE vm vm_not(vm a) { return ~a; }
CK_INLINE vi vi_shift_right_logical(vi x, int bits) { return (vi)((vu)x >> (uint32_t)bits); }
CK_INLINE vi vi_multiply_low(vi a, vi b) { return (vi)((vu)a * (vu)b); }
CK_INLINE vi vi_multiply_high(vi a, vi b) {
  vi x;
  for (int lane = 0; lane < 4; lane++) {
    x[lane] = (int32_t)(((uint64_t)(uint32_t)a[lane] * (uint32_t)b[lane]) >> 32);
  }
  return x;
}
#if defined(CK_SIMD_NEON)
CK_INLINE vf vf_fma(vf a, vf b, vf c) {
  return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
CK_INLINE vf vf_fnma(vf a, vf b, vf c) {
  return (vf)vfmsq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
CK_INLINE vf vf_sqrt(vf x) { return (vf)vsqrtq_f32((float32x4_t)x); }
CK_INLINE vf vf_round(vf x) { return (vf)vrndnq_f32((float32x4_t)x); }
CK_INLINE vi vf_to_int(vf x) { return (vi)vcvtnq_s32_f32((float32x4_t)x); }
CK_INLINE vf vf_from_int(vi x) { return (vf)vcvtq_f32_s32((int32x4_t)x); }
#else
CK_INLINE vf vf_fma(vf a, vf b, vf c) { return a * b + c; }
CK_INLINE vf vf_fnma(vf a, vf b, vf c) { return c - a * b; }
CK_INLINE vf vf_sqrt(vf x) {
  return (vf){__builtin_sqrtf(x[0]), __builtin_sqrtf(x[1]), __builtin_sqrtf(x[2]), __builtin_sqrtf(x[3])};
}
// Adding and taking away 2^23 rounds 0 <= x < 2^23 to nearest even; larger numbers are whole already.
CK_INLINE vf vf_round(vf x) {
  const vf magic = vf_set1(8388608.0f);
  const vf magnitude = vf_from_bits(vf_bits(x) & vi_set1(0x7fffffff));
  const vf rounded = (magnitude + magic) - magic;
  const vi sign = vf_bits(x) & vi_set1((int32_t)0x80000000);
  return vf_select(vf_less(magnitude, magic), vf_from_bits(vf_bits(rounded) | sign), x);
}
CK_INLINE vi vf_to_int(vf x) {
  const vf rounded = vf_round(x);
  return (vi){(int32_t)rounded[0], (int32_t)rounded[1], (int32_t)rounded[2], (int32_t)rounded[3]};
}
CK_INLINE vf vf_from_int(vi x) { return (vf){(float)x[0], (float)x[1], (float)x[2], (float)x[3]}; }
#endif

#else
#error "isa/SET/set.h defines no CK_SIMD_... that kernels/simd.h knows"
#endif

CK_INLINE void vf_stream_fence(void) {
#if defined(CK_SIMD_AVX512) || defined(CK_SIMD_AVX2)
  _mm_sfence();
#endif
}
CK_INLINE vf vf_zero(void) { return vf_set1(0.0f); }
CK_INLINE vf vf_absolute(vf x) { return vf_from_bits(vf_bits(x) & vi_set1(0x7fffffff)); }
CK_INLINE vf vf_copy_sign(vf magnitude, vf sign) {
  return vf_from_bits((vf_bits(magnitude) & vi_set1(0x7fffffff)) |
                      (vf_bits(sign) & vi_set1((int32_t)0x80000000)));
}

// Lane i gets lane i ^ half.
CK_INLINE vf vf_swap(vf x, int half) {
#if defined(CK_SIMD_AVX512)
  return half == 8   ? _mm512_shuffle_f32x4(x, x, 0x4e)
         : half == 4 ? _mm512_shuffle_f32x4(x, x, 0xb1)
         : half == 2 ? _mm512_permute_ps(x, 0x4e)
                     : _mm512_permute_ps(x, 0xb1);
#elif defined(CK_SIMD_AVX2)
  return half == 4   ? _mm256_permute2f128_ps(x, x, 1)
         : half == 2 ? _mm256_permute_ps(x, 0x4e)
                     : _mm256_permute_ps(x, 0xb1);
#elif defined(CK_SIMD_NEON) || defined(CK_SIMD_PORTABLE)
  return half == 2 ? (vf){x[2], x[3], x[0], x[1]} : (vf){x[1], x[0], x[3], x[2]};
#else
#error "kernels/simd.h: this instruction set has no vf_swap"
#endif
}

// Horizontal reductions pair lane i with lane i + VL/2, then VL/4, …: one fixed order. The result is in all
// lanes.
CK_INLINE vf vf_sum_lanes(vf x) {
#if VL >= 16
  x = x + vf_swap(x, 8);
#endif
#if VL >= 8
  x = x + vf_swap(x, 4);
#endif
  x = x + vf_swap(x, 2);
  return x + vf_swap(x, 1);
}
// NaN may be lost.
CK_INLINE vf vf_largest_lanes(vf x) {
#if VL >= 16
  x = vf_max(x, vf_swap(x, 8));
#endif
#if VL >= 8
  x = vf_max(x, vf_swap(x, 4));
#endif
  x = vf_max(x, vf_swap(x, 2));
  return vf_max(x, vf_swap(x, 1));
}
CK_INLINE float vf_sum(vf x) { return vf_sum_lanes(x)[0]; }
// NaN if any lane is.
CK_INLINE float vf_largest(vf x) {
  const vm nan = vf_unordered(x, x);
  return vm_any(nan) ? __builtin_nanf("") : vf_largest_lanes(x)[0];
}

#endif
