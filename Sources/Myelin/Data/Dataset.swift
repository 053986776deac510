/// Samples that can be had by number, in any order. A ``DataLoader`` makes batches of them.
///
/// What a batch is, the data set says: images and labels, tokens, padded sequences with their lengths, graphs, pairs. It
/// is what an objective gets:
///
/// ```swift
/// struct Windows: Dataset {
///   let tokens: [Int32]
///   let length: Int
///   var count: Int { tokens.count - length }
///   func batch(_ rows: UnsafeBufferPointer<Int32>) -> (tokens: Indices, next: Indices) { … }
/// }
/// ```
public protocol Dataset<Batch>: Sendable {
  /// Some samples: what a network sees in one step.
  associatedtype Batch: Sendable

  /// How many samples.
  var count: Int { get }

  /// The samples with these numbers, in this order. May be called on several threads at once.
  ///
  /// Precondition: each number is in 0..<count.
  func batch(_ rows: UnsafeBufferPointer<Int32>) -> Batch

  /// The samples of a range; an array's data can share its memory here.
  func batch(_ rows: Range<Int>) -> Batch

  /// As ``batch(_:)-(UnsafeBufferPointer<Int32>)``, for data that is drawn anew each time it is seen: what is random
  /// follows from `place` alone.
  func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> Batch
  /// The samples of a range as they are drawn at `place`.
  func batch(_ rows: Range<Int>, at place: BatchPlace) -> Batch
}

extension Dataset {
  public func batch(_ rows: Range<Int>) -> Batch { batch(Array(rows)) }

  /// The samples as they are: for data in which nothing is drawn.
  public func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> Batch { batch(rows) }
  /// The samples as they are: for data in which nothing is drawn.
  public func batch(_ rows: Range<Int>, at place: BatchPlace) -> Batch { batch(rows) }

  /// The samples with these numbers, in this order.
  public func batch(_ rows: [Int]) -> Batch { rows.map(Int32.init).withUnsafeBufferPointer(batch) }

  /// The same samples, changed batch by batch: scaled, decoded, put together in another way. With a loader that
  /// prefetches, `transform` runs in the background.
  public func mapped<Result: Sendable>(
    _ transform: @escaping @Sendable (Batch) -> Result
  ) -> MappedDataset<Batch, Result> {
    MappedDataset(base: self, transform: transform, augmentation: nil)
  }

  /// The same samples, changed at random while training: shifted, mirrored, masked. What is drawn from the generator
  /// depends on the loader's seed, the epoch and the batch's number alone, so that a resumed run and one with background
  /// threads see the same. Evaluation sees the samples as they are.
  public func augmented(
    _ augmentation: @escaping @Sendable (Batch, RandomGenerator) -> Batch
  ) -> MappedDataset<Batch, Batch> {
    MappedDataset(base: self, transform: { $0 }, augmentation: augmentation)
  }
}

/// Which batch of a run: what data that is drawn at random draws from.
public struct BatchPlace: Sendable, Hashable {
  /// The loader's.
  public var seed: UInt64
  /// From 0.
  public var epoch: Int
  /// Number of the batch within the epoch, from 0.
  public var batch: Int

  /// A place of a run: the loader's seed, the epoch and the batch in it, both from 0.
  public init(seed: UInt64, epoch: Int, batch: Int) {
    self.seed = seed
    self.epoch = epoch
    self.batch = batch
  }

  /// A stream of random numbers of this batch's own.
  public var random: RandomGenerator {
    // Each is an output of the generator, so that neighbouring numbers give streams that have nothing in common.
    var generator = SplitMix64(seed: seed ^ 0x6261_7463_6865_7321)
    generator = SplitMix64(seed: generator.next() &+ UInt64(bitPattern: Int64(epoch)))
    generator = SplitMix64(seed: generator.next() &+ UInt64(bitPattern: Int64(batch)))
    return RandomGenerator(seed: generator.next())
  }
}

/// A data set whose batches are changed by a function.
public struct MappedDataset<Base: Sendable, Batch: Sendable>: Dataset {
  let base: any Dataset<Base>
  let transform: @Sendable (Base) -> Batch
  let augmentation: (@Sendable (Batch, RandomGenerator) -> Batch)?

  public var count: Int { base.count }
  public func batch(_ rows: UnsafeBufferPointer<Int32>) -> Batch { transform(base.batch(rows)) }
  public func batch(_ rows: Range<Int>) -> Batch { transform(base.batch(rows)) }

  public func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> Batch {
    augmented(base.batch(rows, at: place), place)
  }
  /// The base's samples, transformed, then augmented by what is drawn at `place`.
  public func batch(_ rows: Range<Int>, at place: BatchPlace) -> Batch { augmented(base.batch(rows, at: place), place) }

  private func augmented(_ samples: Base, _ place: BatchPlace) -> Batch {
    let batch = transform(samples)
    return augmentation.map { $0(batch, place.random) } ?? batch
  }
}

/// A batch that says what of it a model takes; what is left is for the objective.
public protocol ModelBatch<Inputs>: Sendable {
  /// What the model is called with.
  associatedtype Inputs
  /// What the model is called with.
  var inputs: Inputs { get }
}
