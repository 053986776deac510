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
    var total = 0.0
    let weightsUpTo = raised.map { weight -> Double in
      total += weight
      return total
    }
    // Of the last thing that is drawn exactly 1, above any number.
    sums = weightsUpTo.map { $0 / total }
    logarithms = raised.map { Float(log($0 / total)) }
  }

  /// Numbers of things, [count].
  ///
  /// - Parameters:
  ///   - count: how many are drawn.
  ///   - generator: what they are drawn from.
  public func draw(_ count: Int, _ generator: RandomGenerator = .shared) -> Indices {
    let numbers = generator.uniform([count])
    return Indices(shape: [count]) { target in
      numbers.withUnsafeBufferPointer { numbers in
        for (place, number) in numbers.enumerated() {
          // The first whose sum is above the number: never one of probability 0.
          var (low, high) = (0, sums.count - 1)
          while low < high {
            let middle = (low + high) / 2
            if sums[middle] > Double(number) { high = middle } else { low = middle + 1 }
          }
          target[place] = Int32(low)
        }
      }
    }
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
  var right = (queries * things.gathered(labels)).sum(axis: 1, keepingAxis: true)
  var wrong = matmul(queries, things.gathered(drawn).transposed())
  if let bias {
    right = right + bias.gathered(labels).reshaped([rows, 1])
    wrong = wrong + bias.gathered(drawn)
  }
  // Its own is far below all others, and finite.
  let (logarithms, share) = (sampler.logarithms, log(Float(negatives)))
  let shifts = Tensor(shape: [rows, negatives]) { target in
    labels.withUnsafeBufferPointer { labels in
      drawn.withUnsafeBufferPointer { drawn in
        for row in 0..<rows {
          for (place, thing) in drawn.enumerated() {
            let shift: Float = thing == labels[row] ? -1e30 : -logarithms[Int(thing)] - share
            target[row * negatives + place] = shift
          }
        }
      }
    }
  }
  wrong = wrong + shifts
  let first = Indices(shape: [rows]) { $0.initialize(repeating: 0) }
  return softmaxCrossEntropy(.concatenated([right, wrong], axis: 1), first)
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
  let drawn = sampler.draw(rows * negatives, generator)
  // A row's own label, then what was drawn for it.
  let width = negatives + 1
  let all = Indices(shape: [rows * width]) { target in
    labels.withUnsafeBufferPointer { labels in
      drawn.withUnsafeBufferPointer { drawn in
        for row in 0..<rows {
          target[row * width] = labels[row]
          for place in 0..<negatives { target[row * width + 1 + place] = drawn[row * negatives + place] }
        }
      }
    }
  }
  let targets = Tensor(shape: [rows, width]) { target in
    for place in 0..<rows * width { target[place] = place % width == 0 ? 1 : 0 }
  }
  var counted = 0
  let weights = Tensor(shape: [rows, width]) { target in
    all.withUnsafeBufferPointer { all in
      for place in 0..<rows * width {
        let own = place - place % width
        let counts = place == own || all[place] != all[own]
        target[place] = counts ? 1 : 0
        if counts { counted += 1 }
      }
    }
  }
  let vectors = things.gathered(all).reshaped([rows, width, features])
  var scores = (queries.reshaped([rows, 1, features]) * vectors).sum(axis: 2)
  if let bias { scores = scores + bias.gathered(all).reshaped([rows, width]) }
  return binaryCrossEntropyWithLogits(scores, targets, sampleWeights: weights) * (Float(counted) / Float(rows))
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
    labels.withUnsafeBufferPointer { all in all.allSatisfy { $0 >= 0 && $0 < sampler.count } },
    "\(name): a label outside 0 ..< \(sampler.count)")
}
