// CKernels: neural-network kernels for CPUs, forward, backward and update. Include this one header.
//
// Conventions, true for every function:
// - Row-major arrays of 32-bit floats; sizes, strides and leading dimensions in elements.
// - The caller owns every buffer. Nothing is allocated for the caller, printed or ended.
// - A `ck_status` comes back; outputs are untouched when it is CK_INVALID_ARGUMENT.
// - CK_INVALID_ARGUMENT is the answer to: a negative size or stride; a leading dimension below the row length;
//   an array that would have more than 2^50 elements, counted with its strides and without overflow; an
//   enumeration (mode, activation, operation, transposition) that the header does not list, also where there is
//   nothing to do; a null pointer for an array that has elements and may not be left out.
// - A size of 0 is valid and does nothing (a sum over nothing is 0). Arrays without elements may be null.
// - An output says whether it is overwritten; where a `ck_mode` is taken, CK_ACCUMULATE adds to it.
// - Outputs do not overlap inputs unless the comment says "in place allowed".
// - Same inputs, same bits, whatever the thread count. Functions may be called from several threads at once.
//
// Dimensions: M N K of a matrix product (C is M×N, K is summed); rows × columns of a matrix;
// N H W C of images; B T D batch, time, features; V vocabulary; E edges.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "ckernels/common.h"
#include "ckernels/gemm.h"
#include "ckernels/conv.h"
#include "ckernels/attention.h"
#include "ckernels/activation.h"
#include "ckernels/softmax.h"
#include "ckernels/elementwise.h"
#include "ckernels/reduction.h"
#include "ckernels/movement.h"
#include "ckernels/loss.h"
#include "ckernels/optimizer.h"
#include "ckernels/random.h"
#include "ckernels/table.h"
#include "ckernels/sparse.h"
#include "ckernels/normalization.h"
#include "ckernels/pooling.h"
#include "ckernels/resampling.h"
#include "ckernels/recurrent.h"
#include "ckernels/probe.h"
#include "ckernels/trace.h"

#endif
