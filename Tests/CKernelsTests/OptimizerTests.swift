import CKernels
import ReferenceKernels
import XCTest

#if canImport(Glibc)
  import Glibc
#endif

final class OptimizerTests: XCTestCase {
  /// A model by the sizes of its parameters: small and empty ones among them, around vectors, and one that threads share.
  private let models = [
    [], [1], [3, 0, 17, 1], [7, 8, 9], [15, 16, 31, 33], [1024, 1025, 5, 64], [40_000, 100, 30_001],
  ]

  /// Some steps with the kernel and in `Double`. Every other parameter has taken `late` steps less than the others: it
  /// begins after them.
  private func check(
    _ name: String, _ optimizer: ck_optimizer, rateScale: Float = 1, decay: Float = 0, gradientScale: Double = 1,
    steps: Int = 3, late: Int = 2, reference: @escaping (Int, inout Reference.Element, Double) -> Void,
    file: StaticString = #filePath, line: UInt = #line
  ) {
    func zeros(_ sizes: [Int], _: UInt64) -> [Float] { [Float](repeating: 0, count: sizes.reduce(0, +)) }
    KernelTest<[Int]>(
      name, shapes: models, edges: [[3, Shapes.edge]],
      // Averages of squares overflow where Double does not: infinities and the largest numbers are left out.
      inputs: [
        .floats("gradients", specials: [.nan] + Specials.zeros + Specials.denormals) { steps * $0.reduce(0, +) }
      ],
      outputs: [
        .updated("value", within: { _ in .optimizerValue }, specials: [.nan] + Specials.zeros) { sizes, seed in
          testValues(sizes.reduce(0, +), seed: seed)
        },
        .updated("state1", within: { _ in .optimizerAverage }, specials: [], values: zeros),
        .updated("state2", within: { _ in .optimizerSteps }, specials: [], values: zeros),
      ]
    ) { sizes, a in
      var optimizer = optimizer
      let total = sizes.reduce(0, +)
      for step in 0..<steps {
        var offset = 0
        var parameters: [ck_parameter] = []
        for (index, size) in sizes.enumerated() {
          let own = step + 1 - index % 2 * late
          defer { offset += size }
          if own < 1 { continue }
          parameters.append(
            ck_parameter(
              value: a["value"]! + offset, gradient: UnsafePointer(a["gradients"]! + step * total + offset),
              state1: a["state1"]! + offset, state2: a["state2"]! + offset, count: Int64(size), step: Int64(own),
              learning_rate_scale: rateScale, weight_decay: decay, row_length: 0))
        }
        let status = ck_optimizer_step(&optimizer, Int64(parameters.count), parameters)
        if status != CK_OK { return status }
      }
      return CK_OK
    } reference: { sizes, v in
      var elements = v.before("value").map { Reference.Element(value: $0) }
      let gradients = v["gradients"]
      for step in 0..<steps {
        var i = 0
        for (index, size) in sizes.enumerated() {
          let own = step + 1 - index % 2 * late
          for _ in 0..<size {
            if own >= 1 { reference(own, &elements[i], gradients[step * elements.count + i] * gradientScale) }
            i += 1
          }
        }
      }
      return ["value": elements.map(\.value), "state1": elements.map(\.state1), "state2": elements.map(\.state2)]
    }
    .check(file: file, line: line)
  }

  private func sgd(
    rate: Float = 0.1, momentum: Float, dampening: Float = 0, scale: Float = 1, nesterov: Bool = false
  ) -> ck_optimizer {
    var optimizer = ck_optimizer()
    optimizer.kind = CK_SGD
    optimizer.sgd = ck_sgd(
      learning_rate: rate, momentum: momentum, dampening: dampening, gradient_scale: scale, nesterov: nesterov)
    return optimizer
  }

  private func adam(
    rate: Float = 0.01, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, scale: Float = 1,
    decoupled: Bool = false
  ) -> ck_optimizer {
    var optimizer = ck_optimizer()
    optimizer.kind = CK_ADAM
    optimizer.adam = ck_adam(
      learning_rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, gradient_scale: scale,
      decoupled_weight_decay: decoupled)
    return optimizer
  }

  private func rmsProp(momentum: Float, alpha: Float = 0.99, epsilon: Float = 1e-8) -> ck_optimizer {
    var optimizer = ck_optimizer()
    optimizer.kind = CK_RMSPROP
    optimizer.rmsprop = ck_rmsprop(
      learning_rate: 0.01, alpha: alpha, epsilon: epsilon, momentum: momentum, gradient_scale: 1)
    return optimizer
  }

