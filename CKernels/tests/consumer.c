// What a program outside does: include one header, compare ABI versions, multiply two matrices.
#include <CKernels.h>

#include <stdio.h>

int main(void) {
  if (ck_abi_version() != CK_ABI_VERSION)
    return fprintf(stderr, "the header is not that of the library\n"), 1;
  const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, 0, 1, 1, 1};
  float c[4];
  const ck_status status =
      ck_gemm_f32(CK_NO_TRANSPOSE, CK_NO_TRANSPOSE, 2, 2, 3, 1.0f, a, 3, b, 2, 0.0f, c, 2, NULL);
  if (status != CK_OK) return fprintf(stderr, "%s\n", ck_status_message(status)), 1;
  return !(c[0] == 4 && c[1] == 5 && c[2] == 10 && c[3] == 11);
}
