import Myelin

/// Users and items by number.
package struct RatingPairs: Sendable {
  package var users: Indices
  package var items: Indices
}

/// Two models of what users think of items, side by side.
///
/// The rating: μ + b_u + b_i + p_u · q_i, biased matrix factorisation (Koren, Bell, Volinsky 2009), learned by gradient
/// descent. The order in which items are recommended: vectors of alternating least squares for implicit feedback (Hu, Koren,
/// Volinsky 2008), made of the same ratings when training is over: what somebody rated says more of what will be next than
/// the rating.
package final class Recommender: Module {
  /// All that makes it, but for the weights.
  package struct Configuration: Codable, Hashable, Sendable {
    package var users: Int
    package var items: Int
    /// Numbers of p and q.
    package var factors: Int
    /// Numbers of the vectors that items are ordered by.
    package var rankingFactors: Int
    /// μ, and what the rest is multiplied by.
    package var mean: Float
    package var deviation: Float

    var isConsistent: Bool {
      (1...1 << 28).contains(users) && (1...1 << 28).contains(items) && (1...4096).contains(factors)
        && (1...4096).contains(rankingFactors) && mean.isFinite && deviation > 0
    }

    var size: NetworkSize {
      NetworkSize(
        parameterCount: (users + items) * (factors + 1), bufferCount: (users + items) * rankingFactors,
        activationCount: 2 * factors + 3, description: "\(factors) factors of \(users) users and \(items) items")
    }
  }

  package let configuration: Configuration
  /// b_u [users, 1], b_i [items, 1].
  package let userBias: Parameter
  package let itemBias: Parameter
  /// p [users, factors], q [items, factors].
  package let users: Parameter
  package let items: Parameter
  package let rankingUsers: Buffer
  package let rankingItems: Buffer

  /// Builds it, its weights drawn from `RandomGenerator.shared`.
  package init(_ configuration: Configuration) {
    self.configuration = configuration
    let c = configuration
    userBias = Parameter(Tensor(zeros: [c.users, 1]))
    itemBias = Parameter(Tensor(zeros: [c.items, 1]))
    users = Parameter(RandomGenerator.shared.normal([c.users, c.factors], standardDeviation: 0.1))
    items = Parameter(RandomGenerator.shared.normal([c.items, c.factors], standardDeviation: 0.1))
    rankingUsers = Buffer(Tensor(zeros: [c.users, c.rankingFactors]))
    rankingItems = Buffer(Tensor(zeros: [c.items, c.rankingFactors]))
  }

  /// The rating, and the squares of what it was made of: [N, 2].
  package func callAsFunction(_ pairs: RatingPairs) -> Tensor {
    let (p, q) = (users.value.gathered(pairs.users), items.value.gathered(pairs.items))
    let (b, c) = (userBias.value.gathered(pairs.users), itemBias.value.gathered(pairs.items))
    let sum = b + c + (p * q).sum(axis: 1, keepingAxis: true)
    let squares =
      b.squared() + c.squared() + (p.squared() + q.squared()).sum(axis: 1, keepingAxis: true)
    return .concatenated([sum * configuration.deviation + configuration.mean, squares], axis: 1)
  }

  /// Fits the vectors that items are ordered by to what users had.
  ///
  /// - Parameters:
  ///   - seen: [users, items].
  ///   - form: how.
  func fitRanking(_ seen: SparseMatrix, _ form: RankingForm) {
    let random = RandomGenerator(seed: form.seed)
    let (byItem, _) = seen.transposedWithOrder
    var items = random.normal([configuration.items, configuration.rankingFactors], standardDeviation: 0.1)
    var users = Tensor(zeros: [configuration.users, configuration.rankingFactors])
    let (weights, targets) = (
      Tensor(repeating: form.confidence, shape: [seen.entryCount]),
      Tensor(repeating: 1 + form.confidence, shape: [seen.entryCount])
    )
    withoutGradient {
      for _ in 0..<form.rounds {
        users = items.leastSquares(
          over: seen, weights: weights, targets: targets, base: matmul(items.transposed(), items), ridge: form.ridge)
        items = users.leastSquares(
          over: byItem, weights: weights, targets: targets, base: matmul(users.transposed(), users), ridge: form.ridge)
      }
    }
    rankingUsers.value = users
    rankingItems.value = items
  }
}

/// How the vectors that items are ordered by are fitted.
struct RankingForm: Codable, Hashable, Sendable {
  /// c: what somebody had counts 1 + c, what not 1.
  var confidence: Float = 10
  var ridge: Float = 10
  var rounds = 15
  var seed: UInt64 = 0
}