  private func adagrad() -> ck_optimizer {
    var optimizer = ck_optimizer()
    optimizer.kind = CK_ADAGRAD
    optimizer.adagrad = ck_adagrad(learning_rate: 0.1, epsilon: 1e-10, gradient_scale: 1)
    return optimizer
  }

  func testSGD() {
    for momentum in [Float(0), 0.9] {
      for nesterov in [false, true] {
        for decay in [Float(0), 0.01] {
          let dampening: Float = nesterov ? 0 : 0.25
          check(
            "sgd \(momentum) \(nesterov) \(decay)",
            sgd(momentum: momentum, dampening: dampening, scale: 0.25, nesterov: nesterov), rateScale: 0.5,
            decay: decay, gradientScale: 0.25
          ) { step, element, gradient in
            Reference.sgd(
              &element, gradient: gradient, rate: Double(Float(0.1)) * 0.5, momentum: Double(momentum),
              dampening: Double(dampening), nesterov: nesterov, first: step == 1, decay: Double(decay))
          }
        }
      }
    }
  }

  func testAdamAndAdamW() {
    for decoupled in [false, true] {
      for decay in [Float(0), 0.01] {
        check(
          "adam \(decoupled) \(decay)", adam(scale: 0.5, decoupled: decoupled), rateScale: 2, decay: decay,
          gradientScale: 0.5, steps: 5
        ) { step, element, gradient in
          Reference.adam(
            &element, gradient: gradient, rate: Double(Float(0.01)) * 2, beta1: Double(Float(0.9)),
            beta2: Double(Float(0.999)), epsilon: 1e-8, step: step, decay: Double(decay), decoupled: decoupled)
        }
      }
    }
  }

  func testRMSProp() {
    for momentum in [Float(0), 0.9] {
      for decay in [Float(0), 0.01] {
        check("rmsprop \(momentum) \(decay)", rmsProp(momentum: momentum), decay: decay) { _, element, gradient in
          Reference.rmsProp(
            &element, gradient: gradient, rate: Double(Float(0.01)), alpha: Double(Float(0.99)), epsilon: 1e-8,
            momentum: Double(momentum), decay: Double(decay))
          if momentum == 0 { element.state2 = 0 }
        }
      }
    }
  }

  func testAdagrad() {
    for decay in [Float(0), 0.01] {
      check("adagrad \(decay)", adagrad(), decay: decay) { _, element, gradient in
        Reference.adagrad(&element, gradient: gradient, rate: Double(Float(0.1)), epsilon: 1e-10, decay: Double(decay))
      }
    }
  }

  /// One parameter's step: value, state1 and state2 afterwards.
  private func step(
    _ optimizer: ck_optimizer, _ number: Int, _ arrays: [[Float]], gradient: [Float], decay: Float = 0,
    rowLength: Int = 0
  ) -> [[Float]] {
    var (optimizer, value, state1, state2) = (optimizer, arrays[0], arrays[1], arrays[2])
    value.withUnsafeMutableBufferPointer { value in
      gradient.withUnsafeBufferPointer { gradient in
        state1.withUnsafeMutableBufferPointer { state1 in
          state2.withUnsafeMutableBufferPointer { state2 in
            let parameter = ck_parameter(
              value: value.baseAddress, gradient: gradient.baseAddress, state1: state1.baseAddress,
              state2: state2.baseAddress, count: Int64(value.count), step: Int64(number), learning_rate_scale: 1,
              weight_decay: decay, row_length: Int64(rowLength))
            XCTAssertEqual(ck_optimizer_step(&optimizer, 1, [parameter]), CK_OK)
          }
        }
      }
    }
    return [value, state1, state2]
  }

  /// Adam's first step has the size of the learning rate whatever the gradient: bias correction at work.
  func testAdamsFirstStepIsTheLearningRate() {
    let zeros: [Float] = [0, 0, 0]
    let result = step(
      adam(rate: 0.125, epsilon: 1e-12), 1, [[1, 1, 1], zeros, zeros], gradient: [1e-3, 5, -200])
    assertClose(result[0], [0.875, 0.875, 1.125], within: .optimizerValue)
  }

