import XCTest

@testable import Myelin

/// Recurrent layers against PyTorch (Tests/golden/recurrent.py), and what holds of any of them.
final class RecurrentLayerTests: XCTestCase {
  /// Parts of a tensor stacked along its first axis, as PyTorch has its states.
  private func parts(_ tensor: Tensor) -> [Tensor] {
    (0..<tensor.shape[0]).map { tensor.sliced($0..<$0 + 1).squeezed(axis: 0) }
  }

  private func check(_ name: String, _ layers: RecurrentLayers, lengths: [Int32], line: UInt = #line) throws {
    let (gates, hidden) = (layers.cells[0].kind.gates, layers.hidden)
    let isLSTM = layers.cells[0].kind == .lstm, directions = layers.isBidirectional ? 2 : 1
    var weights: [String: Tensor] = [:]
    for index in layers.cells.indices {
      let inputs = index < directions ? layers.inputs : layers.outputs
      let suffix = "_l\(index / directions)\(index % directions == 1 ? "_reverse" : "")"
      let shapes: [(String, Shape)] = [
        ("weight_ih", [gates * hidden, inputs]), ("weight_hh", [gates * hidden, hidden]), ("bias_ih", [gates * hidden]),
        ("bias_hh", [gates * hidden]),
      ]
      for (place, (key, shape)) in shapes.enumerated() { weights[key + suffix] = golden(shape, 11 + 4 * index + place) }
    }
    try layers.load(weights, layout: .pytorch)

    let x = Parameter(golden([3, 5, 3], 3))
    let h = Parameter(golden([layers.cells.count, 3, hidden], 5)),
      c = Parameter(golden([layers.cells.count, 3, hidden], 7))
    let state = RecurrentState(hidden: parts(h.value), cells: isLSTM ? parts(c.value) : [])
    let (output, last) = layers(x.value, lengths: Indices(lengths), state: state)
    func expect(_ key: String, _ found: Tensor) {
      guard let golden = recurrentGolden["\(name) \(key)"] else { return XCTFail("no \(name) \(key)", line: line) }
      assertClose(found.scalars, golden, tolerance: 2e-5, "\(name) \(key)", line: line)
    }
    let lastH = Tensor.stacked(last.hidden)
    expect("y", output)
    expect("h", lastH)
    var loss = (output * golden(output.shape, 2)).sum() + (lastH * golden(lastH.shape, 13)).sum()
    if isLSTM {
      let lastC = Tensor.stacked(last.cells)
      expect("c", lastC)
      loss = loss + (lastC * golden(lastC.shape, 17)).sum()
    }
    loss.backward()
    expect("dx", x.gradient!)
    expect("dh", h.gradient!)
    if isLSTM { expect("dc", c.gradient!) }
    let first = layers.cells[0]
    expect("weight_ih_l0", first.inputWeight.gradient!.transposed())
    expect("weight_hh_l0", first.stateWeight.gradient!.transposed())
    expect("bias_ih_l0", first.inputBias!.gradient!)
    expect("bias_hh_l0", first.stateBias!.gradient!)
  }

  func testFollowPyTorch() throws {
    try check("lstm", LSTM(3, 2, layers: 2, bidirectional: true), lengths: [5, 2, 4])
    try check("gru", GRU(3, 4), lengths: [3, 5, 1])
    try check("rnn", RNN(3, 2, bidirectional: true), lengths: [1, 3, 5])
    try check("relu", RNN(3, 2, rectified: true), lengths: [5, 5, 5])
  }

  private let kinds: [(RandomGenerator) -> RecurrentLayers] = [
    { LSTM(4, 6, layers: 2, forgetBias: 1, generator: $0) }, { GRU(4, 6, layers: 2, generator: $0) },
    { GRU(4, 6, resetBefore: true, generator: $0) }, { RNN(4, 6, bias: false, generator: $0) },
  ]

  func testGradients() {
    for make in kinds + [{ LSTM(4, 3, bidirectional: true, generator: $0) }] {
      let random = RandomGenerator(seed: 5)
      let layers = make(random)
      let x = Parameter(random.normal([3, 4, 4]))
      let lengths = Indices([4, 0, 2] as [Int32])
      assertGradients("\(layers)", layers.parameters + [x], tolerance: 5e-3) {
        let (output, state) = layers(x.value, lengths: lengths)
        let all = [output.flattened()] + state.cells.map { $0.flattened() * 2 } + [layers.summary(state).flattened()]
        return all.reduce(Tensor(0)) { $0 + ($1 * $1 + $1).sum() }
      }
    }
  }

