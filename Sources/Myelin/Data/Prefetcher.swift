import Foundation

/// Prepares batches on a thread of its own, at most some ahead of the one that is used.
///
/// The thread holds the queue, not the prefetcher: when the loop over the batches ends early, the prefetcher goes, and
/// its `deinit` stops the thread and waits for it, no longer than one batch takes.
final class Prefetcher<Batch: Sendable> {
  private let queue: Queue

  init(_ plan: BatchPlan<Batch>, from start: Int, ahead: Int) {
    let queue = Queue(limit: ahead)
    self.queue = queue
    let thread = Thread {
      for index in start..<plan.batchCount {
        guard queue.waitForRoom() else { break }
        queue.append(plan.batch(index))
      }
      queue.finish()
    }
    thread.name = "myelin batches"
    thread.start()
  }

  deinit { queue.cancel() }

  func next() -> Batch? { queue.next() }

  private final class Queue: @unchecked Sendable {
    private let condition = NSCondition()
    private let limit: Int
    /// A ring: `count` batches from `first` on.
    private var batches: [Batch?]
    private var first = 0
    private var count = 0
    private var isFinished = false
    private var isCancelled = false

    init(limit: Int) {
      self.limit = limit
      batches = Array(repeating: nil, count: limit)
    }

    /// False when no more batches are wanted.
    func waitForRoom() -> Bool {
      condition.lock()
      defer { condition.unlock() }
      while count == limit && !isCancelled { condition.wait() }
      return !isCancelled
    }

    func append(_ batch: Batch) {
      condition.lock()
      batches[(first + count) % limit] = batch
      count += 1
      condition.broadcast()
      condition.unlock()
    }

    func finish() {
      condition.lock()
      isFinished = true
      condition.broadcast()
      condition.unlock()
    }

    func next() -> Batch? {
      condition.lock()
      defer { condition.unlock() }
      while count == 0 && !isFinished { condition.wait() }
      guard count > 0 else { return nil }
      let batch = batches[first]
      batches[first] = nil
      first = (first + 1) % limit
      count -= 1
      condition.broadcast()
      return batch
    }

    func cancel() {
      condition.lock()
      isCancelled = true
      condition.broadcast()
      while !isFinished { condition.wait() }
      condition.unlock()
    }
  }
}
