import Foundation
import Myelin

/// The pictures whose class was found least likely, among those that were classified wrong.
struct WorstMistakes: MetricAccumulator {
  private static let most = 24

  private struct Mistake: Codable {
    let height: Int
    let width: Int
    let bytes: [UInt8]
    let truth: Int
    let predicted: Int
    /// Of the predicted class.
    let probability: Double
    /// −log of the true class's probability.
    let loss: Double
  }

  private var mistakes: [Mistake] = []

  /// - Parameters:
  ///   - outputs: logits [N, classes].
  ///   - batch: standardised pictures [N, H, W, C] and their labels.
  init(_ encoding: ImageEncoding, _ outputs: Tensor, _ batch: TensorBatch) {
    let (classes, labels) = (outputs.shape[1], batch.labels!.values)
    let size = encoding.shape.reduce(1, *)
    var wrong: [(row: Int, predicted: Int, probability: Double, loss: Double)] = []
    outputs.withUnsafeBufferPointer { logits in
      for (row, label) in labels.enumerated() where label >= 0 {
        let scores = logits[row * classes..<(row + 1) * classes].map(Double.init)
        let top = scores.max() ?? 0
        // As accuracy has it: the first of equals.
        guard let predicted = scores.firstIndex(of: top), predicted != Int(label) else { continue }
        let sum = scores.reduce(0) { $0 + exp($1 - top) }
        wrong.append((row, predicted, 1 / sum, log(sum) + top - scores[Int(label)]))
      }
    }
    wrong.sort { ($0.loss, $1.row) > ($1.loss, $0.row) }
    batch.inputs.withUnsafeBufferPointer { inputs in
      for mistake in wrong.prefix(WorstMistakes.most) {
        let values = inputs[mistake.row * size..<(mistake.row + 1) * size]
        mistakes.append(
          Mistake(
            height: encoding.height, width: encoding.width, bytes: encoding.picture(values).bytes,
            truth: Int(labels[mistake.row]), predicted: mistake.predicted,
            probability: mistake.probability, loss: mistake.loss))
      }
    }
  }

  /// Of equally bad ones the first.
  mutating func merge(_ other: WorstMistakes) {
    let all = (mistakes + other.mistakes).enumerated()
    mistakes = all.sorted { ($0.element.loss, $1.offset) > ($1.element.loss, $0.offset) }
      .prefix(WorstMistakes.most).map(\.element)
  }

  var measurements: [(metric: Metric, value: Double?)] { [] }

  /// nil where nothing was classified wrong.
  func group(_ classes: [String]) -> PictureGroup? {
    if mistakes.isEmpty { return nil }
    return PictureGroup(
      "Worst mistakes",
      caption: "Test pictures whose true class, in bold, was found least likely; under it what was predicted, and how "
        + "sure the network was.",
      items: mistakes.map {
        .init(
          Picture(
            height: $0.height, width: $0.width, channels: $0.bytes.count / ($0.height * $0.width), bytes: $0.bytes),
          label: classes[$0.truth],
          note: "\(classes[$0.predicted]) \(PlotNumber.fixed(100 * $0.probability, decimals: 0))%")
      })
  }
}
