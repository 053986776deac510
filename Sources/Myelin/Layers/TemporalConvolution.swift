/// A temporal convolutional network: residual blocks of causal convolutions whose windows grow by powers of two, so that
/// few layers see far back (Bai et al. 2018).
///
/// x [B, T, inputs] gives [B, T, last of channels]; no step sees a later one. A block is two causal convolutions with ReLU
/// and dropout, added to what went in (by a product with a matrix where the channels differ). Block i has dilation 2ⁱ: n
/// blocks see 1 + 2 (kernel − 1)(2ⁿ − 1) steps.
public final class TemporalConvolution: Module, CustomStringConvertible {
  /// The residual blocks.
  public let blocks: [TemporalBlock]

  /// - Parameters:
  ///   - inputs: numbers of a step, at least 1.
  ///   - channels: of each block, at least one block.
  ///   - kernel: steps of a window, at least 1.
  ///   - dropout: how much is dropped after each convolution while gradients are recorded, in 0 ..< 1.
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ inputs: Int, channels: [Int], kernel: Int = 3, dropout: Float = 0, generator: RandomGenerator = .shared
  ) {
    require(!channels.isEmpty && kernel >= 1, "TemporalConvolution: \(channels.count) blocks, a kernel of \(kernel)")
    blocks = channels.indices.map {
      TemporalBlock(
        $0 == 0 ? inputs : channels[$0 - 1], channels[$0], kernel: kernel, dilation: 1 << $0, dropout: dropout,
        generator: generator)
    }
  }

  /// Steps that a step of the result is made of, itself the last.
  public var reach: Int { blocks.reduce(1) { $0 + 2 * ($1.first.geometry.kernel.width - 1) * $1.dilation } }

  /// x [B, T, inputs] to [B, T, channels]. Precondition: x's last axis fits.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) { blocks.reduce(x) { $1($0) } }
  }

  public var description: String { "TemporalConvolution(\(blocks.count) blocks, reach \(reach))" }
}

/// Two causal convolutions with a way around them: a block of ``TemporalConvolution``.
public final class TemporalBlock: Module, CustomStringConvertible {
  /// The first convolution, with ReLU.
  public let first: Conv1D
  /// The second one.
  public let second: Conv1D
  /// Around them, where the channels differ.
  public let projection: Dense?
  /// Steps from one element of the window to the next.
  public let dilation: Int
  private let dropout: Dropout

  init(_ inputs: Int, _ outputs: Int, kernel: Int, dilation: Int, dropout: Float, generator: RandomGenerator) {
    first = Conv1D(
      inputs, outputs, kernel: kernel, padding: .causal, dilation: dilation, activation: .relu, generator: generator)
    second = Conv1D(
      outputs, outputs, kernel: kernel, padding: .causal, dilation: dilation, activation: .relu, generator: generator)
    projection = inputs == outputs ? nil : Dense(inputs, outputs, generator: generator)
    self.dilation = dilation
    self.dropout = Dropout(dropout)
  }

  /// relu(x + f(x)): x [B, T, inputs] to [B, T, outputs].
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) { relu(dropout(second(dropout(first(x)))) + (projection?(x) ?? x)) }
  }

  public var description: String { "TemporalBlock(\(first.inputs), \(first.outputs), dilation: \(dilation))" }
}
