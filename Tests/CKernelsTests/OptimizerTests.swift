import CKernels
import ReferenceKernels
import XCTest

final class OptimizerTests: XCTestCase {
  /// Sizes of the parameters of one model, small and empty ones among them; and one model that threads share.
  private let models = [[], [1], [3, 0, 17, 1], [1024, 1025, 5, 64], [40_000, 100, 30_001]]

  /// Runs `steps` steps with the kernel and in `Double`, and compares values and both states.
  private func check(
    _ name: String, rateScale: Float = 1, decay: Float = 0, gradientScale: Double = 1, steps: Int = 3,
    kernel: (Int, [ck_parameter]) -> ck_status, reference: (Int, inout Reference.Element, Double) -> Void,
    file: StaticString = #filePath, line: UInt = #line
  ) {
    for sizes in models {
      let total = sizes.reduce(0, +)
      let start = testValues(total, seed: 1)
      let gradients = (0..<steps).map { testValues(total, seed: UInt64(10 + $0)) }
      var elements = start.map { Reference.Element(value: Double($0)) }
      for (step, gradient) in gradients.enumerated() {
        for i in 0..<total { reference(step + 1, &elements[i], Double(gradient[i]) * gradientScale) }
      }
      onEveryMachine(file: file, line: line) {
        var value = start + [-7]
        var state1 = [Float](repeating: 0, count: total) + [-7]
        var state2 = state1
        for (step, gradient) in gradients.enumerated() {
          value.withUnsafeMutableBufferPointer { value in
            state1.withUnsafeMutableBufferPointer { state1 in
              state2.withUnsafeMutableBufferPointer { state2 in
                gradient.withUnsafeBufferPointer { gradient in
                  var offset = 0
                  var parameters: [ck_parameter] = []
                  for size in sizes {
                    parameters.append(
                      ck_parameter(
                        value: value.baseAddress! + offset, gradient: gradient.baseAddress.map { $0 + offset },
                        state1: state1.baseAddress! + offset, state2: state2.baseAddress! + offset, count: Int64(size),
                        learning_rate_scale: rateScale, weight_decay: decay))
                    offset += size
                  }
                  XCTAssertEqual(kernel(step + 1, parameters), CK_OK, file: file, line: line)
                }
              }
            }
          }
        }
        XCTAssertEqual([value.removeLast(), state1.removeLast(), state2.removeLast()], [-7, -7, -7])
        return [value, state1, state2]
      } check: { outputs, isa in
        assertClose(
          outputs[0], elements.map(\.value), relative: 2e-6, absolute: 2e-6, "\(isa): \(name), value, \(sizes)",
          file: file,
          line: line)
        assertClose(
          outputs[1], elements.map(\.state1), relative: 2e-6, absolute: 1e-6, "\(isa): \(name), state1, \(sizes)",
          file: file,
          line: line)
        // RMSProp's momentum adds steps of up to 1 / sqrt(1 - alpha) = 10 of either sign.
        assertClose(
          outputs[2], elements.map(\.state2), relative: 2e-6, absolute: 5e-6, "\(isa): \(name), state2, \(sizes)",
          file: file,
          line: line)
      }
    }
  }

