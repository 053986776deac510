import Myelin
import XCTest

final class ConvolutionTests: XCTestCase {
  /// The sum over a window, by hand.
  private func plain(
    _ x: Tensor, _ w: Tensor, stride: (Int, Int), pads: (top: Int, left: Int), dilation: (Int, Int), groups: Int,
    size: (Int, Int)
  ) -> [Float] {
    let (n, h, wd, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let (kh, kw, part, o) = (w.shape[0], w.shape[1], w.shape[2], w.shape[3])
    let (xs, ws) = (x.scalars, w.scalars)
    var result: [Float] = []
    for image in 0..<n {
      for p in 0..<size.0 {
        for q in 0..<size.1 {
          for out in 0..<o {
            var sum = 0.0
            for i in 0..<kh {
              for j in 0..<kw {
                let (y, xx) = (p * stride.0 + i * dilation.0 - pads.top, q * stride.1 + j * dilation.1 - pads.left)
                guard (0..<h).contains(y), (0..<wd).contains(xx) else { continue }
                for channel in 0..<part {
                  let input = out / (o / groups) * part + channel
                  sum +=
                    Double(xs[((image * h + y) * wd + xx) * c + input])
                    * Double(ws[((i * kw + j) * part + channel) * o + out])
                }
              }
            }
            result.append(Float(sum))
          }
        }
      }
    }
    return result
  }

  func testAgainstTheSum() {
    let random = RandomGenerator(seed: 3)
    let geometries: [(ConvolutionGeometry, pads: (Int, Int))] = [
      (ConvolutionGeometry(kernel: 3, padding: 1), (1, 1)),
      (
        ConvolutionGeometry(kernel: (2, 3), stride: (2, 1), padding: .explicit(top: 0, bottom: 1, left: 2, right: 0)),
        (0, 2)
      ),
      (ConvolutionGeometry(kernel: 3, stride: 3, dilation: 2), (0, 0)),
      (ConvolutionGeometry(kernel: 3, padding: .same, groups: 2), (1, 1)),
      (ConvolutionGeometry(kernel: 3, padding: .same, groups: 4), (1, 1)),
      (ConvolutionGeometry(kernel: 1, stride: 4), (0, 0)),
    ]
    for (geometry, pads) in geometries {
      let x = random.normal([2, 7, 6, 4])
      let w = random.normal([geometry.kernel.height, geometry.kernel.width, 4 / geometry.groups, 8])
      let result = convolution(x, w, geometry: geometry)
      let size = geometry.outputSize(height: 7, width: 6)!
      XCTAssertEqual(result.shape, [2, size.height, size.width, 8])
      let expected = plain(
        x, w, stride: (geometry.strideY, geometry.strideX), pads: (pads.0, pads.1),
        dilation: (geometry.dilationY, geometry.dilationX), groups: geometry.groups, size: (size.height, size.width))
      for (a, b) in zip(result.scalars, expected) { XCTAssertEqual(a, b, accuracy: 1e-4, "\(geometry)") }
    }
  }

  /// The sizes of PyTorch's documentation: `same` keeps ⌈size / stride⌉.
  func testSizes() {
    XCTAssertTrue(ConvolutionGeometry(kernel: 5, padding: .same).outputSize(height: 7, width: 1)! == (7, 1))
    XCTAssertTrue(ConvolutionGeometry(kernel: 4, stride: 2, padding: .same).outputSize(height: 7, width: 8)! == (4, 4))
    XCTAssertTrue(ConvolutionGeometry(kernel: 2, stride: 5, padding: .same).outputSize(height: 11, width: 3)! == (3, 1))
    XCTAssertNil(ConvolutionGeometry(kernel: 3).outputSize(height: 2, width: 9))
    XCTAssertTrue(ConvolutionGeometry(kernel: 3, padding: 1).outputSize(height: 1, width: 1)! == (1, 1))
    XCTAssertTrue(ConvolutionGeometry(kernel: 3, stride: 2, padding: 1).transposedSize(height: 4, width: 5) == (7, 9))
    XCTAssertTrue(
      ConvolutionGeometry(kernel: 3, stride: 2, padding: .same).transposedSize(height: 4, width: 5) == (8, 10))
  }

  func testGradients() {
    RandomGenerator.shared.reset(seed: 5)
    func check(_ layer: some Module<Tensor, Tensor>, _ shape: Shape, line: UInt = #line) {
      let x = Parameter(RandomGenerator.shared.normal(shape))
      let seed = RandomGenerator.shared.normal(withoutGradient { layer(x.value) }.shape)
      let result = checkGradients(of: layer.parameters + [x]) { (layer(x.value) * seed).sum() }
      XCTAssertTrue(result.isWithin(1e-2), "\(result.worst)", line: line)
    }
    check(Conv2D(3, 4, kernel: 3, padding: 1, activation: .tanh), [2, 5, 4, 3])
    check(Conv2D(4, 6, kernel: 3, stride: 2, padding: .same, groups: 2, activation: .gelu), [2, 5, 6, 4])
    check(DepthwiseConv2D(5, kernel: 3, multiplier: 2, padding: 1, bias: false), [1, 4, 4, 5])
    check(Conv2D(2, 3, kernel: 2, dilation: 2, activation: .sigmoid), [2, 4, 5, 2])
    check(Conv1D(3, 4, kernel: 3, padding: .causal, dilation: 2, activation: .tanh), [2, 7, 3])
    check(ConvTranspose2D(4, 3, kernel: 3, stride: 2, padding: 1, outputPadding: 1, activation: .tanh), [2, 3, 2, 4])
    check(ConvTranspose2D(4, 6, kernel: 2, stride: 2, groups: 2, bias: false), [1, 3, 3, 4])
  }

  func testResidualIsAddedBeforeTheActivation() {
    RandomGenerator.shared.reset(seed: 6)
    let layer = Conv2D(2, 2, kernel: 3, padding: 1, activation: .relu)
    let x = Parameter(RandomGenerator.shared.normal([1, 3, 3, 2]))
    let residual = Parameter(RandomGenerator.shared.normal([1, 3, 3, 2]))
    layer(x.value, adding: residual.value).sum().backward()
    let linear = convolution(x.value, layer.weight.value, layer.bias!.value, geometry: layer.geometry)
    let sum = (linear + residual.value).detached
    XCTAssertEqual(layer(x.value, adding: residual.value).scalars, sum.scalars.map { max($0, 0) })
    XCTAssertEqual(residual.gradient?.scalars, sum.scalars.map { $0 > 0 ? 1 : 0 })
  }

  /// No step of a causal convolution sees a later one.
  func testCausalConvolution() {
    let layer = Conv1D(1, 1, kernel: 3, padding: .causal, bias: false, initializer: .constant(1))
    let x = Tensor([1, 2, 4, 8, 16], shape: [1, 5, 1])
    XCTAssertEqual(layer(x).scalars, [1, 3, 7, 14, 28])
  }

  func testTransposedConvolutionIsTheInputGradient() {
    RandomGenerator.shared.reset(seed: 7)
    let geometry = ConvolutionGeometry(kernel: 3, stride: 2, padding: 1)
    let w = RandomGenerator.shared.normal([3, 3, 2, 4])
    let picture = Parameter(RandomGenerator.shared.normal([1, 7, 5, 2]))
    let y = convolution(picture.value, w, geometry: geometry)
    let dy = RandomGenerator.shared.normal(y.shape)
    y.backward(gradient: dy)
    let result = transposedConvolution(dy, w, geometry: geometry)
    XCTAssertEqual(result.shape, picture.value.shape)
    XCTAssertEqual(result.scalars, picture.gradient!.scalars)
  }

  func testEmptyBatch() {
    let layer = Conv2D(3, 4, kernel: 3, activation: .relu)
    let x = Parameter(Tensor(zeros: [0, 5, 5, 3]))
    let y = layer(x.value)
    XCTAssertEqual(y.shape, [0, 3, 3, 4])
    y.sum().backward()
    XCTAssertEqual(layer.weight.gradient?.scalars.allSatisfy { $0 == 0 }, true)
  }

  func testDescriptions() {
    XCTAssertEqual("\(Conv2D(3, 16, kernel: 3, padding: 1, activation: .relu))", "Conv2D(3, 16, 3×3, padding 1, relu)")
    XCTAssertEqual(
      "\(Conv2D(4, 4, kernel: 1, stride: 2, groups: 4, bias: false))", "Conv2D(4, 4, 1×1, stride 2, 4 groups, no bias)")
    XCTAssertEqual("\(Conv1D(2, 3, kernel: 5, padding: .same))", "Conv1D(2, 3, 5, padding same)")
  }

  /// PyTorch keeps [outputs, inputs, height, width].
  func testPyTorchWeights() throws {
    let layer = Conv2D(2, 1, kernel: 2, bias: false)
    try layer.load(["weight": Tensor((0..<8).map(Float.init), shape: [1, 2, 2, 2])], layout: .pytorch)
    XCTAssertEqual(layer.weight.value.scalars, [0, 4, 1, 5, 2, 6, 3, 7])
  }
}
