#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A learned vector for each of a number of things: words, classes, users.
///
/// Indices of any shape give that shape with [features] behind it; the gradient of each row is the sum over all places where
/// its index stands, in their order.
public final class Embedding: Module, CustomStringConvertible {
  /// The vectors [count, features].
  public let weight: Parameter
  /// How many things.
  public let count: Int
  /// Numbers of a vector.
  public let features: Int

  /// - Parameters:
  ///   - count: how many things, at least 1.
  ///   - features: numbers of a vector, at least 1.
  ///   - initializer: how the vectors start: by default normal with variance 1.
  ///   - generator: what the vectors are drawn from at first.
  public init(
    _ count: Int, _ features: Int, initializer: Initializer = .unitNormal, generator: RandomGenerator = .shared
  ) {
    require(count > 0 && features > 0, "Embedding(\(count), \(features)): sizes start at 1")
    self.count = count
    self.features = features
    weight = Parameter(initializer.make([count, features], features, features, generator))
  }

  /// The vectors of `indices`. Precondition: each is in 0 ..< count.
  public func callAsFunction(_ indices: Indices) -> Tensor {
    Observation.layer(self) { weight.value.gathered(indices) }
  }

  public var description: String { "Embedding(\(count), \(features))" }
}

extension Initializer {
  /// Normal with variance 1: for embeddings.
  public static let unitNormal = Initializer { shape, _, _, generator in generator.normal(shape) }
}

/// A number as waves of many lengths, so that a network tells near numbers apart: cos(f x) and sin(f x) for frequencies f
/// that grow by equal factors (Vaswani et al. 2017). There is nothing to learn.
///
/// x [N] gives [N, features].
public final class SinusoidalEmbedding: Module, CustomStringConvertible {
  /// Numbers of the result, half of them cosines.
  public let features: Int
  /// The lowest and the highest frequency, in radians for a step of 1 in x.
  public let frequencies: ClosedRange<Float>
  private let factors: Tensor

  /// - Parameters:
  ///   - features: numbers of the result, an even one.
  ///   - frequencies: the lowest and the highest, above 0.
  public init(_ features: Int, frequencies: ClosedRange<Float>) {
    require(
      features >= 2 && features % 2 == 0 && frequencies.lowerBound > 0,
      "SinusoidalEmbedding(\(features), frequencies: \(frequencies)): an even number, frequencies above 0")
    self.features = features
    self.frequencies = frequencies
    let count = features / 2
    let (low, high) = (Double(frequencies.lowerBound), Double(frequencies.upperBound))
    factors = Tensor((0..<count).map { Float(low * pow(high / low, Double($0) / Double(max(count - 1, 1)))) })
  }

  /// cos(f x), then sin(f x), for each f: x [N] to [N, features].
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) {
      require(x.rank == 1, "SinusoidalEmbedding: input \(x.shape), not [N]")
      let phases = x.reshaped([x.count, 1]) * factors
      return .concatenated([cos(phases), sin(phases)], axis: 1)
    }
  }

  public var description: String { "SinusoidalEmbedding(\(features))" }
}
