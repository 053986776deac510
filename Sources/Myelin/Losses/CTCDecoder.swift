import Foundation

/// What a network that learned by ``ctcLoss(_:lengths:labels:labelLengths:)`` has written.
///
/// ```swift
/// let read = CTCDecoder.greedy(network(pictures))
/// let likely = CTCDecoder.beam(network(pictures), width: 16).map { $0[0].labels }
/// ```
public enum CTCDecoder {
  /// Labels with how likely they are.
  public struct Reading: Sendable, Hashable {
    /// Each in 1 ..< classes.
    public let labels: [Int32]
    /// The logarithm of the sum over the ways to write them that the search has kept.
    public let logProbability: Double
  }

  /// The likeliest class of each step, repeated ones once and without blanks.
  ///
  /// - Parameters:
  ///   - logits: [N, T, classes]; class 0 is the blank.
  ///   - lengths: [N], steps of each string; nil for T.
  /// - Returns: the labels of each string.
  public static func greedy(_ logits: Tensor, lengths: Indices? = nil) -> [[Int32]] {
    check("greedy", logits, lengths)
    let (steps, classes) = (logits.shape[1], logits.shape[2])
    let counts = lengths?.values
    let best = logits.detached.reshaped([logits.shape[0] * steps, classes]).argmax(axis: 1).values
    return (0..<logits.shape[0]).map { string in
      var (labels, last): ([Int32], Int32) = ([], 0)
      for step in 0..<(counts.map { Int($0[string]) } ?? steps) {
        let label = best[string * steps + step]
        if label != 0, label != last { labels.append(label) }
        last = label
      }
      return labels
    }
  }

  /// The likeliest labels, each with all ways to write them, by a search that keeps `width` beginnings a step (A. Graves,
  /// N. Jaitly, 2014).
  ///
  /// - Parameters:
  ///   - logits: [N, T, classes]; class 0 is the blank.
  ///   - lengths: [N], steps of each string; nil for T.
  ///   - width: how many are kept, at least 1.
  /// - Returns: for each string at most `width` readings, the likeliest first.
  public static func beam(_ logits: Tensor, lengths: Indices? = nil, width: Int) -> [[Reading]] {
    check("beam", logits, lengths)
    require(width >= 1, "CTCDecoder.beam: a width of \(width)")
    let (steps, classes) = (logits.shape[1], logits.shape[2])
    let (scalars, counts) = (logits.scalars, lengths?.values)
    return (0..<logits.shape[0]).map { string in
      let count = counts.map { Int($0[string]) } ?? steps
      return search(scalars[string * steps * classes..<(string * steps + count) * classes], classes, width)
    }
  }

  private static func check(_ name: String, _ logits: Tensor, _ lengths: Indices?) {
    require(
      logits.rank == 3 && logits.shape[2] >= 1 && lengths?.count ?? logits.shape[0] == logits.shape[0]
        && lengths?.values.allSatisfy { (0...logits.shape[1]).contains(Int($0)) } ?? true,
      "CTCDecoder.\(name): logits \(logits.shape) with lengths \(lengths?.values ?? [])")
  }

  /// Logarithms of probabilities of a beginning whose last step is a blank, and whose last step is its last label.
  private struct Ways {
    var blank = -Double.infinity
    var label = -Double.infinity
    var all: Double { CTCDecoder.sum(blank, label) }
  }

  private static func search(_ logits: ArraySlice<Float>, _ classes: Int, _ width: Int) -> [Reading] {
    var kept: [[Int32]: Ways] = [[]: Ways(blank: 0)]
    for start in stride(from: logits.startIndex, to: logits.endIndex, by: classes) {
      let row = logits[start..<start + classes].map { Double($0) }
      let most = row.max()!
      let total = most + log(row.reduce(0) { $0 + exp($1 - most) })
      var next: [[Int32]: Ways] = [:]
      for (labels, ways) in kept {
        let all = ways.all
        next[labels, default: Ways()].blank = sum(next[labels]?.blank ?? -.infinity, all + row[0] - total)
        for label in 1..<max(classes, 1) {
          let p = row[label] - total
          if labels.last == Int32(label) {
            // Repeated it is the same label; behind a blank it is another one.
            next[labels, default: Ways()].label = sum(next[labels]!.label, ways.label + p)
          }
          let grown = labels + [Int32(label)]
          let before = labels.last == Int32(label) ? ways.blank : all
          if before + p > -.infinity {
            next[grown, default: Ways()].label = sum(next[grown]?.label ?? -.infinity, before + p)
          }
        }
      }
      kept = Dictionary(uniqueKeysWithValues: sorted(next).prefix(width).map { ($0.key, $0.value) })
    }
    return sorted(kept).map { Reading(labels: $0.key, logProbability: $0.value.all) }
  }

  /// The likeliest first; of equal ones in the order of their labels, whatever the dictionary's.
  private static func sorted(_ ways: [[Int32]: Ways]) -> [(key: [Int32], value: Ways)] {
    ways.map { (key: $0.key, value: $0.value, all: $0.value.all) }.sorted {
      $0.all != $1.all ? $0.all > $1.all : $0.key.lexicographicallyPrecedes($1.key)
    }.map { ($0.key, $0.value) }
  }

  private static func sum(_ a: Double, _ b: Double) -> Double {
    let most = max(a, b)
    return most == -.infinity ? most : most + log(exp(a - most) + exp(b - most))
  }
}
