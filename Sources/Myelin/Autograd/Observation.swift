import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#endif

/// What a thread does while a model runs, told as it happens: layers, operations, kernels, the way back.
///
/// The search for a NaN's origin, the summary and the profiler are observers. One that wants none of an event leaves its
/// method as it is.
class Observer {
  /// Whether also operations that no trained parameter reaches are put on the tape: a frozen model's, an input's.
  var recordsEverything: Bool { false }

  func layerBegan(_ layer: LayerKey) {}
  func layerEnded(_ layer: LayerKey) {}
  /// A parameter's value is asked for: its layer is at work. This shows layers that tell nothing about themselves.
  func read(_ parameter: Parameter) {}
  /// An operation gave `value`, which is on the tape.
  func recorded(_ operation: StaticString, _ value: Tensor) {}
  /// A kernel ran from one time to another, in nanoseconds of ``Observation/now``.
  func kernelRan(_ kernel: StaticString, _ cost: KernelCost, from start: UInt64, to end: UInt64) {}
  func backwardBegan(_ node: GradientNode) {}
  func backwardEnded(_ node: GradientNode) {}
}

/// Which layer: by its identity, or by its place where it is a value.
enum LayerKey: Hashable {
  case object(ObjectIdentifier)
  /// A layer of a ``Sequential``, by the sequence's own identity.
  case element(ObjectIdentifier, Int)
}

/// Who observes this thread. While nobody observes any, each event costs one load and a branch that is not taken.
enum Observation {
  private static let count = Atomic<Int>(0)

  private static let key = makeThreadKey()

  /// Whether some thread is observed.
  static var isActive: Bool {
    @inline(__always) get { count.load(ordering: .relaxed) != 0 }
  }

  /// This thread's observer.
  static var current: Observer? {
    @inline(__always) get { isActive ? ofThread : nil }
  }

  private static var ofThread: Observer? {
    pthread_getspecific(key).map { Unmanaged<Observer>.fromOpaque($0).takeUnretainedValue() }
  }

  /// An observation that has started.
  struct Token {
    fileprivate let observer: Observer
    fileprivate let outer: UnsafeMutableRawPointer?
  }

  /// From now on this thread is observed by `observer`, in the place of an outer one, until ``stop(_:)``.
  static func start(_ observer: Observer) -> Token {
    let token = Token(observer: observer, outer: pthread_getspecific(key))
    pthread_setspecific(key, Unmanaged.passUnretained(observer).toOpaque())
    count.wrappingAdd(1, ordering: .relaxed)
    return token
  }

  /// On the thread that it was started on.
  static func stop(_ token: Token) {
    count.wrappingSubtract(1, ordering: .relaxed)
    pthread_setspecific(key, token.outer)
  }

  /// Runs `body` with this thread observed by `observer`.
  static func by<Result>(_ observer: Observer, _ body: () throws -> Result) rethrows -> Result {
    let token = start(observer)
    defer { stop(token) }
    return try body()
  }

  /// Runs a layer's `body`, telling who observes.
  @inline(__always)
  static func layer<Result>(_ layer: @autoclosure () -> LayerKey, _ body: () -> Result) -> Result {
    isActive ? observed(layer(), body) : body()
  }

  @inline(never)
  private static func observed<Result>(_ layer: LayerKey, _ body: () -> Result) -> Result {
    let observer = current
    observer?.layerBegan(layer)
    defer { observer?.layerEnded(layer) }
    return body()
  }

  /// As ``layer(_:_:)``, for a layer that is an object.
  @inline(__always)
  static func layer<Result>(_ object: AnyObject, _ body: () -> Result) -> Result {
    layer(.object(ObjectIdentifier(object)), body)
  }

  /// Nanoseconds of a clock that only goes forward.
  static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
