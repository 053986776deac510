/// One vector of a sequence: the mean of its steps by weights that are learned (Bahdanau et al. 2015, Lin et al. 2017).
///
/// y = Σ a(t) x(t) with a = softmax over the steps of tanh(x W + b) u: x [B, T, D] gives [B, D]. Padding has no weight; a
/// sequence without steps gives 0.
public final class AttentionPooling: Module, CustomStringConvertible {
  /// tanh(x W + b), [D, units].
  public let hidden: Dense
  /// u [units, 1].
  public let score: Dense

  /// - Parameters:
  ///   - inputs: D, numbers of a step, at least 1.
  ///   - units: numbers that the score of a step is made of; D unless told otherwise.
  ///   - generator: what the initial weights are drawn from.
  public init(_ inputs: Int, units: Int? = nil, generator: RandomGenerator = .shared) {
    hidden = Dense(inputs, units ?? inputs, activation: .tanh, generator: generator)
    score = Dense(units ?? inputs, 1, bias: false, generator: generator)
  }

  /// x [B, T, D] to [B, D], over all steps.
  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, lengths: nil) }

  /// x [B, T, D] to [B, D].
  ///
  /// - Parameters:
  ///   - x: [B, T, D].
  ///   - lengths: how many steps of each sequence there are [B]; nil for all.
  public func callAsFunction(_ x: Tensor, lengths: Indices?) -> Tensor {
    Observation.layer(self) {
      require(x.rank == 3, "AttentionPooling: input \(x.shape), not [B, T, \(hidden.inputs)]")
      let (batch, steps) = (x.shape[0], x.shape[1])
      var scores = score(hidden(x)).reshaped([batch, steps])
      guard let lengths else { return weighted(softmax(scores), x) }
      let mask = sequenceMask(lengths, steps: steps)
      // Far below every score, and finite: a sequence without steps has no NaN.
      scores = scores + (mask - 1) * 1e30
      return weighted(softmax(scores) * mask, x)
    }
  }

  public var description: String { "AttentionPooling(\(hidden.inputs))" }
}

/// The mean of the steps of each sequence: x [B, T, D] gives [B, D]; padding does not count, a sequence without steps
/// gives 0.
///
/// - Parameters:
///   - x: [B, T, D].
///   - lengths: how many steps of each sequence there are [B]; nil for all.
public func meanOverSteps(_ x: Tensor, lengths: Indices? = nil) -> Tensor {
  require(x.rank == 3, "meanOverSteps: input \(x.shape), not [B, T, D]")
  guard let lengths else { return x.mean(axis: 1) }
  require(lengths.shape == [x.shape[0]], "meanOverSteps: lengths of shape \(lengths.shape) for input \(x.shape)")
  let counts = Tensor(shape: [x.shape[0], 1]) { counts in
    lengths.withUnsafeBufferPointer {
      for (row, length) in $0.enumerated() { counts[row] = 1 / Float(max(length, 1)) }
    }
  }
  return weighted(sequenceMask(lengths, steps: x.shape[1]) * counts, x)
}

/// 1 for each step that there is, 0 in the padding: [B, T] for lengths [B]. Precondition: lengths of 0 ... T.
public func sequenceMask(_ lengths: Indices, steps: Int) -> Tensor {
  require(lengths.shape.rank == 1, "sequenceMask: lengths of shape \(lengths.shape), not [B]")
  return Tensor(shape: [lengths.count, steps]) { mask in
    lengths.withUnsafeBufferPointer {
      for (row, length) in $0.enumerated() {
        require(length >= 0 && length <= steps, "sequenceMask: a length of \(length), not 0 ... \(steps)")
        for step in 0..<steps { mask[row * steps + step] = step < Int(length) ? 1 : 0 }
      }
    }
  }
}

/// Σ w(t) x(t): w [B, T], x [B, T, D].
private func weighted(_ weights: Tensor, _ x: Tensor) -> Tensor {
  matmul(weights.expanded(at: 1), x).squeezed(axis: 1)
}