  /// Averages of a gradient that has become 0 end at 0, and not as denormal numbers.
  func testAveragesThatDecayEndAtZero() {
    let least = Float.leastNormalMagnitude
    let small: [Float] = [1, -1, 1.5, -1.5, 2, -2, 100, 0.25, -0.25].map { $0 * least } + [0, -0.0, 1]
    let count = small.count * 3
    let first = (0..<count).map { small[$0 % small.count] }
    let zero = [Float](repeating: 0, count: count)
    func halved(_ x: Float) -> Float { x / 2 }
    func flushed(_ x: Float) -> Float { abs(x / 2) < least ? 0 : x / 2 }
    func untouched(_ x: Float) -> Float { x }
    let squares = first.map(abs)
    typealias Case = (String, ck_optimizer, [[Float]], (Float) -> Float, (Float) -> Float)
    let cases: [Case] = [
      ("sgd", sgd(momentum: 0.5), [first, first], flushed, untouched),
      ("adam", adam(beta1: 0.5, beta2: 0.5), [first, squares], flushed, flushed),
      ("adam, small epsilon", adam(beta1: 0.5, beta2: 0.5, epsilon: 1e-12), [first, squares], flushed, halved),
      ("rmsprop", rmsProp(momentum: 0.5, alpha: 0.5), [squares, first], flushed, flushed),
    ]
    for (name, optimizer, states, expected1, expected2) in cases {
      onEveryMachine {
        step(optimizer, 2, [.init(repeating: 1, count: count)] + states, gradient: zero)
      } check: { outputs, isa in
        XCTAssertEqual(outputs[1], states[0].map(expected1), "\(isa): \(name), state1")
        XCTAssertEqual(outputs[2], states[1].map(expected2), "\(isa): \(name), state2")
      }
    }
  }

  #if canImport(Glibc) && arch(x86_64)
    /// Flush-to-zero and denormals-are-zero on the calling thread, and so on all, change no bit.
    func testTheProcessorsModeForDenormalsDoesNotMatter() {
      let count = 40_000
      let gradients = (0..<3).map { seed in
        testValues(count, seed: UInt64(20 + seed)).enumerated().map { $0 % 5 == 0 ? $1 : 0 }
      }
      // From 2^-114 to 2^-125 and halved at each step: some pass the limit.
      let states = (0..<count).map { Float(sign: .plus, exponent: -114 - $0 % 12, significand: 1 + Float($0 % 7) / 8) }
      for optimizer in [sgd(momentum: 0.5), adam(beta1: 0.5, beta2: 0.5), rmsProp(momentum: 0.5, alpha: 0.5)] {
        var mode = fenv_t()
        fegetenv(&mode)
        defer { fesetenv(&mode) }
        let runs = [UInt32(0), 0x8040].map { flags in
          var changed = mode
          changed.__mxcsr = mode.__mxcsr & ~0x8040 | flags
          fesetenv(&changed)
          var arrays = [testValues(count, seed: 1), states, states]
          for (number, gradient) in gradients.enumerated() {
            arrays = step(optimizer, number + 2, arrays, gradient: gradient)
          }
          return arrays.map { $0.map(\.bitPattern) }
        }
        XCTAssertEqual(runs[0], runs[1], "optimizer \(optimizer.kind.rawValue)")
      }
    }
  #endif

  /// Of rows only those move whose gradient has an element that is not 0 (a NaN is not), with the bits of a step of all; the
  /// others keep all their bits.
  func testOnlyTouchedRowsMove() {
    for (rows, length) in [(1, 1), (7, 3), (40, 33), (300, 64), (5, 3000), (4000, 10)] {
      let count = rows * length
      let touched = (0..<rows).map { $0 % 5 == 1 || $0 % 7 == 3 || $0 == rows - 1 }
      var gradient = testValues(count, seed: 11)
      for row in 0..<rows where !touched[row] {
        for column in 0..<length { gradient[row * length + column] = column % 2 == 0 ? 0 : -0.0 }
      }
      // One element is enough, be it the last or no number.
      for column in 0..<length - 1 { gradient[(rows - 1) * length + column] = 0 }
      if rows > 3 { gradient[3 * length] = .nan }
      let squares = testValues(count, seed: 13).map(abs)
      let arrays = [testValues(count, seed: 12), squares, squares]
      for optimizer in [sgd(momentum: 0), sgd(momentum: 0.9), adam(), rmsProp(momentum: 0.9), adagrad()] {
        onEveryMachine {
          step(optimizer, 3, arrays, gradient: gradient, decay: 0.1, rowLength: length)
            + step(optimizer, 3, arrays, gradient: gradient, decay: 0.1)
        } check: { outputs, isa in
          for index in 0..<3 {
            for row in 0..<rows {
              let part = row * length..<(row + 1) * length
              let expected = touched[row] ? outputs[3 + index][part] : arrays[index][part]
              XCTAssertEqual(
                outputs[index][part].map(\.bitPattern), expected.map(\.bitPattern),
                "\(isa): optimizer \(optimizer.kind.rawValue), row \(row) of \(rows)×\(length), array \(index)")
            }
          }
        }
      }
    }
  }

