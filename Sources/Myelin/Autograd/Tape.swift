#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#endif
import Synchronization

/// Whether operations of this thread are being noted for ``Tensor/backward()``.
enum Tape {
  // A thread's own depth of `withoutGradient`, kept in the key's pointer: null while recording. This costs 2 ns; a
  // task-local value would cost 30.
  private static let key = makeThreadKey()

  static var isRecording: Bool {
    @inline(__always) get { pthread_getspecific(key) == nil }
  }

  static var pauseDepth: Int {
    get { Int(bitPattern: pthread_getspecific(key)) }
    set { pthread_setspecific(key, UnsafeMutableRawPointer(bitPattern: newValue)) }
  }

  /// Runs `body` with operations noted, also inside ``withoutGradient(_:)``.
  static func recording<Result>(_ body: () throws -> Result) rethrows -> Result {
    let depth = pauseDepth
    pauseDepth = 0
    defer { pauseDepth = depth }
    return try body()
  }

  private static let sequence = Atomic<UInt64>(0)

  static func nextSequence() -> UInt64 { sequence.wrappingAdd(1, ordering: .relaxed).newValue }
}

/// Runs `body` without noting operations: inference. Dropout keeps everything and batch normalisation uses its running
/// statistics inside. Applies to this thread, and may be nested.
@discardableResult
public func withoutGradient<Result>(_ body: () throws -> Result) rethrows -> Result {
  Tape.pauseDepth += 1
  defer { Tape.pauseDepth -= 1 }
  return try body()
}

/// Whether operations of this thread are being noted: true except inside ``withoutGradient(_:)``. Gradients recorded means
/// training: it is what dropout and batch normalisation look at.
public var isRecordingGradients: Bool { Tape.isRecording }

/// A key under which each thread keeps a pointer of its own, null at first.
func makeThreadKey() -> pthread_key_t {
  var key = pthread_key_t()
  require(pthread_key_create(&key, nil) == 0, "no thread-local storage left")
  return key
}
