#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// Losses over very many things, words or items, of which each step looks at the right one and at some drawn ones.

/// Draws things as wrong answers, each with a probability of its own, with replacement.
///
/// What is drawn follows from the generator alone: the same seed draws the same things.
public struct NegativeSampler: Sendable {
  /// The sum of the probabilities up to each thing.
  private let sums: [Double]
  /// log Q of each thing; −∞ for one that is never drawn.
  let logarithms: [Float]

  /// How many things.
  public var count: Int { sums.count }

  /// All things with the same probability.
  ///
  /// - Parameter count: how many things, at least 1.
  public init(count: Int) {
    require(count >= 1, "NegativeSampler: of \(count) things")
    self.init(weights: [Float](repeating: 1, count: count))
  }

  /// Q(i) = wᵢᵖ / Σ wⱼᵖ: of words and items by how often they occur, with p = 0.75 as in word2vec (Mikolov et al. 2013).
  ///
  /// - Parameters:
  ///   - weights: of each thing, at least 0, and not all 0.
  ///   - power: p; 1 draws things as often as they occur, 0 all that occur alike.
  public init(weights: [Float], power: Float = 0.75) {
    require(
      weights.contains { $0 > 0 } && weights.allSatisfy { $0 >= 0 && $0.isFinite } && power >= 0 && power.isFinite,
      "NegativeSampler: weights must be at least 0, finite, and not all 0; power \(power)")
    let raised = weights.map { $0 == 0 ? 0 : pow(Double($0), Double(power)) }
    let total = raised.reduce(0, +)
    var sum = 0.0
    sums = raised.map {
      sum += $0 / total
      return sum
    }
    logarithms = raised.map { Float(log($0 / total)) }
  }

  /// Numbers of things, [count].
  ///
  /// - Parameters:
  ///   - count: how many are drawn.
  ///   - generator: what they are drawn from.
  public func draw(_ count: Int, _ generator: RandomGenerator = .shared) -> Indices {
    let last = Int32(sums.lastIndex { $0 > 0 }!)
    return Indices(
      generator.uniform([count]).scalars.map { number -> Int32 in
        // The first whose sum is above the number: never one of probability 0.
        var (low, high) = (0, sums.count)
        while low < high {
          let middle = (low + high) / 2
          if sums[middle] > Double(number) { high = middle } else { low = middle + 1 }
        }
        return min(Int32(low), last)
      })
  }
}

/// Softmax cross-entropy over the right thing l and some drawn ones in the place of all others (Bengio & Senécal 2008):
/// log(exp s_l + Σₖ exp sₖ / (K Q(k))) − s_l over K drawn things k, with s = q · v + b. The sum stands for that over all
/// other things, so that the loss comes to the whole softmax's as K grows. The drawn ones are the same for all rows; one that
/// is a row's own label is left out there.
///
/// - Parameters:
///   - queries: q, [N, features].
///   - things: v, [things, features], as the weight of an ``Embedding``. Only rows that are looked at get a gradient; see
///     ``Optimizer/configure(where:learningRateScale:weightDecay:movesTouchedRowsOnly:)``.
///   - labels: the right thing of each row, [N].
///   - bias: b, [things]; nil for none.
///   - sampler: of as many things.
///   - negatives: how many are drawn, at least 1.
///   - generator: what they are drawn from.
/// - Returns: the mean over the rows, a scalar.
///
/// Precondition: shapes fit.
public func sampledSoftmaxLoss(
  _ queries: Tensor, _ things: Tensor, _ labels: Indices, bias: Tensor? = nil, sampler: NegativeSampler,
  negatives: Int, generator: RandomGenerator = .shared
) -> Tensor {
  checkSampled("sampledSoftmaxLoss", queries, things, labels, bias, sampler, negatives)
  let rows = queries.shape[0]
  let drawn = sampler.draw(negatives, generator)
  let (own, others) = (labels.values, drawn.values)
  let logarithms = sampler.logarithms
  var right = (queries * things.gathered(labels)).sum(axis: 1, keepingAxis: true)
  var wrong = matmul(queries, things.gathered(drawn).transposed())
  if let bias {
    right = right + bias.gathered(labels).reshaped([rows, 1])
    wrong = wrong + bias.gathered(drawn)
  }
  // Its own is far below all others, and finite.
  let corrections = others.map { -logarithms[Int($0)] - log(Float(negatives)) }
  let shifts = own.flatMap { label in zip(others, corrections).map { $0 == label ? Float(-1e30) : $1 } }
  wrong = wrong + Tensor(shifts, shape: [rows, negatives])
  return softmaxCrossEntropy(
    .concatenated([right, wrong], axis: 1), Indices([Int32](repeating: 0, count: rows)))
}

/// Negative sampling (Mikolov et al. 2013): −log σ(q · v₊ + b₊) − Σₖ log σ(−(q · vₖ + bₖ)), with things k drawn for each row;
/// one that is the row's own label is left out.
///
/// - Parameters:
///   - queries: q, [N, features].
///   - things: v, [things, features], as the weight of an ``Embedding``.
///   - labels: the right thing of each row, [N].
///   - bias: b, [things]; nil for none.
///   - sampler: of as many things.
///   - negatives: how many are drawn for each row, at least 1.
///   - generator: what they are drawn from.
/// - Returns: the mean over the rows, a scalar.
///
/// Precondition: shapes fit.
public func negativeSamplingLoss(
  _ queries: Tensor, _ things: Tensor, _ labels: Indices, bias: Tensor? = nil, sampler: NegativeSampler,
  negatives: Int, generator: RandomGenerator = .shared
) -> Tensor {
  checkSampled("negativeSamplingLoss", queries, things, labels, bias, sampler, negatives)
  let (rows, features) = (queries.shape[0], queries.shape[1])
  let drawn = sampler.draw(rows * negatives, generator).values
  var looked: [Int32] = []
  var (targets, weights): ([Float], [Float]) = ([], [])
  for (row, label) in labels.values.enumerated() {
    looked.append(label)
    targets.append(1)
    weights.append(1)
    for other in drawn[row * negatives..<(row + 1) * negatives] {
      looked.append(other)
      targets.append(0)
      weights.append(other == label ? 0 : 1)
    }
  }
  let all = Indices(looked)
  let vectors = things.gathered(all).reshaped([rows, negatives + 1, features])
  var scores = (queries.reshaped([rows, 1, features]) * vectors).sum(axis: 2)
  if let bias { scores = scores + bias.gathered(all).reshaped([rows, negatives + 1]) }
  let loss = binaryCrossEntropyWithLogits(
    scores, Tensor(targets, shape: scores.shape), sampleWeights: Tensor(weights, shape: scores.shape))
  return loss * (weights.reduce(0, +) / Float(rows))
}

private func checkSampled(
  _ name: String, _ queries: Tensor, _ things: Tensor, _ labels: Indices, _ bias: Tensor?, _ sampler: NegativeSampler,
  _ negatives: Int
) {
  require(
    queries.rank == 2 && things.rank == 2 && queries.shape[1] == things.shape[1] && queries.shape[0] == labels.count
      && labels.count > 0 && negatives >= 1,
    "\(name): queries \(queries.shape), things \(things.shape), labels \(labels.shape), \(negatives) negatives")
  require(
    sampler.count == things.shape[0] && (bias == nil || bias!.shape == [things.shape[0]]),
    "\(name): a sampler of \(sampler.count) and a bias of \(bias?.shape ?? []) for things \(things.shape)")
  require(
    labels.values.allSatisfy { $0 >= 0 && $0 < sampler.count }, "\(name): a label outside 0 ..< \(sampler.count)")
}
