/// A rectangle in a picture: x from `left` to `right`, y from `top` to `bottom`, in pixels or parts of the picture.
public struct Box: Hashable, Sendable, Codable {
  /// Where it begins in x.
  public var left: Float
  /// Where it begins in y.
  public var top: Float
  /// Where it ends in x.
  public var right: Float
  /// Where it ends in y.
  public var bottom: Float

  /// A box by its sides; empty where one ends before it begins.
  public init(left: Float, top: Float, right: Float, bottom: Float) {
    (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
  }

  /// Width times height; 0 for an empty box.
  public var area: Float { max(0, right - left) * max(0, bottom - top) }

  /// Intersection over union with another box, in 0 … 1: 1 for equal boxes, 0 where they do not meet or both are empty.
  public func overlap(with other: Box) -> Float {
    let common = Box(
      left: max(left, other.left), top: max(top, other.top), right: min(right, other.right),
      bottom: min(bottom, other.bottom)
    ).area
    let union = area + other.area - common
    return union > 0 ? common / union : 0
  }
}

/// The boxes that are left when each one takes away those of lower score that overlap it by more than `threshold`: their
/// indices, highest score first. Of equal scores the first counts as higher; boxes whose score is NaN are left out.
///
/// With `classes` a box takes away only those of its own class. O(kept · boxes).
/// Precondition: as many scores, and classes, as boxes.
public func nonMaximumSuppression(
  _ boxes: [Box], scores: [Float], classes: [Int]? = nil, threshold: Float = 0.5, limit: Int = .max
) -> [Int] {
  require(
    scores.count == boxes.count && (classes == nil || classes!.count == boxes.count),
    "nonMaximumSuppression: \(boxes.count) boxes, \(scores.count) scores, \(classes?.count.description ?? "no") classes"
  )
  let order = boxes.indices.filter { !scores[$0].isNaN }
    .sorted { scores[$0] > scores[$1] || (scores[$0] == scores[$1] && $0 < $1) }
  var kept: [Int] = []
  for candidate in order where kept.count < limit {
    let isTaken = kept.contains { winner in
      (classes == nil || classes![winner] == classes![candidate])
        && boxes[winner].overlap(with: boxes[candidate]) > threshold
    }
    if !isTaken { kept.append(candidate) }
  }
  return kept
}
