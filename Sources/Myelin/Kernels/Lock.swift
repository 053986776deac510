internal import CThreadSanitizer
import Synchronization

/// A value that one thread at a time may use: a `Mutex` that ThreadSanitizer sees.
///
/// On Linux the waiting of a `Mutex` is in Swift's runtime, which is not built with the sanitizer: it would call each use
/// by a second thread a race, and so each use of memory that one thread returns to the pool and another gets. On Darwin
/// it knows the system's lock.
struct Lock<Value: Sendable>: ~Copyable, Sendable {
  private let mutex: Mutex<Value>

  init(_ value: Value) { mutex = Mutex(value) }

  @inline(__always)
  borrowing func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    let name = withUnsafePointer(to: mutex) { UnsafeMutableRawPointer(mutating: $0) }
    return try mutex.withLock { value throws(Failure) in
      thread_sanitizer_acquire(name)
      defer { thread_sanitizer_release(name) }
      return try body(&value)
    }
  }
}
