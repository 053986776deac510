// Products over a long k: equal terms, whose rounding errors all have the same sign, on each path of a product.
#include "CKernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { length = 1000000 };

int main(void) {
  static const struct {
    int transpose_a, transpose_b, m, n;
  } cases[] = {{0, 0, 4, 16}, {0, 1, 4, 16}, {1, 0, 4, 16}, {0, 0, 16, 40}, {0, 0, 64, 2}, {1, 0, 64, 10},
               {0, 0, 1, 16}, {0, 1, 1, 16}, {0, 0, 16, 1}, {1, 0, 16, 1},  {1, 0, 1, 1}};
  const size_t most = (size_t)length * 64;
  float *const x = malloc(most * sizeof *x), c[64 * 40]; // both A and B
  if (!x) return 1;
  for (size_t i = 0; i < most; i++) x[i] = 0.3f;
  const double exact = (double)0.3f * 0.3f * length;
  int failures = 0;
  for (int isa = CK_ISA_PORTABLE; isa <= CK_ISA_AVX512; isa++) {
    if (ck_set_isa((ck_isa)isa) != CK_OK) continue;
    double worst = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
      const int m = cases[i].m, n = cases[i].n;
      const ck_transpose ta = cases[i].transpose_a ? CK_TRANSPOSE : CK_NO_TRANSPOSE;
      const ck_transpose tb = cases[i].transpose_b ? CK_TRANSPOSE : CK_NO_TRANSPOSE;
      const ck_status status =
          ck_gemm_f32(ta, tb, m, n, length, 1, x, ta ? m : length, x, tb ? length : n, 0, c, n, NULL);
      double error = status == CK_OK ? 0 : INFINITY;
      for (int j = 0; j < m * n; j++) error = fmax(error, fabs(c[j] / exact - 1));
      // Some 2,000 pieces of 500 terms, each rounded by at most 2^-24: 1.2e-4 at worst.
      if (!(error < 1.3e-4)) {
        printf("FAILED: %s %d%d %dx%dx%d: %.1e\n", ck_isa_name((ck_isa)isa), ta, tb, m, n, length, error);
        failures++;
      }
      worst = fmax(worst, error);
    }
    printf("long sums  %-8s largest relative error %.1e\n", ck_isa_name((ck_isa)isa), worst);
  }
  free(x);
  return failures != 0;
}
