#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How a weight starts. Draws from ``RandomGenerator/shared``.
public struct Initializer: Sendable {
  /// Makes a tensor of a shape for a layer with so many inputs and outputs to each unit.
  public let make: @Sendable (_ shape: Shape, _ fanIn: Int, _ fanOut: Int) -> Tensor

  public init(_ make: @escaping @Sendable (_ shape: Shape, _ fanIn: Int, _ fanOut: Int) -> Tensor) { self.make = make }

  public static let zeros = Initializer { shape, _, _ in Tensor(zeros: shape) }
  public static func constant(_ value: Float) -> Initializer {
    Initializer { shape, _, _ in Tensor(repeating: value, shape: shape) }
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

  private static func uniform(_ squaredBound: @escaping @Sendable (Int, Int) -> Float) -> Initializer {
    Initializer { shape, fanIn, fanOut in
      let bound = squaredBound(fanIn, fanOut).squareRoot()
      return RandomGenerator.shared.uniform(shape, low: -bound, high: bound)
    }
  }

  private static func normal(_ variance: @escaping @Sendable (Int, Int) -> Float) -> Initializer {
    Initializer { shape, fanIn, fanOut in
      RandomGenerator.shared.normal(shape, standardDeviation: variance(fanIn, fanOut).squareRoot())
    }
  }
}
