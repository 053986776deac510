#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How a weight starts. Draws from the generator that a layer is given, ``RandomGenerator/shared`` unless told otherwise.
///
/// ```swift
/// let layer = Dense(64, 10, initializer: .heNormal, generator: RandomGenerator(seed: 7))
/// let small = Initializer { shape, fanIn, _, generator in generator.normal(shape) * (0.1 / Float(fanIn)) }
/// ```
public struct Initializer: Sendable {
  /// Makes a tensor of a shape for a layer with so many inputs and outputs to each unit.
  public let make: @Sendable (_ shape: Shape, _ fanIn: Int, _ fanOut: Int, _ generator: RandomGenerator) -> Tensor

  /// An initializer of your own. Draw from the generator that it is given, and a run repeats.
  public init(
    _ make: @escaping @Sendable (_ shape: Shape, _ fanIn: Int, _ fanOut: Int, _ generator: RandomGenerator) -> Tensor
  ) { self.make = make }

  /// 0 everywhere. Units of a layer that start alike stay alike: for biases.
  public static let zeros = Initializer { shape, _, _, _ in Tensor(zeros: shape) }
  /// `value` everywhere.
  public static func constant(_ value: Float) -> Initializer {
    Initializer { shape, _, _, _ in Tensor(repeating: value, shape: shape) }
  }

  /// Uniform in ±√(6 / (fanIn + fanOut)) (Glorot & Bengio 2010): for tanh, sigmoid and linear units.
  public static let glorotUniform = uniform { 6 / Float($0 + $1) }
  /// Normal with variance 2 / (fanIn + fanOut) (Glorot & Bengio 2010).
  public static let glorotNormal = normal { 2 / Float($0 + $1) }
  /// Uniform in ±√(6 / fanIn) (He et al. 2015): for ReLU and its kin.
  public static let heUniform = uniform { fanIn, _ in 6 / Float(fanIn) }
  /// Normal with variance 2 / fanIn (He et al. 2015).
  public static let heNormal = normal { fanIn, _ in 2 / Float(fanIn) }
  /// Uniform in ±√(3 / fanIn) (LeCun et al. 1998).
  public static let lecunUniform = uniform { fanIn, _ in 3 / Float(fanIn) }
  /// Normal with variance 1 / fanIn (LeCun et al. 1998).
  public static let lecunNormal = normal { fanIn, _ in 1 / Float(fanIn) }

  /// Normal with the given deviation.
  public static func normal(standardDeviation: Float) -> Initializer {
    Initializer { shape, _, _, generator in generator.normal(shape, standardDeviation: standardDeviation) }
  }

  /// Normal with the given deviation, drawn again outside ±2 deviations.
  public static func truncatedNormal(standardDeviation: Float = 0.02) -> Initializer {
    Initializer { shape, _, _, generator in
      var accepted: [Float] = []
      while accepted.count < shape.elementCount {
        // 4.6% are drawn again.
        let drawn = generator.normal(Shape(shape.elementCount - accepted.count))
        accepted += drawn.scalars.filter { abs($0) <= 2 }
      }
      return Tensor(accepted.map { $0 * standardDeviation }, shape: shape)
    }
  }

  /// Orthogonal columns of length `gain`, uniform among all such matrices; orthogonal rows where there are fewer rows
  /// than columns (Saxe et al. 2014). All axes but the last count as rows.
  public static func orthogonal(gain: Float = 1) -> Initializer {
    Initializer { shape, _, _, generator in
      require(shape.rank >= 2, "an orthogonal start needs a matrix, not shape \(shape)")
      let columns = shape[shape.rank - 1]
      let rows = columns == 0 ? 0 : shape.elementCount / columns
      let length = max(rows, columns)
      let count = min(rows, columns)
      // `count` vectors of `length`, one after another, so that the inner loops run along memory.
      var vectors = generator.normal(Shape(count, length)).scalars.map(Double.init)
      vectors.withUnsafeMutableBufferPointer { orthonormalize($0, count: count, length: length) }
      return Tensor(shape: shape) { scalars in
        for row in 0..<rows {
          for column in 0..<columns {
            let value = rows < columns ? vectors[row * length + column] : vectors[column * length + row]
            scalars[row * columns + column] = gain * Float(value)
          }
        }
      }
    }
  }

  /// Gram–Schmidt, each vector twice against those before it: once loses orthogonality when two are nearly parallel,
  /// twice is enough (Giraud et al. 2005). It is the QR decomposition with a positive diagonal, so normal numbers give
  /// the uniform distribution (Mezzadri 2007).
  private static func orthonormalize(_ vectors: UnsafeMutableBufferPointer<Double>, count: Int, length: Int) {
    guard count > 0, let base = vectors.baseAddress else { return }
    for current in 0..<count {
      let v = base + current * length
      for _ in 0..<2 {
        for previous in 0..<current {
          let u = base + previous * length
          var product = 0.0
          for i in 0..<length { product += u[i] * v[i] }
          for i in 0..<length { v[i] -= product * u[i] }
        }
      }
      var square = 0.0
      for i in 0..<length { square += v[i] * v[i] }
      let scale = 1 / square.squareRoot()
      for i in 0..<length { v[i] *= scale }
    }
  }

  private static func uniform(_ squaredBound: @escaping @Sendable (Int, Int) -> Float) -> Initializer {
    Initializer { shape, fanIn, fanOut, generator in
      let bound = squaredBound(fanIn, fanOut).squareRoot()
      return generator.uniform(shape, low: -bound, high: bound)
    }
  }

  private static func normal(_ variance: @escaping @Sendable (Int, Int) -> Float) -> Initializer {
    Initializer { shape, fanIn, fanOut, generator in
      generator.normal(shape, standardDeviation: variance(fanIn, fanOut).squareRoot())
    }
  }
}