  /// What stands in the padding, not even numbers, and how much of it there is, changes nothing.
  func testPaddingChangesNothing() {
    for make in kinds + [{ GRU(4, 6, bidirectional: true, generator: $0) }] {
      let layers = make(RandomGenerator(seed: 1))
      let x = RandomGenerator(seed: 2).normal([2, 5, 4])
      var padded = Tensor.concatenated([x, Tensor(repeating: .nan, shape: [2, 3, 4])], axis: 1)
      for step in 3..<8 { for feature in 0..<4 { padded[1, step, feature] = .infinity } }
      let (output, state) = layers(padded, lengths: Indices([5, 3] as [Int32]))
      let (whole, wholeState) = layers(x.sliced(0..<1))
      let (short, shortState) = layers(x.sliced(1..<2).sliced(0..<3, axis: 1))
      assertClose(output.sliced(0..<1).sliced(0..<5, axis: 1).scalars, whole.scalars, tolerance: 1e-6, "\(layers)")
      assertClose(output.sliced(1..<2).sliced(0..<3, axis: 1).scalars, short.scalars, tolerance: 1e-6, "\(layers)")
      XCTAssertTrue(output.sliced(1..<2).sliced(3..<8, axis: 1).scalars.allSatisfy { $0 == 0 })
      for (index, h) in state.hidden.enumerated() {
        assertClose(
          h.scalars, wholeState.hidden[index].scalars + shortState.hidden[index].scalars, tolerance: 1e-6, "\(layers)")
      }
    }
  }

  /// Windows with the state carried from one to the next, and single steps, are one long sequence.
  func testCarriedStatesAreOneSequence() {
    for make in kinds {
      let layers = make(RandomGenerator(seed: 3))
      let x = RandomGenerator(seed: 4).normal([2, 9, 4])
      let (whole, end) = layers(x)
      var state: RecurrentState?
      var windows: [Tensor] = [], steps: [Tensor] = []
      for range in [0..<4, 4..<5, 5..<9] {
        let (output, next) = layers(x.sliced(range, axis: 1), state: state?.detached)
        windows.append(output)
        state = next
      }
      assertClose(Tensor.concatenated(windows, axis: 1).scalars, whole.scalars, tolerance: 1e-6, "\(layers)")
      assertClose(state!.hidden.last!.scalars, end.hidden.last!.scalars, tolerance: 1e-6, "\(layers)")
      state = nil
      withoutGradient {
        for step in 0..<9 {
          let (output, next) = layers.step(x.sliced(step..<step + 1, axis: 1).squeezed(axis: 1), state: state)
          steps.append(output)
          state = next
        }
      }
      assertClose(Tensor.stacked(steps, axis: 1).scalars, whole.scalars, tolerance: 1e-6, "\(layers)")
    }
  }

  /// Only between layers, and only while gradients are recorded.
  func testDropoutStandsBetweenLayers() {
    let x = RandomGenerator(seed: 6).normal([2, 3, 4])
    let one = LSTM(4, 5, dropout: 0.9, generator: RandomGenerator(seed: 7))
    XCTAssertEqual(one(x).scalars, one(x).scalars)
    let two = LSTM(4, 5, layers: 2, dropout: 0.9, generator: RandomGenerator(seed: 7))
    XCTAssertNotEqual(two(x).scalars, two(x).scalars)
    withoutGradient { XCTAssertEqual(two(x).scalars, two(x).scalars) }
  }

  func testEmptySequences() {
    let gru = GRU(4, 3)
    let (output, state) = gru(Tensor(zeros: [2, 0, 4]))
    XCTAssertEqual(output.shape, [2, 0, 3])
    XCTAssertEqual(state.hidden[0].scalars, Array(repeating: 0, count: 6))
    XCTAssertEqual(gru(Tensor(zeros: [0, 5, 4])).shape, [0, 5, 3])
  }

  // MARK: Pooling and convolution

  func testAttentionPooling() {
    let random = RandomGenerator(seed: 8)
    let pooling = AttentionPooling(4, units: 3, generator: random)
    let x = Parameter(random.normal([3, 5, 4]))
    assertGradients("attention pooling", pooling.parameters + [x], tolerance: 5e-3) {
      pooling(x.value, lengths: Indices([5, 2, 0] as [Int32])).squared().sum()
    }
    let pooled = pooling(x.value, lengths: Indices([5, 2, 0] as [Int32]))
    let short = pooling(x.value.sliced(1..<2).sliced(0..<2, axis: 1))
    assertClose(pooled.sliced(1..<2).scalars, short.scalars, tolerance: 1e-6, "two steps")
    XCTAssertEqual(pooled.sliced(2..<3).scalars, [0, 0, 0, 0])
    let mean = meanOverSteps(x.value, lengths: Indices([5, 2, 0] as [Int32]))
    assertClose(
      mean.sliced(1..<2).scalars, x.value.sliced(1..<2).sliced(0..<2, axis: 1).mean(axis: 1).scalars, tolerance: 1e-6,
      "mean")
  }

  func testTemporalConvolutionIsCausal() {
    let random = RandomGenerator(seed: 9)
    let network = TemporalConvolution(3, channels: [4, 4, 6], kernel: 2, generator: random)
    XCTAssertEqual(network.reach, 15)
    var x = random.normal([1, 40, 3])
    let before = network(x)
    XCTAssertEqual(before.shape, [1, 40, 6])
    x[0, 20, 1] += 1
    let after = network(x)
    let changed = (0..<40).filter { step in (0..<6).contains { before[0, step, $0] != after[0, step, $0] } }
    XCTAssertEqual(changed.first, 20)
    XCTAssertLessThan(changed.last!, 20 + network.reach)
    let input = Parameter(random.normal([2, 5, 3]))
    let small = TemporalConvolution(3, channels: [2, 2], generator: random)
    assertGradients("temporal convolution", small.parameters + [input], tolerance: 2e-2) {
      small(input.value).squared().sum()
    }
  }
}
