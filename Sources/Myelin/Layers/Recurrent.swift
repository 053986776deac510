/// What a recurrent network knows of the steps so far: what it goes on from.
///
/// ```swift
/// var state: RecurrentState?
/// for window in windows {                      // truncated back-propagation through time
///   let (output, next) = lstm(window, state: state)
///   optimizer.minimize(loss(output))
///   state = next.detached
/// }
/// ```
public struct RecurrentState: Sendable {
  /// h of each layer and, where there are two, direction [B, D]: the first layer forward, backward, the second, …
  public var hidden: [Tensor]
  /// c of each, of an ``LSTM``; else empty.
  public var cells: [Tensor]

  /// A state of these parts.
  ///
  /// - Parameters:
  ///   - hidden: h of each layer and direction [B, D].
  ///   - cells: c of each; empty but for an ``LSTM``.
  public init(hidden: [Tensor], cells: [Tensor] = []) {
    self.hidden = hidden
    self.cells = cells
  }

  /// The same values with no way back: gradients stop here.
  public var detached: RecurrentState {
    RecurrentState(hidden: hidden.map(\.detached), cells: cells.map(\.detached))
  }
}

/// Layers of a recurrent network over whole sequences: what ``LSTM``, ``GRU`` and ``RNN`` share.
///
/// x is [B, T, inputs], the result [B, T, D], or [B, T, 2 D] with both directions side by side. Each layer goes over the
/// output of the one before.
///
/// Sequences of different lengths stand in one batch with padding at their ends and their `lengths`: what stands in the
/// padding changes nothing, the output there is 0, and the other direction begins at each sequence's own last step.
public class RecurrentLayers: Module, CustomStringConvertible {
  /// The layers, each forward and, where there are two directions, backward.
  public let cells: [RecurrentCell]
  /// Size of x's last axis.
  public let inputs: Int
  /// D: numbers of each layer's state.
  public let hidden: Int
  /// How many layers.
  public let layers: Int
  /// Whether there are two directions.
  public let isBidirectional: Bool
  /// How much is dropped between two layers while gradients are recorded.
  public let dropout: Float

  init(
    _ kind: RecurrentCell.Kind, _ inputs: Int, _ hidden: Int, layers: Int, bidirectional: Bool, dropout: Float,
    bias: Bool, forgetBias: Float = 0, generator: RandomGenerator
  ) {
    require(
      inputs > 0 && hidden > 0 && layers > 0,
      "a recurrent network of \(inputs) inputs, \(hidden) hidden units, \(layers) layers: sizes start at 1")
    require(dropout >= 0 && dropout < 1, "a recurrent network's dropout of \(dropout), not in 0 ..< 1")
    self.inputs = inputs
    self.hidden = hidden
    self.layers = layers
    self.dropout = dropout
    isBidirectional = bidirectional
    let directions = bidirectional ? 2 : 1
    cells = (0..<layers * directions).map {
      RecurrentCell(
        kind, $0 < directions ? inputs : directions * hidden, hidden, bias: bias, forgetBias: forgetBias,
        generator: generator)
    }
  }

  private var directions: Int { isBidirectional ? 2 : 1 }

  /// The numbers of a step of the result: D, or 2 D with two directions.
  public var outputs: Int { directions * hidden }

