/// x Wᵀ: x [..., features], W [outputs, features], the result [..., outputs]. For an output layer that shares its weight with an
/// ``Embedding`` (Press & Wolf 2017). Precondition: the sizes fit.
public func tiedOutput(_ x: Tensor, _ weight: Tensor) -> Tensor {
  require(
    weight.rank == 2 && x.rank >= 1 && x.shape[x.rank - 1] == weight.shape[1],
    "tiedOutput: input \(x.shape), weight \(weight.shape)")
  let (outputs, features, rows) = (weight.shape[0], weight.shape[1], x.rowsAndColumns.rows)
  var result = Tensor(uninitialized: x.shape.replacing(axis: x.rank - 1, with: outputs))
  Kernels.gemm(
    transposeB: true, rows, outputs, features, x.pointer, lda: features, weight.pointer, ldb: features, result.pointer,
    ldc: outputs)
  let (xNode, weightNode) = (x.source, weight.source)
  guard xNode != nil || weightNode != nil else { return result }
  let (x, weight) = (x.detached, weight.detached)
  result.record("tiedOutput") { gradient, pass in
    if let weightNode {
      pass.accumulate(into: weightNode) {
        Kernels.gemm(
          transposeA: true, outputs, features, rows, gradient.pointer, lda: outputs, x.pointer, ldb: features, $0,
          ldc: features, $1)
      }
    }
    if let xNode {
      pass.accumulate(into: xNode) {
        Kernels.gemm(
          rows, features, outputs, gradient.pointer, lda: outputs, weight.pointer, ldb: features, $0, ldc: features, $1)
      }
    }
  }
  return result
}

/// ``softmaxCrossEntropy(_:_:classWeights:sampleWeights:labelSmoothing:)`` of the logits x Wᵀ, without ever holding all of them: the
/// logits of some rows at a time, about 4 MB, are multiplied, compared and turned into gradients.
///
/// - Parameters:
///   - x: [..., features].
///   - weight: W [classes, features], as an ``Embedding`` has it.
///   - labels: one for each row of x, in 0 ..< classes, or −1 to leave a row out.
///   - softCap: c; logits become c tanh(logit / c) (Gemma Team 2024); nil for as they are.
///   - labelSmoothing: s; the target is (1 − s) one-hot + s / classes.
/// - Returns: the mean over the rows with a label, a scalar.
///
/// Precondition: shapes fit and labels are in range.
public func linearCrossEntropy(
  _ x: Tensor, _ weight: Tensor, _ labels: Indices, softCap: Float? = nil, labelSmoothing: Float = 0
) -> Tensor {
  require(
    weight.rank == 2 && x.rank >= 1 && x.shape[x.rank - 1] == weight.shape[1]
      && labels.count == x.rowsAndColumns.rows,
    "linearCrossEntropy: input \(x.shape), weight \(weight.shape), labels \(labels.shape)")
  let (classes, features, rows) = (weight.shape[0], weight.shape[1], x.rowsAndColumns.rows)
  let (xNode, weightNode) = (x.source, weight.source)
  let dx = xNode == nil ? nil : Tensor(uninitialized: x.shape)
  let dweight = weightNode == nil ? nil : Tensor(uninitialized: weight.shape)
  let recording = dx != nil || dweight != nil

  // By the shape alone: logits of 4 MB at a time, of 64 rows at least.
  let most = max(64, (1 << 20) / max(classes, 1))
  let logits = Tensor(uninitialized: Shape(min(most, rows), classes))
  let curve = softCap == nil ? nil : Tensor(uninitialized: logits.shape)
  let part = Tensor(uninitialized: Shape([]))
  let counts = labels.withUnsafeBufferPointer { labels in
    stride(from: 0, to: rows, by: most).map { first in
      labels[first..<min(first + most, rows)].reduce(0) { $0 + ($1 == -1 ? 0 : 1) }
    }
  }
  let all = counts.reduce(0, +)
  var loss = 0.0
  for (index, first) in stride(from: 0, to: rows, by: most).enumerated() {
    let count = min(most, rows - first), elements = count * classes
    let input = x.pointer + first * features
    Kernels.gemm(
      transposeB: true, count, classes, features, input, lda: features, weight.pointer, ldb: features, logits.pointer,
      ldc: classes)
    if let curve, let softCap {
      Kernels.scale(elements, 1 / softCap, logits.pointer, logits.pointer, .overwrite)
      Kernels.activationForward(.tanh, elements, logits.pointer, curve.pointer)
      Kernels.scale(elements, softCap, curve.pointer, logits.pointer, .overwrite)
    }
    let share = all == 0 ? 0 : Float(counts[index]) / Float(all)
    let labelsFit = Kernels.softmaxCrossEntropy(
      rows: count, classes: classes, logits.pointer, labels.pointer + first, rowWeights: nil, classWeights: nil,
      labelSmoothing: labelSmoothing, scale: share, part.pointer, rowLosses: nil, recording ? logits.pointer : nil)
    require(labelsFit, "linearCrossEntropy: a label outside -1 ..< \(classes)")
    loss += Double(part.pointer[0])
    guard recording else { continue }
    if let curve {
      // c tanh' (z / c) / c
      Kernels.activationBackward(.tanh, elements, curve.pointer, logits.pointer, logits.pointer, .overwrite)
    }
    if let dx {
      Kernels.gemm(
        count, features, classes, logits.pointer, lda: classes, weight.pointer, ldb: features,
        dx.pointer + first * features, ldc: features)
    }
    if let dweight {
      Kernels.gemm(
        transposeA: true, classes, features, count, logits.pointer, lda: classes, input, ldb: features,
        dweight.pointer, ldc: features, index == 0 ? .overwrite : .accumulate)
    }
  }
  if rows == 0, let dweight { Kernels.fill(dweight.count, 0, dweight.pointer) }
  var result = Tensor(Float(loss))
  guard recording else { return result }
  result.record("linearCrossEntropy") { gradient, pass in
    let factor = gradient.pointer[0]
    for (node, slope) in [(xNode, dx), (weightNode, dweight)] {
      guard let node, let slope else { continue }
      pass.accumulate(into: node) { Kernels.scale(slope.count, factor, slope.pointer, $0, $1) }
    }
  }
  return result
}

/// c tanh(x / c): x itself near 0, never beyond ±c (Gemma Team 2024). Precondition: c > 0.
public func softCapped(_ x: Tensor, at cap: Float) -> Tensor {
  require(cap > 0, "softCapped: a cap of \(cap), above 0")
  return tanh(x * (1 / cap)) * cap
}
