internal import CKernels

/// A piece of a random stream: element i of a kernel's output depends on `key` and `offset + i` alone.
struct RandomDraw {
  var key: UInt64
  var offset: UInt64
}

extension Kernels {
  static func randomUniform(_ count: Int, _ draw: RandomDraw, _ low: Float, _ high: Float, _ y: MutableFloatPointer) {
    check(ck_random_uniform(Int64(count), draw.key, draw.offset, low, high, y), cost: .arrays(1, count))
  }

  static func randomNormal(
    _ count: Int, _ draw: RandomDraw, mean: Float, deviation: Float, _ y: MutableFloatPointer
  ) {
    check(ck_random_normal(Int64(count), draw.key, draw.offset, mean, deviation, y), cost: .arrays(1, count))
  }

  static func randomBits(_ count: Int, _ draw: RandomDraw, _ y: UnsafeMutablePointer<UInt32>) {
    check(ck_random_bits(Int64(count), draw.key, draw.offset, y), cost: .arrays(1, count))
  }

  static func dropout(
    _ count: Int, probability: Float, _ draw: RandomDraw, _ x: FloatPointer, _ y: MutableFloatPointer,
    _ mode: WriteMode = .overwrite
  ) {
    check(ck_dropout(Int64(count), probability, draw.key, draw.offset, x, y, mode.c), cost: .arrays(2, count))
  }
}
