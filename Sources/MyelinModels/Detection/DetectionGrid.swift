import Foundation
import Myelin

/// The cells of a detector, what each of them is to say, and the boxes that they say.
struct DetectionGrid: Sendable {
  let rows: Int
  let columns: Int
  /// Pixels from centre to centre.
  let stride: Float
  let classCount: Int
  /// Of the picture.
  let height: Float
  let width: Float

  init(_ configuration: Detector.Configuration) {
    (rows, columns) = configuration.grid
    stride = Float(configuration.stride)
    classCount = configuration.classCount
    height = Float(configuration.picture.height)
    width = Float(configuration.picture.width)
  }

  /// Numbers that the network gives for a cell.
  var cellWidth: Int { classCount + 4 }
  /// Of a logarithm of a distance: beyond it nothing is learned, and nothing overflows.
  static let reach: Float = 5
  /// A cell is the centre of a box at most this many strides away from the box's own.
  static let radius: Float = 1.5
  /// Boxes of a picture that are compared with each other.
  private static let mostCandidates = 500

  private func center(_ cell: Int) -> (x: Float, y: Float) {
    ((Float(cell % columns) + 0.5) * stride, (Float(cell / columns) + 0.5) * stride)
  }

  // MARK: What is to be said

  /// The cells that a box belongs to, and the box.
  struct Assignment {
    /// Numbers of cells over the whole batch.
    var cells: [Int32] = []
    /// [cells, 4]: left, top, right, bottom.
    var sides: [Float] = []
    var labels: [Int] = []
    /// [cells, 2]: the cells' centres.
    var centers: [Float] = []
  }

  /// Each cell within a box and near its middle is of that box; of several the one whose middle is nearest by the boxes'
  /// sizes. The cell nearest to a box's middle is always the box's, unless another's middle is in it too.
  func assignment(_ boxes: [[LabeledBox]]) -> Assignment {
    var result = Assignment()
    for (picture, boxes) in boxes.enumerated() {
      var owner = [Int](repeating: -1, count: rows * columns)
      var distances = [Float](repeating: .infinity, count: rows * columns)
      for (index, labeled) in boxes.enumerated() {
        let box = labeled.box
        let (x, y) = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        let (halfWidth, halfHeight) = ((box.right - box.left) / 2, (box.bottom - box.top) / 2)
        let column = min(max(Int(x / stride), 0), columns - 1)
        let row = min(max(Int(y / stride), 0), rows - 1)
        for r in max(0, row - 2)...min(rows - 1, row + 2) {
          for c in max(0, column - 2)...min(columns - 1, column + 2) {
            let cell = r * columns + c
            let center = center(cell)
            let (dx, dy) = (abs(center.x - x), abs(center.y - y))
            let isNearest = r == row && c == column
            let isInside =
              dx < min(DetectionGrid.radius * stride, halfWidth) && dy < min(DetectionGrid.radius * stride, halfHeight)
            guard isInside || isNearest else { continue }
            let distance = isNearest ? 0 : max(dx / halfWidth, dy / halfHeight)
            if distance < distances[cell] { (distances[cell], owner[cell]) = (distance, index) }
          }
        }
      }
      for (cell, index) in owner.enumerated() where index >= 0 {
        let box = boxes[index].box
        result.cells.append(Int32(picture * rows * columns + cell))
        result.sides += [box.left, box.top, box.right, box.bottom]
        result.labels.append(boxes[index].label)
        let center = center(cell)
        result.centers += [center.x, center.y]
      }
    }
    return result
  }

