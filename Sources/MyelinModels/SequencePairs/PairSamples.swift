import Foundation
import Myelin
import Synchronization

/// Pairs of sequences, padded to the longest of a batch.
package struct PairBatch: Sendable {
  /// [N, S]; behind a source's length stands 0.
  let source: Indices
  /// [N]
  let lengths: Indices
  /// [N, T]: the beginning, then the target.
  let target: Indices
  /// [N, T]: the target, then its end; −1 behind it.
  let next: Indices
  /// Of each pair in its part.
  let numbers: [Int32]

  /// How many tokens are told.
  var count: Int { next.withUnsafeBufferPointer { next in next.count { $0 >= 0 } } }
}

/// Pairs of sequences of tokens.
///
/// As a loader draws them, a batch has pairs of about the same length: each epoch shuffles the pairs, sorts pools of 50
/// batches by length and shuffles the batches. So it is the batch's number in the epoch that says which pairs it has.
package struct PairSamples: Dataset, HashedContent {
  let sources: [[Int32]]
  let targets: [[Int32]]
  /// Begins and ends a target: the last token of its vocabulary.
  let end: Int32
  /// Pairs of a batch where batches are drawn; nil where pairs come as they are asked for.
  let batchSize: Int?
  private let arrangement = Arrangement()

  init(_ sources: [[Int32]], _ targets: [[Int32]], end: Int32, batchSize: Int? = nil) {
    require(sources.count == targets.count, "PairSamples: \(sources.count) sources, \(targets.count) targets")
    (self.sources, self.targets, self.end, self.batchSize) = (sources, targets, end, batchSize)
  }

  package var count: Int { sources.count }

  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> PairBatch { batch(Array(rows)) }

  package func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> PairBatch {
    guard let batchSize else { return batch(rows) }
    let order = arrangement.order(place) { arranged(place, batchSize) }
    let start = place.batch * batchSize
    return batch(Array(order[start..<min(start + rows.count, order.count)]))
  }

  package func batch(_ rows: Range<Int>, at place: BatchPlace) -> PairBatch {
    rows.map { Int32($0) }.withUnsafeBufferPointer { batch($0, at: place) }
  }

  private static let pool = 50

  /// The pairs of an epoch, batch by batch; the last, which may be small, stays the last.
  private func arranged(_ place: BatchPlace, _ batchSize: Int) -> [Int32] {
    let random = BatchPlace(seed: place.seed, epoch: place.epoch, batch: -1).random
    let shuffled = random.permutation(count)
    var batches: [ArraySlice<Int32>] = []
    for start in stride(from: 0, to: count, by: batchSize * PairSamples.pool) {
      let part = shuffled[start..<min(start + batchSize * PairSamples.pool, count)]
      let sorted = part.enumerated().sorted {
        let (a, b) = (Int($0.element), Int($1.element))
        return (targets[a].count, sources[a].count, $0.offset) < (targets[b].count, sources[b].count, $1.offset)
      }.map(\.element)
      for first in stride(from: 0, to: sorted.count, by: batchSize) {
        batches.append(sorted[first..<min(first + batchSize, sorted.count)])
      }
    }
    // Of the last pool's batches only the last one can be small.
    let whole = batches.last?.count == batchSize ? batches.count : batches.count - 1
    return random.permutation(whole).flatMap { batches[Int($0)] } + batches.dropFirst(whole).flatMap { $0 }
  }

  private func batch(_ rows: [Int32]) -> PairBatch {
    let sources = rows.map { self.sources[Int($0)] }
    let targets = rows.map { self.targets[Int($0)] }
    return PairBatch(
      source: PairSamples.padded(sources, with: 0),
      lengths: Indices(sources.map { Int32(max($0.count, 1)) }),
      target: PairSamples.padded(targets.map { [end] + $0 }, with: 0),
      next: PairSamples.padded(targets.map { $0 + [end] }, with: -1), numbers: rows)
  }

  static func padded(_ sequences: [[Int32]], with padding: Int32) -> Indices {
    let longest = max(sequences.map(\.count).max() ?? 0, 1)
    return Indices(shape: Shape(sequences.count, longest)) { result in
      for (row, sequence) in sequences.enumerated() {
        for place in 0..<longest {
          result[row * longest + place] = place < sequence.count ? sequence[place] : padding
        }
      }
    }
  }

  func addContent(to hash: inout ContentHash) {
    for (source, target) in zip(sources, targets) {
      hash.add(Indices(source))
      hash.add(Indices(target))
    }
  }

  /// The order of the epoch that was asked for last: its batches are asked for one after another.
  private final class Arrangement: Sendable {
    private let known = Mutex<(place: BatchPlace, order: [Int32])?>(nil)

    func order(_ place: BatchPlace, _ make: () -> [Int32]) -> [Int32] {
      let epoch = BatchPlace(seed: place.seed, epoch: place.epoch, batch: 0)
      return known.withLock { known in
        if let known, known.place == epoch { return known.order }
        let order = make()
        known = (epoch, order)
        return order
      }
    }
  }
}
