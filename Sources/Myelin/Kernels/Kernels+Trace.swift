internal import CKernels

/// One thread's part of one parallel region, in nanoseconds of ``Observation/now``.
struct ThreadSpan {
  let begin: UInt64
  let end: UInt64
  /// 0 is the thread that called the kernel.
  let thread: Int
}

/// Notes when each thread works, from its making to ``stop()``. One at a time in a process.
final class ThreadTrace {
  private let spans: UnsafeMutablePointer<ck_span>
  private let isRunning: Bool

  /// - Parameter capacity: spans that are kept; further ones are left out.
  init(capacity: Int) {
    spans = .allocate(capacity: max(capacity, 1))
    isRunning = ck_trace_start(Int64(capacity), spans) == CK_OK
  }

  deinit { spans.deallocate() }

  /// What was noted; nothing where another trace was running already.
  func stop() -> [ThreadSpan] {
    var count: Int64 = 0
    guard isRunning, ck_trace_stop(&count) == CK_OK else { return [] }
    return UnsafeBufferPointer(start: spans, count: Int(count)).map {
      ThreadSpan(begin: UInt64($0.begin), end: UInt64($0.end), thread: Int($0.thread))
    }
  }
}
