internal import CKernels

extension Kernels {
  /// The sizes of a recurrent network, and which of its steps there are.
  struct RecurrentShape {
    var cell: RecurrentCell.Kind
    var batch, steps, hidden: Int
    /// [batch], or nil for all steps.
    var lengths: Indices?
    var reverse: Bool

    fileprivate func call(_ body: (UnsafePointer<ck_recurrent_shape>) -> ck_status) -> ck_status {
      let c: ck_cell =
        switch cell {
        case .lstm: CK_LSTM
        case .gru: CK_GRU
        case .gruResetBefore: CK_GRU_RESET_BEFORE
        case .tanh: CK_RNN_TANH
        case .relu: CK_RNN_RELU
        }
      var shape = ck_recurrent_shape(
        cell: c, batch: Int64(batch), steps: Int64(steps), hidden: Int64(hidden),
        lengths: lengths.map { UnsafePointer($0.pointer) },
        reverse: reverse)
      return withExtendedLifetime(lengths) { body(&shape) }
    }

    /// `products`: with the recurrent weight's size.
    fileprivate func cost(products: Int) -> KernelCost {
      let width = cell.gates * hidden
      let product = KernelCost.product(batch, width, hidden, batch: steps * products)
      let moved = batch * steps * 2 * (width + hidden) + hidden * width
      return KernelCost(operations: product.operations, bytes: 4 * Double(moved))
    }
  }

  /// The state of a recurrent network, of which a plain one and a GRU have no c.
  struct RecurrentPointers {
    var h: FloatPointer?
    var c: FloatPointer?
  }

  static func recurrentForward(
    _ shape: RecurrentShape, _ projected: FloatPointer, weight: FloatPointer, bias: FloatPointer?,
    initial: RecurrentPointers, gates: MutableFloatPointer?, memory: MutableFloatPointer?, _ y: MutableFloatPointer,
    lastH: MutableFloatPointer, lastC: MutableFloatPointer?
  ) {
    check(
      shape.call {
        ck_recurrent_forward($0, projected, weight, bias, initial.h, initial.c, gates, memory, y, lastH, lastC)
      }, cost: shape.cost(products: 1))
  }

  static func recurrentBackward(
    _ shape: RecurrentShape, weight: FloatPointer, initial: RecurrentPointers, gates: FloatPointer,
    memory: FloatPointer?, y: FloatPointer, dy: FloatPointer?, dlast: RecurrentPointers,
    dprojected: MutableFloatPointer, dinitialH: MutableFloatPointer?, dinitialC: MutableFloatPointer?,
    _ dweight: GradientTarget, _ dbias: GradientTarget
  ) {
    check(
      shape.call {
        ck_recurrent_backward(
          $0, weight, initial.h, initial.c, gates, memory, y, dy, dlast.h, dlast.c, dprojected, dinitialH, CK_OVERWRITE,
          dinitialC, CK_OVERWRITE, dweight.pointer, dweight.mode.c, dbias.pointer, dbias.mode.c)
      }, cost: shape.cost(products: dweight.pointer == nil ? 1 : 2))
  }
}
