// Entry points of ckernels/recurrent.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

// What the arrays of a pass have, in elements; -1 where a size is refused.
struct extents {
  int64_t state, output, gates, weight, bias;
};

static int64_t gates_of(ck_cell cell) {
  return cell == CK_LSTM ? 4 : cell == CK_GRU || cell == CK_GRU_RESET_BEFORE ? 3 : 1;
}

static bool has_memory(ck_cell cell) { return gates_of(cell) > 1; }

static bool are_extents(const ck_recurrent_shape *shape, struct extents *extents) {
  if (!shape || (uint32_t)shape->cell >= CK_CELL_COUNT) return false;
  const int64_t width = ck_dense(shape->hidden, gates_of(shape->cell), 1);
  const int64_t rows = ck_dense(shape->batch, shape->steps, 1);
  if (width < 0 || rows < 0) return false;
  *extents = (struct extents){ck_dense(shape->batch, shape->hidden, 1), ck_dense(rows, shape->hidden, 1),
                              ck_dense(rows, width, 1), ck_dense(shape->hidden, width, 1), width};
  if (extents->state < 0 || extents->output < 0 || extents->gates < 0 || extents->weight < 0) return false;
  for (int64_t i = 0; shape->lengths && i < shape->batch; i++)
    if (shape->lengths[i] < 0 || shape->lengths[i] > shape->steps) return false;
  return true;
}

static void copy_state(int64_t count, const float *from, float *to, ck_mode mode) {
  for (int64_t i = 0; to && i < count; i++)
    to[i] = (from ? from[i] : 0) + (mode == CK_ACCUMULATE ? to[i] : 0);
}

ck_status ck_recurrent_forward(const ck_recurrent_shape *shape, const float *projected, const float *weight,
                               const float *bias, const float *initial_h, const float *initial_c,
                               float *gates, float *memory, float *y, float *last_h, float *last_c) {
  struct extents extents;
  if (!are_extents(shape, &extents)) return CK_INVALID_ARGUMENT;
  const bool works = extents.output > 0;
  if (!ck_is_array(extents.gates, projected) || !ck_is_array(works ? extents.weight : 0, weight) ||
      !ck_is_array(extents.output, y))
    return CK_INVALID_ARGUMENT;
  if (!works) {
    copy_state(extents.state, initial_h, last_h, CK_OVERWRITE);
    if (shape->cell == CK_LSTM) copy_state(extents.state, initial_c, last_c, CK_OVERWRITE);
    return CK_OK;
  }
  return ck_kernels()->recurrent_forward(shape, projected, weight, bias, initial_h, initial_c, gates, memory,
                                         y, last_h, shape->cell == CK_LSTM ? last_c : NULL);
}

ck_status ck_recurrent_backward(const ck_recurrent_shape *shape, const float *weight, const float *initial_h,
                                const float *initial_c, const float *gates, const float *memory,
                                const float *y, const float *dy, const float *dlast_h, const float *dlast_c,
                                float *dprojected, float *dinitial_h, ck_mode dinitial_h_mode,
                                float *dinitial_c, ck_mode dinitial_c_mode, float *dweight,
                                ck_mode dweight_mode, float *dbias, ck_mode dbias_mode) {
  struct extents extents;
  if (!are_extents(shape, &extents) || !ck_is_mode(dinitial_h_mode) || !ck_is_mode(dinitial_c_mode) ||
      !ck_is_mode(dweight_mode) || !ck_is_mode(dbias_mode))
    return CK_INVALID_ARGUMENT;
  const bool works = extents.output > 0;
  if (!ck_is_array(works ? extents.weight : 0, weight) || !ck_is_array(extents.gates, gates) ||
      !ck_is_array(has_memory(shape->cell) ? extents.output : 0, memory) || !ck_is_array(extents.output, y) ||
      !ck_is_array(extents.gates, dprojected))
    return CK_INVALID_ARGUMENT;
  if (shape->cell != CK_LSTM) dlast_c = NULL, dinitial_c = NULL, initial_c = NULL;
  if (!works) {
    copy_state(extents.state, dlast_h, dinitial_h, dinitial_h_mode);
    copy_state(extents.state, dlast_c, dinitial_c, dinitial_c_mode);
    if (dweight && dweight_mode == CK_OVERWRITE) copy_state(extents.weight, NULL, dweight, CK_OVERWRITE);
    if (dbias && dbias_mode == CK_OVERWRITE) copy_state(extents.bias, NULL, dbias, CK_OVERWRITE);
    return CK_OK;
  }
  return ck_kernels()->recurrent_backward(shape, weight, initial_h, initial_c, gates, memory, y, dy, dlast_h,
                                          dlast_c, dprojected, dinitial_h, dinitial_h_mode, dinitial_c,
                                          dinitial_c_mode, dweight, dweight_mode, dbias, dbias_mode);
}
