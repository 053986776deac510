import XCTest

@testable import Myelin

final class MatrixOptimizerTests: XCTestCase {
  /// Five steps each as Tests/golden/matrix_optimizers.py has them.
  func testStepsAreTheirFormulas() {
    let golden: [(String, ([Parameter]) -> Optimizer, [Float])] = [
      (
        "Lion", { Lion($0, learningRate: 0.1, weightDecay: 0.2) },
        [
          0.42352478, -1.3274456, 0.93235641, -0.25441582, 1.8362772, -0.42352478, 0.75157226, -0.15234854, 1.3274456,
        ]
      ),
      (
        "cautious Lion", { Lion($0, learningRate: 0.1, weightDecay: 0.2, cautiousDecay: true) },
        [0.42352478, -1.3274456, 1.0, -0.258742, 2.0, -0.42352478, 0.8, -0.15234854, 1.3274456]
      ),
      (
        "LAMB", { LAMB($0, learningRate: 0.1, weightDecay: 0.1) },
        [
          0.41722763, -1.3474444, 1.0187174, -0.30762548, 1.9643248, -0.40573539, 0.77850332, -0.15976494, 1.3916592,
        ]
      ),
      (
        "Muon", { Muon($0, learningRate: 0.05, adamLearningRate: 0.01, weightDecay: 0.1) },
        [
          0.97599195, -1.7535358, 0.40021207, 0.18051734, 1.5409679, -0.78026742, 0.34836725, -0.64662194, 1.9401292,
        ]
      ),
    ]
    let targets = (Tensor([0.3, -0.7, 2, -1, 3, 0], shape: [2, 3]), Tensor([1, 1, -1] as [Float]))
    let curvatures = (Tensor([1, 4, 0.25, 0.5, 2, 1], shape: [2, 3]), Tensor([1, 0.5, 2] as [Float]))
    for (name, make, expected) in golden {
      let w = Parameter(Tensor([1, -2, 0.5, 0.25, 1.5, -1], shape: [2, 3]))
      let b = Parameter(Tensor([0.3, -0.7, 2] as [Float]))
      let optimizer = make([w, b])
      for _ in 0..<5 {
        let loss =
          (curvatures.0 * (w.value - targets.0).squared()).sum()
          + (curvatures.1 * (b.value - targets.1).squared()).sum()
        optimizer.minimize(loss)
      }
      assertClose(w.value.scalars + b.value.scalars, expected, tolerance: 2e-5, name)
    }
  }

  func testOrthogonalized() {
    for shape in [[5, 9], [9, 5], [6, 6]] as [Shape] {
      let y = Muon.orthogonalized(RandomGenerator(seed: 1).normal(shape))
      XCTAssertEqual(y.shape, shape)
      let square = shape[0] < shape[1] ? matmul(y, y.transposed()) : matmul(y.transposed(), y)
      let count = min(shape[0], shape[1])
      for i in 0..<count {
        for j in 0..<count {
          XCTAssertEqual(square.scalars[i * count + j], i == j ? 1 : 0, accuracy: 0.6, "\(shape)")
        }
      }
    }
    XCTAssertTrue(Muon.orthogonalized(Tensor(zeros: [3, 4])).scalars.allSatisfy { $0 == 0 })
  }

  /// Interrupted and gone on, each gives the bits of a run that never stopped.
  func testResume() throws {
    let kinds: [([Parameter]) -> Optimizer] = [
      { Lion($0, learningRate: 0.01, weightDecay: 0.1) }, { LAMB($0, learningRate: 0.01) },
      { Muon($0, learningRate: 0.01) { $0.name == "hidden" } },
    ]
    for make in kinds {
      func run(stopping: Bool) throws -> [UInt32] {
        let w = Parameter(RandomGenerator(seed: 1).normal([6, 4])), b = Parameter(RandomGenerator(seed: 2).normal([4]))
        w.name = "hidden"
        b.name = "bias"
        let x = RandomGenerator(seed: 3).normal([10, 6])
        var optimizer = make([w, b])
        for step in 0..<6 {
          if stopping && step == 3 {
            let next = make([w, b])
            try next.restore(
              stepCount: optimizer.stepCount, parameterSteps: optimizer.parameterSteps,
              stateTensors: optimizer.stateTensors)
            optimizer = next
          }
          optimizer.minimize((dense(x, w.value, b.value, .tanh) - 0.3).squared().mean())
        }
        return (w.value.scalars + b.value.scalars).map(\.bitPattern)
      }
      XCTAssertEqual(try run(stopping: true), try run(stopping: false))
    }
  }

  func testGroupsByName() {
    let names = ["blocks.0.attention.projection.weight", "blocks.0.attention.projection.bias", "embedding.weight"]
    for (pattern, fitting) in [
      ("*.bias", [1]), ("blocks.*", [0, 1]), ("*attention*weight", [0]), ("embedding.weight", [2]), ("*", [0, 1, 2]),
      ("*.weight*", [0, 2]), ("embedding", []), ("*weight.*", []), ("embedding*embedding.weight", []),
    ] as [(String, [Int])] {
      XCTAssertEqual(names.indices.filter { Optimizer.fits(names[$0], pattern) }, fitting, pattern)
    }
    let parameters = names.map { name in
      let parameter = Parameter(Tensor(zeros: [2, 2]))
      parameter.name = name
      return parameter
    }
    let optimizer = AdamW(parameters)
    optimizer.configure(named: "*.bias", learningRateScale: 2, weightDecay: 0)
    XCTAssertEqual(optimizer.options.map(\.weightDecay), [0.01, 0, 0.01])
    XCTAssertEqual(optimizer.options.map(\.learningRateScale), [1, 2, 1])
  }
}