  private func norm(_ gradients: [[Float]]) -> (ck_status, Float) {
    var result: Float = -1
    let flat = gradients.flatMap { $0 }
    let status = flat.withUnsafeBufferPointer { flat in
      var offset = 0
      var parameters: [ck_parameter] = []
      for gradient in gradients {
        parameters.append(
          ck_parameter(
            value: nil, gradient: flat.baseAddress.map { $0 + offset }, state1: nil, state2: nil,
            count: Int64(gradient.count), step: 0, learning_rate_scale: 1, weight_decay: 0, row_length: 0))
        offset += gradient.count
      }
      return ck_gradient_norm(Int64(parameters.count), parameters, &result)
    }
    return (status, result)
  }

  func testGradientNorm() {
    for sizes in models + [[200_001]] {
      let gradients = sizes.enumerated().map { testValues($1, seed: UInt64($0)) }
      let expected = gradients.joined().reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      onEveryMachine {
        let (status, result) = norm(gradients)
        XCTAssertEqual(status, CK_OK)
        return [[result]]
      } check: { outputs, isa in
        assertClose(outputs[0], [expected], within: .gradientNorm, "\(isa): \(sizes)")
      }
    }
  }

  /// Squares that overflow or vanish in Float do not, and what is not finite stays visible.
  func testGradientNormOfExtremes() {
    assertClose([norm([[3e30, 4e30]]).1, norm([[3e-30], [4e-30]]).1], [5e30, 5e-30], within: .gradientNorm)
    XCTAssertEqual(norm([[1, .infinity]]).1, .infinity)
    XCTAssertTrue(norm([[1, .nan], [2]]).1.isNaN)
  }

  func testBadArgumentsAreRefused() {
    var x: [Float] = [1]
    x.withUnsafeMutableBufferPointer { x in
      let p = x.baseAddress
      func status(
        _ optimizer: ck_optimizer, count: Int64 = 1, step: Int64 = 1, gradient: Bool = true, states: Int = 2,
        parameters: Int64 = 1, rowLength: Int64 = 0
      ) -> ck_status {
        var optimizer = optimizer
        let parameter = ck_parameter(
          value: p, gradient: gradient ? UnsafePointer(p) : nil, state1: states > 0 ? p : nil,
          state2: states > 1 ? p : nil, count: count, step: step, learning_rate_scale: 1, weight_decay: 0,
          row_length: rowLength)
        return ck_optimizer_step(&optimizer, parameters, [parameter])
      }
      var optimizer = adam()
      XCTAssertEqual(ck_optimizer_step(nil, 0, nil), CK_INVALID_ARGUMENT)
      XCTAssertEqual(ck_optimizer_step(&optimizer, 1, nil), CK_INVALID_ARGUMENT)
      XCTAssertEqual(ck_optimizer_step(&optimizer, 0, nil), CK_OK)
      XCTAssertEqual(status(adam(), parameters: -1), CK_INVALID_ARGUMENT)
      XCTAssertEqual(status(adam(), states: 1), CK_INVALID_ARGUMENT)
      XCTAssertEqual(status(adam(), count: -1), CK_INVALID_ARGUMENT)
      XCTAssertEqual(status(adam(), count: .max), CK_INVALID_ARGUMENT)
      XCTAssertEqual(status(adam(), step: 0), CK_INVALID_ARGUMENT)
      XCTAssertEqual(status(adam(), rowLength: -1), CK_INVALID_ARGUMENT)
      XCTAssertEqual(status(adam(), rowLength: 2), CK_INVALID_ARGUMENT)
      XCTAssertEqual(status(adam(), gradient: false), CK_INVALID_ARGUMENT)
      XCTAssertEqual(status(sgd(momentum: 0.9), states: 0), CK_INVALID_ARGUMENT)
      XCTAssertEqual(status(rmsProp(momentum: 0.9), states: 1), CK_INVALID_ARGUMENT)
      XCTAssertEqual(status(adagrad(), states: 0), CK_INVALID_ARGUMENT)
      optimizer.kind = CK_OPTIMIZER_COUNT
      XCTAssertEqual(status(optimizer), CK_INVALID_ARGUMENT)
      optimizer.kind = ck_optimizer_kind(rawValue: 77)
      XCTAssertEqual(status(optimizer), CK_INVALID_ARGUMENT)
      XCTAssertEqual(ck_gradient_norm(1, nil, nil), CK_INVALID_ARGUMENT)
    }
    XCTAssertEqual(x, [1])
  }
}
