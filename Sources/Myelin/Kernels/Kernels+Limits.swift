internal import CKernels

extension Kernels {
  /// Multiplies and adds in registers on all threads; the operations done.
  static func probeMultiplyAdd(iterations: Int) -> Double {
    var operations = 0.0
    check(ck_probe_fma(Int64(iterations), &operations))
    return operations
  }

  /// z = x + 3 y on all threads, stored past the caches: 12 bytes an element.
  static func probeTriad(_ count: Int, _ x: FloatPointer, _ y: FloatPointer, _ z: MutableFloatPointer) {
    var last: Float = 0
    check(ck_probe_stream(CK_STREAM_TRIAD_UNCACHED, Int64(count), x, y, z, &last))
  }

  /// Reads x on all threads: 4 bytes an element.
  static func probeRead(_ count: Int, _ x: FloatPointer) {
    var largest: Float = 0
    check(ck_probe_stream(CK_STREAM_READ, Int64(count), x, nil, nil, &largest))
  }
}
