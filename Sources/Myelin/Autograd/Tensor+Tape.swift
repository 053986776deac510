// How values get onto the tape, and back.

extension Tensor {
  /// The node to send gradients to, where this value has one and the thread is recording.
  var source: GradientNode? {
    @inline(__always) get {
      guard let node else { return nil }
      return Tape.isRecording ? node : nil
    }
  }

  /// Notes that this value came from an operation; `backward` sends its gradient on.
  ///
  /// The closure gets the gradient as the only reference to its memory where nothing else holds it, so it may be
  /// changed in place after `isKnownUniquelyReferenced` says so.
  @inline(__always)
  mutating func record(_ operation: StaticString, _ backward: @escaping GradientNode.Backward) {
    node = GradientNode(operation: operation, shape: shape, backward: backward)
    if Observation.isActive { Observation.current?.recorded(operation, self) }
  }

  /// Notes that these values came from one operation, as an LSTM's outputs and its last state do.
  ///
  /// `backward` is called once, after all gradients that will come have come, with one for each result: nil for a result
  /// that nothing depends on.
  static func record(
    _ operation: StaticString, _ results: inout [Tensor],
    _ backward: @escaping (_ gradients: [Tensor?], _ pass: BackwardPass) -> Void
  ) {
    final class Arrivals {
      var gradients: [Tensor?]
      init(count: Int) { gradients = Array(repeating: nil, count: count) }
    }
    let arrivals = Arrivals(count: results.count)
    // Older than its results' nodes, so it comes after them on the way back.
    let join = GradientNode(operation: operation, shape: Shape(0)) { _, pass in
      let gradients = arrivals.gradients
      arrivals.gradients = []
      backward(gradients, pass)
    }
    for index in results.indices {
      results[index].record(operation) { gradient, pass in
        arrivals.gradients[index] = gradient
        if !join.hasGradient {
          join.gradient = Storage(count: 0)
          pass.arrived(at: join)
        }
      }
    }
  }

  /// Adds the derivative of this scalar by each parameter that it was computed from to `parameter.gradient`.
  ///
  /// The tape behind it is used up. One thread at a time may do this with the same parameters; a second one is told.
  /// Preconditions: one element, and a parameter somewhere behind it.
  public func backward() {
    backward(by: BackwardPass())
  }

  /// As ``backward()``, from a tensor of any shape whose own gradient is given.
  public func backward(gradient: Tensor) {
    require(gradient.shape == shape, "backward: a gradient of shape \(gradient.shape) for a value of \(shape)")
    backward(gradient, by: BackwardPass())
  }

  /// As ``backward()``, by a pass that may leave work to its caller.
  func backward(by pass: BackwardPass) {
    require(count == 1, "backward() starts from a scalar, not from shape \(shape): take a loss or a sum")
    backward(Tensor(repeating: 1, shape: shape), by: pass)
  }

  private func backward(_ gradient: Tensor, by pass: BackwardPass) {
    guard let node else {
      misuse("backward: no parameter behind this value (or it was computed inside withoutGradient)")
    }
    pass.run(from: node, seed: gradient.storage)
  }
}
