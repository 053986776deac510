/// The loss of connectionist temporal classification (A. Graves, S. Fernández, F. Gomez, J. Schmidhuber, 2006): how well
/// steps say labels of which it is not known where they are. With its gradient in one kernel, by the forward and backward
/// variables as logarithms.
///
/// A string's loss is −log Σ Π softmax(logits of a step)[what is written there], the sum over all ways to write its labels
/// over the steps: each once or repeated, with blanks, class 0, wherever they are wanted, and at least one between equal
/// neighbours.
///
/// ```swift
/// let loss = ctcLoss(network(pictures), labels: digits, labelLengths: counts)    // digits + 1, since 0 is the blank
/// ```
/// - Parameters:
///   - logits: [N, T, classes].
///   - lengths: [N], steps of each string in 0 ... T; nil for T.
///   - labels: [N, L], each in 1 ..< classes; those behind a string's own are not read.
///   - labelLengths: [N], labels of each string in 0 ... L.
/// - Returns: the mean over the strings, a scalar. Those with fewer steps than labels and equal neighbours cannot be written
///   and are left out; without any other it is 0.
///
/// Precondition: shapes fit; labels and lengths are in range.
public func ctcLoss(_ logits: Tensor, lengths: Indices? = nil, labels: Indices, labelLengths: Indices) -> Tensor {
  require(
    logits.rank == 3 && labels.shape.rank == 2 && labels.shape[0] == logits.shape[0]
      && labelLengths.count == logits.shape[0] && lengths?.count ?? labelLengths.count == labelLengths.count,
    "ctcLoss: logits \(logits.shape), labels \(labels.shape), lengths of \(lengths?.count ?? labelLengths.count) and \(labelLengths.count) strings"
  )
  var loss = Tensor(uninitialized: Shape([]))
  let source = logits.source
  let slope = source == nil ? nil : Tensor(uninitialized: logits.shape)
  let fits = Kernels.ctcLoss(
    strings: logits.shape[0], steps: logits.shape[1], classes: logits.shape[2], logits.pointer, lengths?.pointer,
    labels.pointer, most: labels.shape[1], labelLengths.pointer, loss.pointer, slope?.pointer)
  require(
    fits, "ctcLoss: a label outside 1 ..< \(logits.shape[2]), or a length beyond \(logits.shape) or \(labels.shape)")
  loss.recordLoss("ctcLoss", source, slope)
  return loss
}
