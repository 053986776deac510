/// A vector for each bag of things: the sum, mean or largest of their learned vectors. A bag without things gives 0.
///
/// ```swift
/// let words = EmbeddingBag(20_000, 64)
/// let x = words([[4, 17, 17], [], [3]])        // [3, 64]
/// ```
/// A bag is a row of a ``SparseMatrix`` with as many columns as there are things. The gradient of a vector is the sum over all
/// places where its thing stands, in their order.
public final class EmbeddingBag: Module, CustomStringConvertible {
  /// Bags.
  public typealias Input = SparseMatrix
  /// Their vectors.
  public typealias Output = Tensor

  /// The vectors [count, features].
  public let weight: Parameter
  /// How the vectors of a bag are put together.
  public let aggregation: Aggregation

  /// - Parameters:
  ///   - count: how many things, at least 1.
  ///   - features: numbers of a vector, at least 1.
  ///   - aggregation: how the vectors of a bag are put together.
  ///   - initializer: how the vectors start: by default normal with variance 1.
  ///   - generator: what the vectors are drawn from at first.
  public init(
    _ count: Int, _ features: Int, aggregation: Aggregation = .mean, initializer: Initializer = .unitNormal,
    generator: RandomGenerator = .shared
  ) {
    require(count > 0 && features > 0, "EmbeddingBag(\(count), \(features)): sizes start at 1")
    weight = Parameter(initializer.make([count, features], features, features, generator))
    self.aggregation = aggregation
  }

  /// [bags, features].
  public func callAsFunction(_ bags: SparseMatrix) -> Tensor { self(bags, weights: nil) }

  /// [bags, features], each thing counted by its weight.
  ///
  /// - Parameters:
  ///   - bags: a row a bag; as many columns as there are things.
  ///   - weights: [entries]; nil for 1.
  public func callAsFunction(_ bags: SparseMatrix, weights: Tensor?) -> Tensor {
    Observation.layer(self) { weight.value.aggregated(over: bags, by: aggregation, weights: weights) }
  }

  /// [bags, features] of lists of things. Precondition: each is in 0 ..< count.
  public func callAsFunction(_ bags: [[Int32]]) -> Tensor { self(SparseMatrix(bags, columns: weight.shape[0])) }

  public var description: String { "EmbeddingBag(\(weight.shape[0]), \(weight.shape[1]), \(aggregation.rawValue))" }
}

/// Factorisation machine (Rendle 2010): of a bag of things with weights xᵢ, by default 1,
/// y = w₀ + Σ wᵢ xᵢ + ½ Σ over features of ((Σ vᵢ xᵢ)² − Σ vᵢ² xᵢ²): what each pair of things adds is the product of their
/// vectors. One number a bag.
public final class FactorizationMachine: Module, CustomStringConvertible {
  /// Bags.
  public typealias Input = SparseMatrix
  /// A number each.
  public typealias Output = Tensor

  /// w₀ [1], 0 at first.
  public let offset: Parameter
  /// w [count, 1], 0 at first.
  public let linear: Parameter
  /// v [count, features].
  public let factors: Parameter

  /// - Parameters:
  ///   - count: how many things, at least 1.
  ///   - features: numbers of a vector, at least 1.
  ///   - standardDeviation: of the vectors at first.
  ///   - generator: what the vectors are drawn from at first.
  public init(
    _ count: Int, _ features: Int, standardDeviation: Float = 0.01, generator: RandomGenerator = .shared
  ) {
    require(count > 0 && features > 0, "FactorizationMachine(\(count), \(features)): sizes start at 1")
    offset = Parameter(Tensor(zeros: [1]))
    linear = Parameter(Tensor(zeros: [count, 1]))
    factors = Parameter(generator.normal([count, features], standardDeviation: standardDeviation))
  }

  /// [bags, 1].
  public func callAsFunction(_ bags: SparseMatrix) -> Tensor { self(bags, weights: nil) }

  /// [bags, 1] of things with weights.
  ///
  /// - Parameters:
  ///   - bags: a row a bag; as many columns as there are things.
  ///   - weights: x [entries]; nil for 1.
  public func callAsFunction(_ bags: SparseMatrix, weights: Tensor?) -> Tensor {
    Observation.layer(self) {
      let sum = factors.value.aggregated(over: bags, weights: weights)
      let squares = factors.value.squared().aggregated(over: bags, weights: weights?.squared())
      let pairs = (sum.squared() - squares).sum(axis: 1, keepingAxis: true) * 0.5
      return linear.value.aggregated(over: bags, weights: weights) + pairs + offset.value
    }
  }

  public var description: String { "FactorizationMachine(\(factors.shape[0]), \(factors.shape[1]))" }
}

/// Two networks that bring two kinds of things into one space, where those that belong together have large products: users
/// and items, pictures and words.
public struct TwoTower<First: Module, Second: Module>: Module where First.Output == Tensor, Second.Output == Tensor {
  /// What a pair is made of.
  public typealias Input = (First.Input, Second.Input)
  /// Products.
  public typealias Output = Tensor
  /// From the first kind to [N, features].
  public let first: First
  /// From the second kind to [N, features].
  public let second: Second
  /// Whether vectors are divided by their lengths, so that products are cosines.
  public let normalizes: Bool

  /// - Parameters:
  ///   - first: from the first kind to [N, features].
  ///   - second: from the second kind to [N, features].
  ///   - normalizes: whether vectors are divided by their lengths.
  public init(_ first: First, _ second: Second, normalizes: Bool = false) {
    (self.first, self.second, self.normalizes) = (first, second, normalizes)
  }

  /// The product of each pair: [N].
  public func callAsFunction(_ input: (First.Input, Second.Input)) -> Tensor {
    (vectors(first(input.0)) * vectors(second(input.1))).sum(axis: 1)
  }

  /// The products of each of the first kind with each of the second: [N, M]. With a softmax along each axis, whose right
  /// answer is the diagonal, they are learned from pairs alone (contrastively).
  public func products(_ first: First.Input, _ second: Second.Input) -> Tensor {
    matmul(vectors(self.first(first)), vectors(self.second(second)).transposed())
  }

  private func vectors(_ x: Tensor) -> Tensor {
    guard normalizes else { return x }
    return x * (x.squared().sum(axis: 1, keepingAxis: true) + 1e-12).reciprocalSquareRoot()
  }
}
