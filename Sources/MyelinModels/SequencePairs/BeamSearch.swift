import Foundation
import Myelin

/// A network that writes sequences, several at once, token by token.
package protocol SequenceDecoder: AnyObject {
  /// Adds a token to each of the rows that are kept and gives the logits [tokens, V] of the tokens behind them.
  ///
  /// - Parameters:
  ///   - tokens: one for each row that there is after this call.
  ///   - rows: which of the rows before it each goes on from; at first row i is sequence i.
  func next(_ tokens: [Int32], from rows: [Int]) -> Tensor
}

/// The most probable sequences that a beam finds: in each step the `width` best beginnings of each sequence are kept.
///
/// Sequences of different lengths are compared by log p / ((5 + length) / 6)^α (Y. Wu and others, "Google's neural machine
/// translation system", 2016): the larger α, the longer they are.
package struct BeamSearch: Codable, Hashable, Sendable {
  /// Beginnings that are kept; 1 takes the most probable token each time.
  package var width = 4
  /// α
  package var lengthPenalty = 0.6

  package init(width: Int = 4, lengthPenalty: Double = 0.6) {
    (self.width, self.lengthPenalty) = (width, lengthPenalty)
  }

  var isConsistent: Bool { (1...1024).contains(width) && (0...10).contains(lengthPenalty) }

  private struct Beginning {
    var tokens: [Int32]
    var score: Double
    /// Its row in the decoder.
    var row: Int
  }

  private func value(_ score: Double, _ length: Int) -> Double {
    score / pow((5 + Double(length)) / 6, lengthPenalty)
  }

  /// The best sequence for each of `limits`, without its end.
  ///
  /// - Parameters:
  ///   - decoder: with a row for each.
  ///   - end: begins and ends a sequence.
  ///   - limits: tokens that each has at most, its end not counted.
  package func sequences(_ decoder: any SequenceDecoder, end: Int32, limits: [Int]) -> [[Int32]] {
    var live = limits.indices.map { [Beginning(tokens: [], score: 0, row: $0)] }
    var finished: [[(tokens: [Int32], value: Double)]] = limits.map { _ in [] }
    while live.contains(where: { !$0.isEmpty }) {
      let all = live.flatMap { $0 }
      let scores = withoutGradient {
        logSoftmax(decoder.next(all.map { $0.tokens.last ?? end }, from: all.map(\.row)))
      }
      let vocabulary = scores.shape[1]
      let best = BeamSearch.best(scores, count: width + 1)
      var row = 0
      scores.withUnsafeBufferPointer { scores in
        for sequence in live.indices {
          var candidates: [(from: Beginning, token: Int32, score: Double)] = []
          for beginning in live[sequence] {
            var from = beginning
            from.row = row
            for token in best[row] {
              candidates.append((from, token, beginning.score + Double(scores[row * vocabulary + Int(token)])))
            }
            row += 1
          }
          candidates.sort { ($1.score, $0.from.row, $0.token) < ($0.score, $1.from.row, $1.token) }
          var kept: [Beginning] = []
          for (from, token, score) in candidates where kept.count < width {
            if token == end {
              finished[sequence].append((from.tokens, value(score, from.tokens.count + 1)))
            } else if from.tokens.count < limits[sequence] {
              kept.append(Beginning(tokens: from.tokens + [token], score: score, row: from.row))
            }
          }
          // Nothing that goes on can become better than what ends here.
          let ended = finished[sequence].map(\.value).max() ?? -.infinity
          let reach = kept.first.map { value($0.score, limits[sequence] + 1) } ?? -.infinity
          if finished[sequence].count >= width || ended >= reach { kept = [] }
          if kept.isEmpty, finished[sequence].isEmpty, let longest = candidates.first(where: { $0.token != end }) {
            finished[sequence].append((longest.from.tokens, longest.score))
          }
          live[sequence] = kept
        }
      }
    }
    return finished.map { ways in
      ways.enumerated().max { ($0.element.value, $1.offset) < ($1.element.value, $0.offset) }?.element.tokens ?? []
    }
  }

  /// The tokens of the largest scores of each row [rows, V], best first; of equals the first.
  private static func best(_ scores: Tensor, count: Int) -> [[Int32]] {
    let (rows, vocabulary) = (scores.shape[0], scores.shape[1])
    var best = [[Int32]](repeating: [], count: rows)
    var left = scores
    for round in 1...min(count, vocabulary) {
      let top = left.argmax(axis: -1).values
      for row in 0..<rows { best[row].append(top[row]) }
      if round == min(count, vocabulary) { break }
      let previous = left
      left = Tensor(shape: previous.shape) { target in
        previous.withUnsafeBufferPointer { _ = target.update(from: $0) }
        for row in 0..<rows { target[row * vocabulary + Int(top[row])] = -.infinity }
      }
    }
    return best
  }
}
