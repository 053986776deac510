import Myelin
import XCTest

final class PerceptronTests: XCTestCase {
  static let corners: [[Double]] = [[0, 0], [0, 1], [1, 0], [1, 1]]

  func testANDWithTheNumbersOfTheNotes() throws {
    var gate = Perceptron(weights: [1.2, 0.6], threshold: 1)
    let training = try gate.fit(
      inputs: Self.corners, targets: [0, 0, 0, 1], learningRate: 0.5, trace: .everything)
    let first = training.steps.prefix(4)
    XCTAssertEqual(first.map { $0.sums[0] }, [0, 0.6, 1.2, 0.7 + 0.6])
    XCTAssertEqual(first.map { $0.output[0] }, [0, 0, 1, 1])
    XCTAssertEqual(first.map { $0.errors[0] }, [0, 0, -1, 0])
    XCTAssertEqual(first[2].weights, [[0.7, 0.6]], "the weight of the silent input stays")
    XCTAssertEqual(gate.weights, [[0.7, 0.6]])
    XCTAssertEqual(training.outcome, .converged(epochs: 2))
    XCTAssertEqual(training.errors, [1, 0])
    // Both weights lowered, as the rule does not: then (1, 1) fails.
    let wrong = Perceptron(weights: [0.7, 0.1], threshold: 1)
    XCTAssertEqual(wrong([1, 1]), [0])
  }

  func testEveryGateButXORAndItsOpposite() throws {
    for code in 0..<16 {
      let targets = (0..<4).map { (code >> $0) & 1 }
      var gate = Perceptron(inputs: 2)
      let training = try gate.fit(inputs: Self.corners, targets: targets, learningRate: 0.5)
      if code == 0b0110 || code == 0b1001 {
        guard case .repeats = training.outcome else {
          XCTFail("XOR and its opposite cannot be learned: \(training.outcome)")
          continue
        }
      } else {
        XCTAssertTrue(training.hasConverged, "targets \(targets)")
        XCTAssertEqual(Self.corners.map { gate($0)[0] }, targets)
      }
    }
  }

  func testSeveralOutputsLearnTogether() throws {
    var gates = Perceptron(inputs: 2, outputs: 3)
    let targets = [[0, 0, 1], [0, 1, 1], [0, 1, 1], [1, 1, 0]]
    let training = try gates.fit(inputs: Self.corners, targets: targets, learningRate: 1)
    XCTAssertTrue(training.hasConverged)
    XCTAssertEqual(Self.corners.map { gates($0) }, targets, "AND, OR and NAND")
    // Each output learns as it would alone.
    for k in 0..<3 {
      var alone = Perceptron(inputs: 2)
      _ = try alone.fit(inputs: Self.corners, targets: targets.map { $0[k] })
      XCTAssertEqual(alone.weights[0], gates.weights[k])
    }
  }

  func testSeparableDataOfAnyKindConvergeWithinNovikoffsBound() throws {
    let generator = RandomGenerator(seed: 5)
    func point() -> [Double] { generator.uniform([6], low: -1).scalars.map(Double.init) }
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let slope = point()
    let normal = slope.map { $0 / dot(slope, slope).squareRoot() }
    var inputs: [[Double]] = []
    var targets: [Int] = []
    while inputs.count < 300 {
      let x = point()
      let distance = dot(x, normal)
      guard abs(distance) > 0.05 else { continue }
      inputs.append(x)
      targets.append(distance > 0 ? 1 : 0)
    }
    var unit = Perceptron(weights: Array(repeating: 0, count: 6))
    let training = try unit.fit(inputs: inputs, targets: targets)
    XCTAssertTrue(training.hasConverged)
    // (R / γ)² updates at most; one more for the zero start, whose sum reaches the threshold 0.
    let radius = inputs.map { dot($0, $0).squareRoot() }.max()!
    XCTAssertLessThanOrEqual(Double(training.steps.count), (radius / 0.05) * (radius / 0.05) + 1)
    XCTAssertEqual(inputs.map { unit($0)[0] }, targets)
  }

  func testNotSeparableWithinTheEpochsGiven() throws {
    var unit = Perceptron(inputs: 1)
    let training = try unit.fit(
      inputs: [[0.3], [0.31], [0.32]], targets: [0, 1, 0], learningRate: 0.1, maximumEpochs: 7)
    XCTAssertEqual(training.outcome, .notSeparable(epochs: 7))
    XCTAssertEqual(training.errors.count, 7)
    XCTAssertFalse(training.errors.contains(0))
  }

  func testDataThatDoNotFitAreNamed() {
    func message(_ inputs: [[Double]], _ targets: [Int], _ rate: Double = 1) -> String {
      var unit = Perceptron(inputs: 2)
      do {
        _ = try unit.fit(inputs: inputs, targets: targets, learningRate: rate)
        return ""
      } catch { return "\(error)" }
    }
    XCTAssertEqual(message([[0, 1], [1]], [0, 1]), "sample 1: expected 2 finite numbers, found [1.0]")
    XCTAssertEqual(message([[0, .nan]], [0]), "sample 0: expected 2 finite numbers, found [0.0, nan]")
    XCTAssertEqual(message([[0, 1]], [2]), "target of sample 0: expected 1 of 0 or 1, found [2]")
    XCTAssertEqual(message([], []), "0 samples with 0 targets: expected as many, and at least one")
    XCTAssertEqual(message([[0, 1]], [1], 0), "learning rate 0.0: expected a positive number")
  }
}