  /// The last layer's output from a state of zeros: x [B, T, inputs]. Precondition: x's last axis fits.
  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, state: nil).output }

  /// The last layer's output, and the state after each sequence's last step.
  ///
  /// - Parameters:
  ///   - x: [B, T, inputs].
  ///   - lengths: how many steps of each sequence there are [B], 0 ... T; nil for all.
  ///   - state: what to go on from; nil for zeros.
  public func callAsFunction(
    _ x: Tensor, lengths: Indices? = nil, state: RecurrentState? = nil
  ) -> (output: Tensor, state: RecurrentState) {
    Observation.layer(self) {
      check(x, lengths, state)
      var output = x
      var after = RecurrentState(hidden: [])
      for layer in 0..<layers {
        if layer > 0 && dropout > 0 && isRecordingGradients {
          output = Myelin.dropout(output, probability: dropout)
        }
        let results = (0..<directions).map { direction in
          let index = layer * directions + direction
          let before = state.map { (h: $0.hidden[index], c: $0.cells.isEmpty ? nil : $0.cells[index]) }
          return cells[index].run(output, lengths: lengths, state: before, reverse: direction == 1)
        }
        output = directions == 1 ? results[0].output : .concatenated(results.map(\.output), axis: 2)
        after.hidden += results.map(\.h)
        after.cells += results.compactMap(\.c)
      }
      return (output, after)
    }
  }

  /// One step, as a stream of steps has it: x [B, inputs] gives [B, D] and the state to go on from.
  ///
  /// Precondition: one direction, as the other one begins at an end that is yet to come.
  public func step(_ x: Tensor, state: RecurrentState?) -> (output: Tensor, state: RecurrentState) {
    require(!isBidirectional, "\(self): a step of two directions")
    require(x.rank == 2, "\(self): a step's input of shape \(x.shape), not [B, \(inputs)]")
    let (output, next) = callAsFunction(x.expanded(at: 1), state: state)
    return (output.squeezed(axis: 1), next)
  }

  /// What the whole of each sequence came to: h of the last layer after the last step, both directions side by side
  /// [B, D] or [B, 2 D].
  public func summary(_ state: RecurrentState) -> Tensor {
    directions == 1 ? state.hidden[layers - 1] : .concatenated(Array(state.hidden.suffix(2)), axis: 1)
  }

  private func check(_ x: Tensor, _ lengths: Indices?, _ state: RecurrentState?) {
    require(x.rank == 3 && x.shape[2] == inputs, "\(self): input \(x.shape), not [B, T, \(inputs)]")
    let (batch, steps) = (x.shape[0], x.shape[1])
    if let lengths {
      require(lengths.shape == [batch], "\(self): lengths of shape \(lengths.shape) for input \(x.shape)")
      lengths.withUnsafeBufferPointer {
        for (row, length) in $0.enumerated() where length < 0 || length > steps {
          misuse("\(self): sequence \(row) has a length of \(length), not 0 ... \(steps)")
        }
      }
    }
    if let state {
      let cellCount = cells[0].kind == .lstm ? cells.count : 0
      let all = state.hidden + state.cells
      require(
        state.hidden.count == cells.count && state.cells.count == cellCount
          && all.allSatisfy { $0.shape == [batch, hidden] },
        "\(self): a state of \(state.hidden.map(\.shape)) and \(state.cells.map(\.shape)) for input \(x.shape)")
    }
  }

  /// ``GRU``'s own first words.
  var name: String { "RecurrentLayers" }

  public var description: String {
    "\(name)(\(inputs), \(hidden)\(layers > 1 ? ", layers: \(layers)" : "")"
      + "\(isBidirectional ? ", bidirectional" : "")\(dropout > 0 ? ", dropout: \(dropout)" : ""))"
  }
}

/// Long short-term memory (Hochreiter & Schmidhuber 1997, with forget gates by Gers et al. 2000).
///
/// ```swift
/// let lstm = LSTM(8, 64, layers: 2, dropout: 0.1)
/// let output = lstm(x)                                      // [B, T, 8] to [B, T, 64]
/// let (_, state) = lstm(x, lengths: lengths)
/// let logits = head(lstm.summary(state))
/// ```
/// Gates stand in the order i f g o, and the weights of a PyTorch `LSTM` can be loaded.
public final class LSTM: RecurrentLayers {
  /// Weights start uniform in ±1/√D, as PyTorch's do.
  ///
  /// - Parameters:
  ///   - inputs: size of x's last axis, at least 1.
  ///   - hidden: D, numbers of each layer's state, at least 1.
  ///   - layers: how many, one over the other.
  ///   - bidirectional: whether each layer goes over the sequence in both directions.
  ///   - dropout: how much is dropped between two layers while gradients are recorded, in 0 ..< 1.
  ///   - bias: whether the gates have biases.
  ///   - forgetBias: added to the forget gate's bias at the start: 1 keeps what is remembered from the first step on
  ///     (Jozefowicz et al. 2015).
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ inputs: Int, _ hidden: Int, layers: Int = 1, bidirectional: Bool = false, dropout: Float = 0, bias: Bool = true,
    forgetBias: Float = 0, generator: RandomGenerator = .shared
  ) {
    super.init(
      .lstm, inputs, hidden, layers: layers, bidirectional: bidirectional, dropout: dropout, bias: bias,
      forgetBias: forgetBias, generator: generator)
  }

  override var name: String { "LSTM" }
}

