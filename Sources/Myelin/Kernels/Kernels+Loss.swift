internal import CKernels

/// Losses that compare predictions with targets element by element.
enum ElementwiseLoss {
  case binaryCrossEntropyWithLogits(positiveWeight: Float)
  case meanSquaredError
  case meanAbsoluteError
  case huber(delta: Float)
}

extension Kernels {
  /// The weighted mean loss times `scale`; its gradient where a place for it is given. False where a label is out of range.
  static func softmaxCrossEntropy(
    rows: Int, classes: Int, _ logits: FloatPointer, _ labels: UnsafePointer<Int32>, rowWeights: FloatPointer?,
    classWeights: FloatPointer?, labelSmoothing: Float, scale: Float = 1, _ loss: MutableFloatPointer,
    rowLosses: MutableFloatPointer?, _ gradient: MutableFloatPointer?
  ) -> Bool {
    let status = run("softmaxCrossEntropy", cost: .arrays(gradient == nil ? 1 : 2, rows * classes)) {
      ck_softmax_cross_entropy(
        Int64(rows), Int64(classes), logits, labels, rowWeights, classWeights, labelSmoothing, scale, loss, rowLosses,
        gradient)
    }
    if status == CK_INDEX_OUT_OF_RANGE { return false }
    expectSuccess(status)
    return true
  }

  /// The mean loss over the strings; its gradient where a place for it is given. False where a label or a length is out of
  /// range.
  static func ctcLoss(
    strings: Int, steps: Int, classes: Int, _ logits: FloatPointer, _ lengths: UnsafePointer<Int32>?,
    _ labels: UnsafePointer<Int32>, most: Int, _ labelLengths: UnsafePointer<Int32>, _ loss: MutableFloatPointer,
    _ gradient: MutableFloatPointer?
  ) -> Bool {
    let status = run("ctcLoss", cost: .arrays(gradient == nil ? 1 : 2, strings * steps * classes)) {
      ck_ctc_loss(
        Int64(strings), Int64(steps), Int64(classes), logits, lengths, labels, Int64(most), labelLengths, 1, loss, nil,
        gradient)
    }
    if status == CK_INDEX_OUT_OF_RANGE { return false }
    expectSuccess(status)
    return true
  }

  static func elementwiseLoss(
    _ kind: ElementwiseLoss, _ count: Int, _ predictions: FloatPointer, _ targets: FloatPointer,
    weights: FloatPointer?, _ loss: MutableFloatPointer, _ gradient: MutableFloatPointer?
  ) {
    let cost = KernelCost.arrays(2 + (weights == nil ? 0 : 1) + (gradient == nil ? 0 : 1), count)
    let count = Int64(count)
    switch kind {
    case .binaryCrossEntropyWithLogits(let positiveWeight):
      check(
        ck_binary_cross_entropy_with_logits(
          count, predictions, targets, weights, positiveWeight, 1, loss, gradient), cost: cost)
    case .meanSquaredError:
      check(ck_mean_squared_error(count, predictions, targets, weights, 1, loss, gradient), cost: cost)
    case .meanAbsoluteError:
      check(ck_mean_absolute_error(count, predictions, targets, weights, 1, loss, gradient), cost: cost)
    case .huber(let delta):
      check(ck_huber_loss(count, predictions, targets, weights, delta, 1, loss, gradient), cost: cost)
    }
  }
}
