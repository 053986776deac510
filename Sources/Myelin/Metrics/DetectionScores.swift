/// A box around something in a picture, and what it is.
public struct LabeledBox: Hashable, Sendable, Codable {
  /// Where it is.
  public var box: Box
  /// Its class.
  public var label: Int

  /// A box of a class.
  public init(_ box: Box, label: Int) {
    self.box = box
    self.label = label
  }
}

/// A box that a model has found, what it takes it for, and how sure it is.
public struct Detection: Hashable, Sendable, Codable {
  /// Where it is.
  public var box: Box
  /// Its class.
  public var label: Int
  /// How sure: the order of scores is all that an average precision sees.
  public var score: Float

  /// A box of a class with a score.
  public init(_ box: Box, label: Int, score: Float) {
    self.box = box
    self.label = label
    self.score = score
  }
}

/// Average precision of found boxes by COCO's definition (T.-Y. Lin et al., "Microsoft COCO", 2014), fed picture by picture.
///
/// In each picture the boxes of a class, the surest first and at most 100, take the true box of their class that they
/// overlap most and that none has taken, if they overlap it by at least the threshold. The precision at a recall r is the
/// largest one at any recall ≥ r; the average precision is its mean over r = 0, 0.01, … 1, with 0 where r is not reached;
/// the mean average precision is the mean over the classes that have a true box. Figures as pycocotools gives them for
/// boxes of all sizes, without crowds.
public struct DetectionScores: MetricAccumulator, Hashable {
  /// The overlaps from which on a box counts as found: 0.5, 0.55, … 0.95.
  public static let thresholds: [Double] = (0..<10).map { 0.5 + 0.05 * Double($0) }
  /// Of one class in one picture.
  static let limit = 100

  /// A found box: its score, and a bit for each threshold at which it has taken a true one.
  private struct Match: Hashable, Codable {
    var score: Float
    var taken: UInt16
  }

  /// Classes.
  public let classCount: Int
  /// True boxes of each class.
  public private(set) var truthCounts: [Int]
  private var matches: [[Match]]

  /// Precondition: at least one class.
  public init(classCount: Int) {
    require(classCount >= 1, "DetectionScores: \(classCount) classes")
    self.classCount = classCount
    truthCounts = [Int](repeating: 0, count: classCount)
    matches = [[Match]](repeating: [], count: classCount)
  }

  /// Adds what was found in a picture beside what is in it. Boxes whose score is NaN are left out.
  /// Precondition: all classes are in 0 ..< classCount.
  public mutating func add(_ found: [Detection], truth: [LabeledBox]) {
    require(
      (found.map(\.label) + truth.map(\.label)).allSatisfy { (0..<classCount).contains($0) },
      "DetectionScores: a label outside 0 ..< \(classCount)")
    for label in 0..<classCount {
      let boxes = truth.filter { $0.label == label }.map(\.box)
      truthCounts[label] += boxes.count
      let ordered = DetectionScores.ordered(found.filter { $0.label == label && !$0.score.isNaN }, by: \.score)
      matches[label] += DetectionScores.matched(Array(ordered.prefix(DetectionScores.limit)), boxes)
    }
  }

  /// The highest score first; of equal ones the first.
  private static func ordered<Element>(_ elements: [Element], by score: (Element) -> Float) -> [Element] {
    elements.enumerated().sorted { a, b in
      let (first, second) = (score(a.element), score(b.element))
      return first > second || (first == second && a.offset < b.offset)
    }.map(\.element)
  }

  private static func matched(_ found: [Detection], _ truth: [Box]) -> [Match] {
    let overlaps = found.map { detection in truth.map { exactOverlap(detection.box, $0) } }
    var matches = found.map { Match(score: $0.score, taken: 0) }
    for (bit, threshold) in thresholds.enumerated() {
      var isTaken = [Bool](repeating: false, count: truth.count)
      for index in found.indices {
        var best = threshold
        var choice: Int?
        // Of equal overlaps the last, as pycocotools has it.
        for candidate in truth.indices where !isTaken[candidate] && overlaps[index][candidate] >= best {
          best = overlaps[index][candidate]
          choice = candidate
        }
        guard let choice else { continue }
        isTaken[choice] = true
        matches[index].taken |= 1 << UInt16(bit)
      }
    }
    return matches
  }

  /// In Double: a box that overlaps by the threshold itself is to be on its side.
  private static func exactOverlap(_ a: Box, _ b: Box) -> Double {
    func area(_ left: Float, _ top: Float, _ right: Float, _ bottom: Float) -> Double {
      max(0, Double(right) - Double(left)) * max(0, Double(bottom) - Double(top))
    }
    let common = area(max(a.left, b.left), max(a.top, b.top), min(a.right, b.right), min(a.bottom, b.bottom))
    let union = area(a.left, a.top, a.right, a.bottom) + area(b.left, b.top, b.right, b.bottom) - common
    return union > 0 ? common / union : 0
  }

  public mutating func merge(_ other: DetectionScores) {
    require(other.classCount == classCount, "DetectionScores: \(classCount) and \(other.classCount) classes")
    for label in 0..<classCount {
      truthCounts[label] += other.truthCounts[label]
      matches[label] += other.matches[label]
    }
  }

  /// The average precision of a class at one of the ``thresholds``, by its place among them; nil for a class without a true
  /// box.
  public func averagePrecision(label: Int, threshold index: Int) -> Double? {
    require(
      (0..<classCount).contains(label) && DetectionScores.thresholds.indices.contains(index),
      "DetectionScores: class \(label) of \(classCount), threshold \(index) of \(DetectionScores.thresholds.count)")
    let truth = truthCounts[label]
    guard truth > 0 else { return nil }
    var right = 0
    var recalls: [Double] = []
    var precisions: [Double] = []
    for (rank, match) in DetectionScores.ordered(matches[label], by: \.score).enumerated() {
      if match.taken & (1 << UInt16(index)) != 0 { right += 1 }
      recalls.append(Double(right) / Double(truth))
      precisions.append(Double(right) / Double(rank + 1))
    }
    for rank in precisions.indices.dropLast().reversed() {
      precisions[rank] = max(precisions[rank], precisions[rank + 1])
    }
    var (sum, rank) = (0.0, 0)
    for step in 0...100 {
      while rank < recalls.count, recalls[rank] < Double(step) * 0.01 { rank += 1 }
      if rank < recalls.count { sum += precisions[rank] }
    }
    return sum / 101
  }

  /// The average precision of a class, the mean over all ``thresholds``; nil for a class without a true box.
  public func averagePrecision(label: Int) -> Double? {
    let parts = DetectionScores.thresholds.indices.compactMap { averagePrecision(label: label, threshold: $0) }
    return parts.isEmpty ? nil : parts.reduce(0, +) / Double(parts.count)
  }

  public var measurements: [(metric: Metric, value: Double?)] {
    func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
    let labels = 0..<classCount
    return [
      (.meanAveragePrecision50, mean(labels.compactMap { averagePrecision(label: $0, threshold: 0) })),
      (.meanAveragePrecision, mean(labels.compactMap { averagePrecision(label: $0) })),
    ]
  }
}