  func testSGD() {
    for momentum in [Float(0), 0.9] {
      for nesterov in [false, true] {
        for decay in [Float(0), 0.01] {
          let dampening: Float = nesterov ? 0 : 0.25
          check(
            "sgd \(momentum) \(nesterov) \(decay)", rateScale: 0.5, decay: decay, gradientScale: 0.25
          ) { step, parameters in
            var options = ck_sgd(
              learning_rate: 0.1, momentum: momentum, dampening: dampening, gradient_scale: 0.25, nesterov: nesterov,
              first_step: step == 1)
            return ck_sgd_step(&options, Int64(parameters.count), parameters)
          } reference: { step, element, gradient in
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
        check("adam \(decoupled) \(decay)", rateScale: 2, decay: decay, gradientScale: 0.5, steps: 5) {
          step, parameters in
          var options = ck_adam(
            learning_rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, gradient_scale: 0.5, step: Int64(step),
            decoupled_weight_decay: decoupled)
          return ck_adam_step(&options, Int64(parameters.count), parameters)
        } reference: { step, element, gradient in
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
        check("rmsprop \(momentum) \(decay)", decay: decay) { _, parameters in
          var options = ck_rmsprop(
            learning_rate: 0.01, alpha: 0.99, epsilon: 1e-8, momentum: momentum, gradient_scale: 1)
          return ck_rmsprop_step(&options, Int64(parameters.count), parameters)
        } reference: { _, element, gradient in
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
      check("adagrad \(decay)", decay: decay) { _, parameters in
        var options = ck_adagrad(learning_rate: 0.1, epsilon: 1e-10, gradient_scale: 1)
        return ck_adagrad_step(&options, Int64(parameters.count), parameters)
      } reference: { _, element, gradient in
        Reference.adagrad(&element, gradient: gradient, rate: Double(Float(0.1)), epsilon: 1e-10, decay: Double(decay))
      }
    }
  }

  /// Adam's first step has the size of the learning rate whatever the gradient: bias correction at work.
  func testAdamsFirstStepIsTheLearningRate() {
    var value: [Float] = [1, 1, 1]
    let gradient: [Float] = [1e-3, 5, -200]
    var m: [Float] = [0, 0, 0]
    var v: [Float] = [0, 0, 0]
    var options = ck_adam(
      learning_rate: 0.125, beta1: 0.9, beta2: 0.999, epsilon: 1e-12, gradient_scale: 1, step: 1,
      decoupled_weight_decay: false)
    value.withUnsafeMutableBufferPointer { value in
      gradient.withUnsafeBufferPointer { gradient in
        m.withUnsafeMutableBufferPointer { m in
          v.withUnsafeMutableBufferPointer { v in
            let parameter = ck_parameter(
              value: value.baseAddress, gradient: gradient.baseAddress, state1: m.baseAddress, state2: v.baseAddress,
              count: 3, learning_rate_scale: 1, weight_decay: 0)
            XCTAssertEqual(ck_adam_step(&options, 1, [parameter]), CK_OK)
          }
        }
      }
    }
    assertClose(value, [0.875, 0.875, 1.125], relative: 1e-6)
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
            count: Int64(gradient.count), learning_rate_scale: 1, weight_decay: 0))
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
        assertClose(outputs[0], [expected], relative: 1e-7, "\(isa): \(sizes)")
      }
    }
  }

  /// Squares that overflow or vanish in Float do not, and what is not finite stays visible.
  func testGradientNormOfExtremes() {
    XCTAssertEqual(norm([[3e30, 4e30]]).1, 5e30, accuracy: 1e24)
    XCTAssertEqual(norm([[3e-30], [4e-30]]).1, 5e-30, accuracy: 1e-36)
    XCTAssertEqual(norm([[1, .infinity]]).1, .infinity)
    XCTAssertTrue(norm([[1, .nan], [2]]).1.isNaN)
  }

  func testBadArgumentsAreRefused() {
    var x: [Float] = [1]
    x.withUnsafeMutableBufferPointer { x in
      let p = x.baseAddress
      func parameter(count: Int64 = 1, state1: UnsafeMutablePointer<Float>?, state2: UnsafeMutablePointer<Float>?)
        -> [ck_parameter]
      {
        [
          ck_parameter(
            value: p, gradient: p, state1: state1, state2: state2, count: count, learning_rate_scale: 1, weight_decay: 0
          )
        ]
      }
      var adam = ck_adam(
        learning_rate: 1, beta1: 0.9, beta2: 0.9, epsilon: 1, gradient_scale: 1, step: 1, decoupled_weight_decay: false)
      XCTAssertEqual(ck_adam_step(nil, 0, nil), CK_INVALID_ARGUMENT)
      XCTAssertEqual(ck_adam_step(&adam, 1, nil), CK_INVALID_ARGUMENT)
      XCTAssertEqual(ck_adam_step(&adam, 1, parameter(state1: p, state2: nil)), CK_INVALID_ARGUMENT)
      XCTAssertEqual(ck_adam_step(&adam, 1, parameter(count: -1, state1: p, state2: p)), CK_INVALID_ARGUMENT)
      adam.step = 0
      XCTAssertEqual(ck_adam_step(&adam, 1, parameter(state1: p, state2: p)), CK_INVALID_ARGUMENT)
      var sgd = ck_sgd(
        learning_rate: 1, momentum: 0.9, dampening: 0, gradient_scale: 1, nesterov: false, first_step: true)
      XCTAssertEqual(ck_sgd_step(&sgd, 1, parameter(state1: nil, state2: nil)), CK_INVALID_ARGUMENT)
      var rmsprop = ck_rmsprop(learning_rate: 1, alpha: 0.9, epsilon: 1, momentum: 0.9, gradient_scale: 1)
      XCTAssertEqual(ck_rmsprop_step(&rmsprop, 1, parameter(state1: p, state2: nil)), CK_INVALID_ARGUMENT)
      var adagrad = ck_adagrad(learning_rate: 1, epsilon: 1, gradient_scale: 1)
      XCTAssertEqual(ck_adagrad_step(&adagrad, 1, parameter(state1: nil, state2: nil)), CK_INVALID_ARGUMENT)
      XCTAssertEqual(ck_gradient_norm(1, parameter(state1: nil, state2: nil), nil), CK_INVALID_ARGUMENT)
    }
    XCTAssertEqual(x, [1])
  }
}
