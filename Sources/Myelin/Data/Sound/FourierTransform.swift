#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The discrete Fourier transform of a length, X(k) = Σ x(n) exp(−2πi n k / N), by the mixed-radix algorithm of Cooley and
/// Tukey: fast for lengths of small prime factors, right for any. In double precision.
struct FourierTransform: Sendable {
  let count: Int
  /// Prime factors, in the order in which the length is divided.
  private let factors: [Int]
  /// exp(−2πi k / N), real and imaginary parts.
  private let turns: [SIMD2<Double>]

  /// - Parameter count: the length N, at least 1.
  init(_ count: Int) {
    require(count >= 1, "FourierTransform(\(count)): a length starts at 1")
    self.count = count
    var factors: [Int] = []
    var rest = count, divisor = 2
    while rest > 1 {
      if divisor * divisor > rest { divisor = rest }
      while rest % divisor == 0 {
        factors.append(divisor)
        rest /= divisor
      }
      divisor += 1
    }
    self.factors = factors
    turns = (0..<count).map {
      let angle = -2 * Double.pi * Double($0) / Double(count)
      return SIMD2(cos(angle), sin(angle))
    }
  }

  /// |X(k)|² of the frequencies 0 ... N / 2 of real numbers x [N].
  func power(_ x: [Double]) -> [Double] {
    self(x).map { $0.x * $0.x + $0.y * $0.y }
  }

  /// X(k), real and imaginary part, of the frequencies 0 ... N / 2 of real numbers x [N].
  func callAsFunction(_ x: [Double]) -> [SIMD2<Double>] {
    require(x.count == count, "FourierTransform(\(count)) of \(x.count) numbers")
    let scratch = factors.max() ?? 1
    let all = [SIMD2<Double>](unsafeUninitializedCapacity: count + scratch) { target, initialized in
      target.initialize(repeating: .zero)
      initialized = count + scratch
      x.withUnsafeBufferPointer { x in
        turns.withUnsafeBufferPointer { turns in
          let parts = target.baseAddress! + count
          transform(x, turns, stride: 1, offset: 0, count: count, level: 0, target.baseAddress!, parts)
        }
      }
    }
    return Array(all[..<(count / 2 + 1)])
  }

  /// Of every `stride`th number of x from `offset` on, `n` of them, into `result`.
  ///
  /// - Parameter parts: room for as many numbers as the largest factor says.
  private func transform(
    _ x: UnsafeBufferPointer<Double>, _ turns: UnsafeBufferPointer<SIMD2<Double>>, stride: Int, offset: Int,
    count n: Int, level: Int, _ result: UnsafeMutablePointer<SIMD2<Double>>,
    _ parts: UnsafeMutablePointer<SIMD2<Double>>
  ) {
    if n == 1 {
      result[0] = SIMD2(x[offset], 0)
      return
    }
    let radix = factors[level], part = n / radix
    for r in 0..<radix {
      transform(
        x, turns, stride: stride * radix, offset: offset + r * stride, count: part, level: level + 1,
        result + r * part, parts)
    }
    // N / n steps of the table are one of this length.
    let step = count / n
    for k in 0..<part {
      if radix == 2 {
        let (a, b) = (result[k], FourierTransform.product(result[part + k], turns[k * step]))
        result[k] = a + b
        result[part + k] = a - b
        continue
      }
      for r in 0..<radix { parts[r] = FourierTransform.product(result[r * part + k], turns[r * k * step]) }
      for q in 0..<radix {
        var sum = parts[0]
        for r in 1..<radix { sum += FourierTransform.product(parts[r], turns[r * q % radix * (count / radix)]) }
        result[q * part + k] = sum
      }
    }
  }

  @inline(__always)
  private static func product(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> SIMD2<Double> {
    SIMD2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x)
  }
}