/// Gated recurrent units (Cho et al. 2014).
///
/// Gates stand in the order r z n, and the weights of a PyTorch `GRU` can be loaded.
public final class GRU: RecurrentLayers {
  /// Weights start uniform in ±1/√D, as PyTorch's do.
  ///
  /// - Parameters:
  ///   - inputs: size of x's last axis, at least 1.
  ///   - hidden: D, numbers of each layer's state, at least 1.
  ///   - layers: how many, one over the other.
  ///   - bidirectional: whether each layer goes over the sequence in both directions.
  ///   - dropout: how much is dropped between two layers while gradients are recorded, in 0 ..< 1.
  ///   - bias: whether the gates have biases.
  ///   - resetBefore: whether the reset gate is applied before the product, as in the paper, or after, as in PyTorch.
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ inputs: Int, _ hidden: Int, layers: Int = 1, bidirectional: Bool = false, dropout: Float = 0, bias: Bool = true,
    resetBefore: Bool = false, generator: RandomGenerator = .shared
  ) {
    super.init(
      resetBefore ? .gruResetBefore : .gru, inputs, hidden, layers: layers, bidirectional: bidirectional,
      dropout: dropout, bias: bias, generator: generator)
  }

  override var name: String { "GRU" }
}

/// The plain recurrent network (Elman 1990): h = tanh(x W + b + h U + v), or with the rectifier.
public final class RNN: RecurrentLayers {
  /// Weights start uniform in ±1/√D, as PyTorch's do.
  ///
  /// - Parameters:
  ///   - inputs: size of x's last axis, at least 1.
  ///   - hidden: D, numbers of each layer's state, at least 1.
  ///   - layers: how many, one over the other.
  ///   - rectified: max(0, z) in place of tanh.
  ///   - bidirectional: whether each layer goes over the sequence in both directions.
  ///   - dropout: how much is dropped between two layers while gradients are recorded, in 0 ..< 1.
  ///   - bias: whether there are biases.
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ inputs: Int, _ hidden: Int, layers: Int = 1, rectified: Bool = false, bidirectional: Bool = false,
    dropout: Float = 0, bias: Bool = true, generator: RandomGenerator = .shared
  ) {
    super.init(
      rectified ? .relu : .tanh, inputs, hidden, layers: layers, bidirectional: bidirectional, dropout: dropout,
      bias: bias, generator: generator)
  }

  override var name: String { "RNN" }
}

extension RecurrentCell: PyTorchLayout {
  static var axesInPyTorch: [String: [Int]] { ["inputWeight": [1, 0], "stateWeight": [1, 0]] }
}

// There a layer's weights are weight_ih_l0 and so on, those of the other direction weight_ih_l0_reverse.
extension RecurrentLayers: PyTorchLayout {
  var namesOfPartsInPyTorch: [String: String] {
    var names: [String: String] = [:]
    for index in cells.indices {
      let there = "_l\(index / directions)\(index % directions == 1 ? "_reverse" : "")"
      names["cells.\(index).inputWeight"] = "weight_ih\(there)"
      names["cells.\(index).stateWeight"] = "weight_hh\(there)"
      names["cells.\(index).inputBias"] = "bias_ih\(there)"
      names["cells.\(index).stateBias"] = "bias_hh\(there)"
    }
    return names
  }
}
