import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#endif

/// One operation on the tape, or a parameter: a place where gradients arrive.
///
/// A node is numbered when it is made, so everything computed from its value has a higher number. Going back in
/// falling order of numbers meets each node after all gradients have reached it, without a list of edges.
///
/// A node is used by one thread at a time, and no access to it contains another: its properties do without the check of
/// that, which would be a tenth of the tape's cost.
class GradientNode {
  typealias Backward = (_ gradient: inout Tensor, _ pass: BackwardPass) -> Void

  final let sequence: UInt64
  final let operation: StaticString
  final let shape: Shape
  /// Memory of the gradient by this node's value; meaningful when `hasGradient`.
  @exclusivity(unchecked) final var gradient: Storage?
  @exclusivity(unchecked) final var hasGradient = false
  /// A product of the running pass would be its gradient, but is not computed yet.
  @exclusivity(unchecked) final var awaitsProduct = false
  /// Nil in a parameter, and after it has run.
  @exclusivity(unchecked) final var backward: Backward?
  final let isLeaf: Bool
  /// In which the operation was computed, and its gradients will be.
  final let precision: Precision

  init(operation: StaticString, shape: Shape, backward: @escaping Backward) {
    sequence = Tape.nextSequence()
    self.operation = operation
    self.shape = shape
    self.backward = backward
    isLeaf = false
    precision = Precision.current
  }

  fileprivate init(leaf shape: Shape) {
    sequence = Tape.nextSequence()
    operation = "parameter"
    self.shape = shape
    backward = nil
    isLeaf = true
    precision = .float32
  }

  deinit {
    if backward != nil { DroppedTape.release(&backward) }
  }
}

/// A parameter's node: it outlives passes, so that two threads may come to it.
final class LeafNode: GradientNode {
  /// The thread whose pass wrote here last; nil before the first.
  private let writer = Atomic<UnsafeRawPointer?>(nil)

  override init(leaf shape: Shape) { super.init(leaf: shape) }

  /// Makes sure that no other thread is in the middle of a pass that writes here.
  @inline(__always)
  func claim(for thread: BackwardThread) {
    let own = UnsafeRawPointer(Unmanaged.passUnretained(thread).toOpaque())
    if writer.load(ordering: .sequentiallyConsistent) != own { claimFromAnother(own) }
  }

  @inline(never)
  private func claimFromAnother(_ own: UnsafeRawPointer) {
    var last = writer.load(ordering: .sequentiallyConsistent)
    while last != own {
      if let last, Unmanaged<BackwardThread>.fromOpaque(last).takeUnretainedValue().isRunning {
        misuse("backward: another thread's backward() is adding to the same parameter; give each thread its own model")
      }
      last =
        writer.compareExchange(expected: last, desired: own, ordering: .sequentiallyConsistent).exchanged
        ? own : writer.load(ordering: .sequentiallyConsistent)
    }
  }
}

/// A thread that goes back over tapes: whether it is doing so just now.
///
/// There is one for each thread, and they are never freed but used again by later threads, since leaves keep their
/// addresses. A thread says that it is running before it looks at a leaf, in one order that all threads see: of two that
/// come to a leaf at once, one sees the other.
final class BackwardThread: Sendable {
  private let depth = Atomic<Int>(0)

  var isRunning: Bool { depth.load(ordering: .sequentiallyConsistent) > 0 }
  func began() { depth.add(1, ordering: .sequentiallyConsistent) }
  func ended() { depth.subtract(1, ordering: .releasing) }

  private static let unused = Lock<[BackwardThread]>([])

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let status = pthread_key_create(&key) { pointer in
      #if canImport(Darwin)
        let address = pointer
      #else
        guard let address = pointer else { return }
      #endif
      let thread = Unmanaged<BackwardThread>.fromOpaque(address).takeUnretainedValue()
      BackwardThread.unused.withLock { $0.append(thread) }
    }
    require(status == 0, "no thread-local storage left")
    return key
  }()

  /// This thread's own.
  static var current: BackwardThread {
    if let pointer = pthread_getspecific(key) {
      return Unmanaged<BackwardThread>.fromOpaque(pointer).takeUnretainedValue()
    }
    let thread = unused.withLock { $0.popLast() } ?? BackwardThread()
    pthread_setspecific(key, Unmanaged.passRetained(thread).toOpaque())
    return thread
  }
}

/// Lets go of a tape that was never run backwards, one node after another.
///
/// A node's closure holds the nodes before it. Released one inside the other, some 10⁵ of them overflow the stack.
private final class DroppedTape {
  private var closures: [GradientNode.Backward] = []

  // Set while this thread is releasing.
  private static let key = makeThreadKey()

  /// Takes the closure out of where it is, so that nothing else holds it.
  static func release(_ closure: inout GradientNode.Backward?) {
    if let running = pthread_getspecific(key) {
      Unmanaged<DroppedTape>.fromOpaque(running).takeUnretainedValue().take(&closure)
      return
    }
    let tape = DroppedTape()
    pthread_setspecific(key, Unmanaged.passUnretained(tape).toOpaque())
    tape.take(&closure)
    // Each closure that goes lets go of nodes, which put their closures here.
    while tape.closures.popLast() != nil {}
    pthread_setspecific(key, nil)
  }

  private func take(_ closure: inout GradientNode.Backward?) {
    if let closure { closures.append(closure) }
    closure = nil
  }
}
