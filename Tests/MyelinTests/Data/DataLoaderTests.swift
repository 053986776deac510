import Foundation
import Myelin
import Synchronization
import XCTest

final class DataLoaderTests: XCTestCase {
  /// Sample i is [i, 10 i], its label i % 3, its target -i, its weight i + 1.
  private func data(_ count: Int) -> TensorDataset {
    TensorDataset(
      inputs: Tensor((0..<count).flatMap { [Float($0), Float(10 * $0)] }, shape: Shape(count, 2)),
      labels: Indices((0..<count).map { Int32($0 % 3) }),
      targets: Tensor((0..<count).map { -Float($0) }, shape: Shape(count, 1)),
      weights: Tensor((0..<count).map { Float($0 + 1) }))
  }

  /// The samples of batches, after checking that their parts belong together.
  private func samples(_ batches: some Sequence<TensorBatch>, file: StaticString = #filePath, line: UInt = #line)
    -> [[Int]]
  {
    batches.map { batch in
      let rows = (0..<batch.count).map { Int(batch.inputs[$0, 0]) }
      XCTAssertEqual(batch.inputs.scalars, rows.flatMap { [Float($0), Float(10 * $0)] }, file: file, line: line)
      XCTAssertEqual(batch.labels?.values, rows.map { Int32($0 % 3) }, file: file, line: line)
      XCTAssertEqual(batch.targets?.scalars, rows.map { -Float($0) }, file: file, line: line)
      XCTAssertEqual(batch.targets?.shape, Shape(rows.count, 1), file: file, line: line)
      XCTAssertEqual(batch.weights?.scalars, rows.map { Float($0 + 1) }, file: file, line: line)
      return rows
    }
  }

  func testEachSampleOnceInAnEpoch() {
    for (count, batchSize) in [(10, 3), (12, 4), (1, 5), (7, 1), (5, 5), (0, 2)] {
      for shuffles in [false, true] {
        for prefetched in [0, 1, 3] {
          let loader = DataLoader(
            data(count), batchSize: batchSize, shuffles: shuffles, seed: 1, prefetchedBatches: prefetched)
          let batches = samples(loader)
          XCTAssertEqual(batches.count, loader.batchCount)
          XCTAssertEqual(batches.dropLast().map(\.count), batches.dropLast().map { _ in batchSize })
          XCTAssertEqual(batches.flatMap { $0 }.sorted(), Array(0..<count))
          if !shuffles { XCTAssertEqual(batches.flatMap { $0 }, Array(0..<count)) }
        }
      }
    }
  }

  func testDroppingTheLast() {
    let loader = DataLoader(data(10), batchSize: 4, shuffles: false, dropsLast: true)
    XCTAssertEqual(loader.batchCount, 2)
    XCTAssertEqual(samples(loader), [[0, 1, 2, 3], [4, 5, 6, 7]])
  }

  func testOrderFollowsFromSeedAndEpochOnly() {
    func epochs(seed: UInt64, prefetched: Int) -> [[Int]] {
      let loader = DataLoader(data(50), batchSize: 8, seed: seed, prefetchedBatches: prefetched)
      return (0..<3).map { _ in samples(loader).flatMap { $0 } }
    }
    let first = epochs(seed: 5, prefetched: 0)
    XCTAssertEqual(first, epochs(seed: 5, prefetched: 0))
    XCTAssertEqual(first, epochs(seed: 5, prefetched: 2))
    XCTAssertNotEqual(first, epochs(seed: 6, prefetched: 0))
    XCTAssertEqual(Set(first).count, 3, "epochs have the same order")
    // The order of a seed is a promise: a resumed run must find it again.
    XCTAssertEqual(samples(DataLoader(data(8), batchSize: 8, seed: 7)).flatMap { $0 }, [7, 1, 3, 6, 0, 5, 2, 4])
  }

  func testResumingInTheMiddle() {
    let loader = DataLoader(data(50), batchSize: 8, seed: 5)
    let whole = samples(loader.batches(epoch: 2))
    for start in 0...whole.count {
      XCTAssertEqual(samples(loader.batches(epoch: 2, startingAt: start)), Array(whole[start...]))
    }
    let ahead = DataLoader(data(50), batchSize: 8, seed: 5, prefetchedBatches: 2)
    XCTAssertEqual(samples(ahead.batches(epoch: 2, startingAt: 3)), Array(whole[3...]))
    loader.epoch = 2
    XCTAssertEqual(samples(loader), whole)
    XCTAssertEqual(loader.epoch, 3)
  }

  /// Counts the batches that were made.
  private struct Counting: Dataset {
    let base: TensorDataset
    let made: Counter
    var count: Int { base.count }
    func batch(_ rows: UnsafeBufferPointer<Int32>) -> TensorBatch {
      made.value.withLock { $0 += 1 }
      return base.batch(rows)
    }
  }

  private final class Counter: Sendable {
    let value = Mutex(0)
  }

  func testPrefetchingIsBoundedAndStopsWithTheLoop() {
    let counter = Counter()
    let loader = DataLoader(
      Counting(base: data(1000), made: counter), batchSize: 1, seed: 1, prefetchedBatches: 3)
    let before = threadCount()
    for round in 1...20 {
      var seen = 0
      for _ in loader {
        seen += 1
        if seen == 5 { break }
      }
      // Five used, three waiting, and one that was being made.
      let made = counter.value.withLock { $0 }
      XCTAssertLessThanOrEqual(made, round * 9)
      XCTAssertGreaterThanOrEqual(made, round * 5)
    }
    let made = counter.value.withLock { $0 }
    usleep(20_000)
    XCTAssertEqual(counter.value.withLock { $0 }, made, "a thread goes on after its loop has ended")
    if let before, let after = threadCount() { XCTAssertLessThan(after, before + 10, "threads are left over") }
    // An iterator that is never asked.
    _ = loader.makeIterator()
  }

  /// Threads of this process; nil where that is not told.
  private func threadCount() -> Int? { try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count }

  func testASteadyEpochAsksTheSystemForNoMemory() {
    let images = TensorDataset(
      inputs: Tensor(repeating: 1, shape: [500, 28, 28, 1]), labels: Indices([Int32](repeating: 1, count: 500)))
    let loader = DataLoader(images, batchSize: 32, seed: 1)
    for _ in 0..<2 { for _ in loader {} }
    let before = MemoryPool.statistics
    for _ in 0..<3 { for _ in loader {} }
    XCTAssertEqual(MemoryPool.statistics.systemAllocations, before.systemAllocations)
    XCTAssertEqual(MemoryPool.statistics.bytesInUse, before.bytesInUse)
  }

  func testMappedBatches() {
    let doubled = data(4).mapped { TensorBatch(inputs: $0.inputs * 2, labels: $0.labels) }
    let loader = DataLoader(doubled, batchSize: 4, shuffles: false, prefetchedBatches: 1)
    XCTAssertEqual(loader.map { $0.inputs.scalars }, [[0, 0, 2, 20, 4, 40, 6, 60]])
  }

  func testSubsetsAndRanges() {
    let all = data(6)
    XCTAssertEqual(
      samples([all.subset([4, 0, 4]).batch(0..<3), all.batch(2..<5), all.batch([5, 1])]),
      [[4, 0, 4], [2, 3, 4], [5, 1]])
    XCTAssertEqual(all.batch(3..<3).count, 0)
    XCTAssertEqual(all.subset([]).count, 0)
    let sequences = TensorDataset(
      inputs: Tensor(zeros: [3, 2]), labels: Indices([1, 2, 3, 4, 5, 6], shape: Shape(3, 2)))
    XCTAssertEqual(sequences.batch([2, 0]).labels, Indices([5, 6, 1, 2], shape: Shape(2, 2)))
    XCTAssertEqual(sequences.batch(1..<3).labels, Indices([3, 4, 5, 6], shape: Shape(2, 2)))
  }
}