  /// Focal loss of the classes and generalised overlap of the boxes, both in the mean over the cells that have a box.
  func loss(_ outputs: Tensor, _ batch: DetectionBatch) -> (loss: Tensor, weight: Double) {
    let assignment = assignment(batch.boxes)
    let cells = outputs.reshaped([outputs.shape[0] * rows * columns, cellWidth])
    let logits = cells.sliced(0..<classCount, axis: 1)
    let count = assignment.cells.count
    var shares = [Float](repeating: 0, count: logits.count)
    guard count > 0 else {
      return (focalLoss(logits, Tensor(shares, shape: logits.shape)) * Float(logits.count), 1)
    }
    let found = boxes(
      cells.sliced(classCount..<cellWidth, axis: 1).gathered(Indices(assignment.cells)),
      centers: Tensor(assignment.centers, shape: [count, 2]))
    let sides = Tensor(assignment.sides, shape: [count, 4])
    let overlap = boxOverlapLoss(found, sides)
    for (cell, label) in zip(assignment.cells, assignment.labels) { shares[Int(cell) * classCount + label] = 1 }
    let classes = focalLoss(logits, Tensor(shares, shape: logits.shape)) * (Float(logits.count) / Float(count))
    return (classes + overlap * 2, Double(count))
  }

  /// [cells, 4] logarithms to boxes in pixels.
  private func boxes(_ logarithms: Tensor, centers: Tensor) -> Tensor {
    let distances = exp(logarithms.clipped(to: -DetectionGrid.reach...DetectionGrid.reach)) * stride
    return .concatenated(
      [centers - distances.sliced(0..<2, axis: 1), centers + distances.sliced(2..<4, axis: 1)], axis: 1)
  }

  // MARK: What is said

  /// The boxes that the outputs [N, rows, columns, classes + 4] say, for each picture; the surest first.
  ///
  /// - Parameters:
  ///   - least: of a score.
  ///   - overlap: up to which two boxes of one class stay.
  func detections(_ outputs: Tensor, least: Float = 0.02, overlap: Float = 0.5, limit: Int = 100) -> [[Detection]] {
    let pictures = outputs.shape[0]
    return outputs.withUnsafeBufferPointer { values in
      (0..<pictures).map { picture in
        var candidates: [(cell: Int, label: Int, score: Float)] = []
        for cell in 0..<rows * columns {
          let start = (picture * rows * columns + cell) * cellWidth
          for label in 0..<classCount {
            let score = 1 / (1 + exp(-values[start + label]))
            if score >= least { candidates.append((cell, label, score)) }
          }
        }
        // Of equal scores the first.
        let surest = candidates.enumerated().sorted {
          ($0.element.score, $1.offset) > ($1.element.score, $0.offset)
        }.prefix(DetectionGrid.mostCandidates).map(\.element)
        let found = surest.map { candidate -> Detection in
          let start = (picture * rows * columns + candidate.cell) * cellWidth + classCount
          let center = center(candidate.cell)
          func distance(_ side: Int) -> Float {
            stride * exp(max(-DetectionGrid.reach, min(DetectionGrid.reach, values[start + side])))
          }
          let box = Box(
            left: max(0, center.x - distance(0)), top: max(0, center.y - distance(1)),
            right: min(width, center.x + distance(2)), bottom: min(height, center.y + distance(3)))
          return Detection(box, label: candidate.label, score: candidate.score)
        }
        return nonMaximumSuppression(
          found.map(\.box), scores: found.map(\.score), classes: found.map(\.label), threshold: overlap, limit: limit
        ).map { found[$0] }
      }
    }
  }

  /// The outputs for pictures that were mirrored, as if they had not been.
  func mirrored(_ outputs: Tensor, horizontally: Bool, vertically: Bool) -> Tensor {
    let turned = outputs.flipped(horizontally: horizontally, vertically: vertically)
    func channel(_ side: Int) -> Tensor { turned.sliced(classCount + side..<classCount + side + 1, axis: 3) }
    let order = [horizontally ? 2 : 0, vertically ? 3 : 1, horizontally ? 0 : 2, vertically ? 1 : 3]
    return .concatenated([turned.sliced(0..<classCount, axis: 3)] + order.map(channel), axis: 3)
  }
}
