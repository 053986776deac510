/// Makes batches of a data set, epoch by epoch, in an order that only `seed` and the epoch decide.
///
/// ```swift
/// let loader = DataLoader(data, batchSize: 32, seed: 1)
/// for epoch in 0..<10 {
///   for batch in loader { … }     // each time the next epoch
/// }
/// ```
/// The order does not depend on prefetching or on the machine, so that training that is resumed at an epoch and batch
/// goes on as if it had not stopped.
public final class DataLoader<Batch: Sendable>: Sequence {
  /// What the batches are made of.
  public let dataset: any Dataset<Batch>
  /// Samples in a batch; the last of an epoch may have fewer.
  public let batchSize: Int
  /// What, with the epoch, decides the order.
  public let seed: UInt64
  /// Whether each epoch has an order of its own; else the samples come in theirs.
  public let shuffles: Bool
  /// Whether a last batch that is smaller than the others is left out.
  public let dropsLast: Bool
  /// How many batches a background thread prepares ahead; 0 prepares each when it is asked for, which is faster
  /// where the data is in memory as it is needed.
  public let prefetchedBatches: Int
  /// The epoch that the next `for … in` goes through, from 0.
  public var epoch = 0

  /// Precondition: `batchSize` is at least 1.
  public init(
    _ dataset: any Dataset<Batch>, batchSize: Int, shuffles: Bool = true, seed: UInt64 = 0,
    dropsLast: Bool = false,
    prefetchedBatches: Int = 0
  ) {
    require(batchSize >= 1, "DataLoader: a batch size of \(batchSize)")
    require(prefetchedBatches >= 0, "DataLoader: \(prefetchedBatches) prefetched batches")
    require(
      dataset.count <= Int32.max, "DataLoader: \(dataset.count) samples are more than 2^31 - 1")
    self.dataset = dataset
    self.batchSize = batchSize
    self.shuffles = shuffles
    self.seed = seed
    self.dropsLast = dropsLast
    self.prefetchedBatches = prefetchedBatches
  }

  /// Batches in an epoch.
  public var batchCount: Int {
    dropsLast ? dataset.count / batchSize : (dataset.count + batchSize - 1) / batchSize
  }

  /// Samples in the batch with that number.
  public func sampleCount(ofBatch index: Int) -> Int {
    Swift.min(batchSize, dataset.count - index * batchSize)
  }

  /// The batches of the next epoch.
  public func makeIterator() -> Batches.Iterator {
    defer { epoch += 1 }
    return batches(epoch: epoch).makeIterator()
  }

  /// The batches of an epoch, without those before `start`: where training stopped, it goes on.
  public func batches(epoch: Int, startingAt start: Int = 0) -> Batches {
    Batches(
      plan: BatchPlan(
        dataset: dataset, batchSize: batchSize, batchCount: batchCount, seed: seed, epoch: epoch,
        order: shuffles ? epochOrder(dataset.count, seed: seed, epoch: epoch) : nil),
      start: Swift.min(start, batchCount), prefetched: prefetchedBatches)
  }

  /// The batches of one epoch.
  public struct Batches: Sequence {
    let plan: BatchPlan<Batch>
    let start: Int
    let prefetched: Int

    public func makeIterator() -> Iterator {
      // One batch cannot be prepared while another is used.
      let ahead = plan.batchCount - start > 1 ? prefetched : 0
      return Iterator(
        plan: plan, position: start,
        prefetcher: ahead > 0 ? Prefetcher(plan, from: start, ahead: ahead) : nil)
    }

    /// Gives the batches in their order.
    public struct Iterator: IteratorProtocol {
      let plan: BatchPlan<Batch>
      var position: Int
      let prefetcher: Prefetcher<Batch>?

      public mutating func next() -> Batch? {
        if let prefetcher { return prefetcher.next() }
        guard position < plan.batchCount else { return nil }
        defer { position += 1 }
        return plan.batch(position)
      }
    }
  }
}

/// Which samples are in which batch of an epoch.
struct BatchPlan<Batch: Sendable>: Sendable {
  let dataset: any Dataset<Batch>
  let batchSize: Int
  let batchCount: Int
  let seed: UInt64
  let epoch: Int
  /// nil: in their own order.
  let order: Indices?

  func batch(_ index: Int) -> Batch {
    let start = index * batchSize
    let end = Swift.min(start + batchSize, dataset.count)
    let place = BatchPlace(seed: seed, epoch: epoch, batch: index)
    guard let order else { return dataset.batch(start..<end, at: place) }
    return order.withUnsafeBufferPointer {
      dataset.batch(UnsafeBufferPointer(rebasing: $0[start..<end]), at: place)
    }
  }
}

/// The order of `count` samples in an epoch.
func epochOrder(_ count: Int, seed: UInt64, epoch: Int) -> Indices {
  // Seeds of different epochs must not be neighbours in one sequence: each is an output of the generator.
  var generator = SplitMix64(seed: seed)
  generator = SplitMix64(seed: generator.next() &+ UInt64(bitPattern: Int64(epoch)))
  return Indices(shape: Shape(count)) { order in
    for i in 0..<count { order[i] = Int32(truncatingIfNeeded: i) }
    shuffle(order, seed: generator.next())
  }
}
