internal import CKernels

/// Thin, typed calls of the C kernels. This folder alone imports CKernels.
///
/// A pointer's shape is that of the C function's comment. A kernel that refuses its arguments here is a mistake of the
/// program (shapes are checked before), so it stops with the kernel's name.
enum Kernels {
  @inline(__always)
  static func check(_ status: ck_status, _ kernel: StaticString = #function) {
    if status != CK_OK { fail(status, kernel) }
  }

  @inline(never)
  private static func fail(_ status: ck_status, _ kernel: StaticString) -> Never {
    misuse("\(kernel): \(String(cString: ck_status_message(status)))")
  }

  static func allocate(bytes: Int) -> UnsafeMutableRawPointer? { ck_allocate(bytes) }
  static func free(_ memory: UnsafeMutableRawPointer, bytes: Int) { ck_free(memory, bytes) }
}

/// Whether a kernel replaces its output or adds to it.
enum WriteMode {
  case overwrite, accumulate

  @inline(__always)
  var c: ck_mode { self == .overwrite ? CK_OVERWRITE : CK_ACCUMULATE }
}

typealias FloatPointer = UnsafePointer<Float>
typealias MutableFloatPointer = UnsafeMutablePointer<Float>
