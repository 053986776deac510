/// One layer of a recurrent network in one direction: its weights. ``LSTM``, ``GRU`` and ``RNN`` are made of these.
///
/// The gates of a layer stand side by side, D columns each, in PyTorch's order.
public final class RecurrentCell: Module, CustomStringConvertible {
  /// What goes from step to step, for the input x and the state h before; σ is the logistic function.
  public enum Kind: String, Hashable, Sendable, Codable {
    /// Gates i f g o; c = f c′ + i g, h = o tanh(c), with i, f, o = σ(x W + b + h U + v) and g = tanh(x W + b + h U + v).
    case lstm
    /// Gates r z n; n = tanh(x W + b + r (h U + v)), h = (1 − z) n + z h′: PyTorch's and cuDNN's form.
    case gru
    /// The same but n = tanh(x W + b + (r h) U + v) (Cho et al. 2014).
    case gruResetBefore
    /// h = tanh(x W + b + h U + v).
    case tanh
    /// h = max(0, x W + b + h U + v).
    case relu

    /// Gates of a hidden unit.
    public var gates: Int {
      switch self {
      case .lstm: 4
      case .gru, .gruResetBefore: 3
      case .tanh, .relu: 1
      }
    }
    var operation: StaticString {
      switch self {
      case .lstm: "lstm"
      case .gru, .gruResetBefore: "gru"
      case .tanh, .relu: "rnn"
      }
    }
  }

  /// W [inputs, gates · D].
  public let inputWeight: Parameter
  /// U [D, gates · D].
  public let stateWeight: Parameter
  /// b [gates · D]; nil without.
  public let inputBias: Parameter?
  /// v [gates · D]; nil without.
  public let stateBias: Parameter?
  /// What goes from step to step.
  public let kind: Kind
  /// D: numbers of the state.
  public let hidden: Int

  init(
    _ kind: Kind, _ inputs: Int, _ hidden: Int, bias: Bool, forgetBias: Float, generator: RandomGenerator
  ) {
    self.kind = kind
    self.hidden = hidden
    let width = kind.gates * hidden
    let start = Initializer { shape, _, _, generator in
      let bound = 1 / Float(hidden).squareRoot()
      return generator.uniform(shape, low: -bound, high: bound)
    }
    func make(_ shape: Shape) -> Parameter { Parameter(start.make(shape, inputs, hidden, generator)) }
    inputWeight = make([inputs, width])
    stateWeight = make([hidden, width])
    inputBias = bias ? make([width]) : nil
    stateBias = bias ? make([width]) : nil
    if kind == .lstm, let inputBias {
      var value = inputBias.value.detached
      value.withUnsafeMutableBufferPointer { for j in hidden..<2 * hidden { $0[j] += forgetBias } }
      inputBias.value = value
    }
  }

  /// h after each step, from a state of zeros: x [B, T, inputs] to [B, T, D].
  public func callAsFunction(_ x: Tensor) -> Tensor { run(x, lengths: nil, state: nil, reverse: false).output }

  func run(_ x: Tensor, lengths: Indices?, state: (h: Tensor, c: Tensor?)?, reverse: Bool) -> RecurrentOutput {
    Observation.layer(self) {
      recurrent(
        kind, dense(x, inputWeight.value, inputBias?.value), stateWeight.value, stateBias?.value, lengths: lengths,
        state: state, reverse: reverse)
    }
  }

  public var description: String { "RecurrentCell(\(kind), \(inputWeight.value.shape[0]), \(hidden))" }
}

/// What a layer of a recurrent network gives.
struct RecurrentOutput {
  /// h after each step [B, T, D], 0 in the padding.
  var output: Tensor
  /// The state after the last step [B, D]; c of an LSTM alone.
  var h: Tensor
  var c: Tensor?
}

/// A recurrent network's steps, from the input's part of the gates [B, T, gates D].
func recurrent(
  _ kind: RecurrentCell.Kind, _ projected: Tensor, _ weight: Tensor, _ bias: Tensor?, lengths: Indices?,
  state: (h: Tensor, c: Tensor?)?, reverse: Bool
) -> RecurrentOutput {
  let (batch, steps, hidden) = (projected.shape[0], projected.shape[1], weight.shape[0])
  let shape = Kernels.RecurrentShape(
    cell: kind, batch: batch, steps: steps, hidden: hidden, lengths: lengths, reverse: reverse)
  let isLSTM = kind == .lstm, hasMemory = kind.gates > 1
  let (projectedNode, weightNode, biasNode) = (projected.source, weight.source, bias?.source)
  let (hNode, cNode) = (state?.h.source, state?.c?.source)
  let recording =
    projectedNode != nil || weightNode != nil || biasNode != nil || hNode != nil || cNode != nil

  var results = [Tensor(uninitialized: [batch, steps, hidden]), Tensor(uninitialized: [batch, hidden])]
  if isLSTM { results.append(Tensor(uninitialized: [batch, hidden])) }
  // Not in the product's place, as the kernel would allow: the product is the caller's.
  let gates = recording ? Tensor(uninitialized: projected.shape) : nil
  let memory = recording && hasMemory ? Tensor(uninitialized: [batch, steps, hidden]) : nil
  let initial = Kernels.RecurrentPointers(h: state?.h.pointer, c: state?.c?.pointer)
  Kernels.recurrentForward(
    shape, projected.pointer, weight: weight.pointer, bias: bias?.pointer, initial: initial, gates: gates?.pointer,
    memory: memory?.pointer, results[0].pointer, lastH: results[1].pointer, lastC: isLSTM ? results[2].pointer : nil)

  if recording, let gates {
    let (weight, output) = (weight.detached, results[0])
    let state = state.map { ($0.h.detached, $0.c?.detached) }
    Tensor.record(kind.operation, &results) { gradients, pass in
      // The gates are not read again: their gradient takes their place.
      let dprojected = gates
      let dh = hNode.map { Tensor(uninitialized: $0.shape) }, dc = cNode.map { Tensor(uninitialized: $0.shape) }
      pass.accumulate(into: weightNode, biasNode) { dweight, dbias, _ in
        Kernels.recurrentBackward(
          shape, weight: weight.pointer,
          initial: Kernels.RecurrentPointers(h: state?.0.pointer, c: state?.1?.pointer), gates: gates.pointer,
          memory: memory?.pointer, y: output.pointer, dy: gradients[0]?.pointer,
          dlast: Kernels.RecurrentPointers(h: gradients[1]?.pointer, c: isLSTM ? gradients[2]?.pointer : nil),
          dprojected: dprojected.pointer, dinitialH: dh?.pointer, dinitialC: dc?.pointer, dweight, dbias)
      }
      if let projectedNode { pass.accumulate(into: projectedNode, dprojected) }
      if let hNode, let dh { pass.accumulate(into: hNode, dh) }
      if let cNode, let dc { pass.accumulate(into: cNode, dc) }
    }
  }
  return RecurrentOutput(output: results[0], h: results[1], c: isLSTM ? results[2] : nil)
}
