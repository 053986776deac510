internal import CKernels

/// Thin, typed calls of the C kernels. This folder alone imports CKernels.
///
/// A pointer's shape is that of the C function's comment. A kernel that refuses its arguments here is a mistake of the
/// program (shapes are checked before), so it stops with the kernel's name.
enum Kernels {
  /// Runs a kernel; `cost` says what it computes and moves, to an observer.
  @inline(__always)
  static func check(
    _ call: @autoclosure () -> ck_status, cost: @autoclosure () -> KernelCost = .unknown,
    _ kernel: StaticString = #function
  ) {
    expectSuccess(run(kernel, cost: cost(), call), kernel)
  }

  @inline(__always)
  static func expectSuccess(_ status: ck_status, _ kernel: StaticString = #function) {
    if status != CK_OK { fail(status, kernel) }
  }

  /// As ``check(_:cost:_:)``, for a kernel whose status the caller looks at.
  @inline(__always)
  static func run(
    _ kernel: StaticString, cost: @autoclosure () -> KernelCost = .unknown, _ call: () -> ck_status
  ) -> ck_status {
    Observation.isActive ? observed(kernel, cost, call) : call()
  }

  @inline(never)
  private static func observed(
    _ kernel: StaticString, _ cost: () -> KernelCost, _ call: () -> ck_status
  ) -> ck_status {
    guard let observer = Observation.current else { return call() }
    let start = Observation.now
    let status = call()
    observer.kernelRan(kernel, cost(), from: start, to: Observation.now)
    return status
  }

  @inline(never)
  private static func fail(_ status: ck_status, _ kernel: StaticString) -> Never {
    misuse("\(kernel): \(String(cString: ck_status_message(status)))")
  }

  static func allocate(bytes: Int) -> UnsafeMutableRawPointer? { ck_allocate(bytes) }
  static func free(_ memory: UnsafeMutableRawPointer, bytes: Int) { ck_free(memory, bytes) }
}

/// What a kernel computes and moves, by its shapes: the least that memory must see, each operand once.
struct KernelCost {
  var operations: Double
  var bytes: Double

  static let unknown = KernelCost(operations: 0, bytes: 0)

  /// C [m, n] = A [m, k] B [k, n], so many times.
  static func product(_ m: Int, _ n: Int, _ k: Int, batch: Int = 1) -> KernelCost {
    let (m, n, k, batch) = (Double(m), Double(n), Double(k), Double(batch))
    return KernelCost(operations: 2 * m * n * k * batch, bytes: 4 * (m * k + k * n + m * n) * batch)
  }

  /// So many arrays of `count` elements are read or written; `operations` for each element, where they are worth counting.
  static func arrays(_ arrays: Int, _ count: Int, operations: Int = 1) -> KernelCost {
    KernelCost(operations: Double(operations) * Double(count), bytes: 4 * Double(arrays) * Double(count))
  }
}

/// Whether a kernel replaces its output or adds to it.
enum WriteMode {
  case overwrite, accumulate

  @inline(__always)
  var c: ck_mode { self == .overwrite ? CK_OVERWRITE : CK_ACCUMULATE }
}

typealias FloatPointer = UnsafePointer<Float>
typealias MutableFloatPointer = UnsafeMutablePointer<Float>
