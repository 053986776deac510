import Foundation
import XCTest

@testable import Myelin

final class TapeTests: XCTestCase {
  func testAnOperationWithSeveralResultsGoesBackOnce() {
    final class Calls: @unchecked Sendable { var gradients: [[Float]?] = [] }
    let x = Parameter(Tensor([1, 2, 3]))
    let calls = Calls()
    /// Double and square of x, as one operation.
    func both(_ x: Tensor) -> (double: Tensor, square: Tensor) {
      var results = [x.detached * 2, x.detached.squared()]
      guard let source = x.source else { return (results[0], results[1]) }
      let value = x.detached
      Tensor.record("both", &results) { gradients, pass in
        calls.gradients = gradients.map { $0?.scalars }
        if let double = gradients[0] { pass.accumulate(into: source, double * 2) }
        if let square = gradients[1] { pass.accumulate(into: source, square * value * 2) }
      }
      return (results[0], results[1])
    }
    let (double, square) = both(x.value)
    (double.sum() + (square * 3).sum()).backward()
    XCTAssertEqual(calls.gradients, [[1, 1, 1], [3, 3, 3]])
    XCTAssertEqual(x.gradient!.scalars, [8, 14, 20])

    // One result alone: the other has no gradient.
    x.gradient = nil
    both(x.value).square.sum().backward()
    XCTAssertEqual(calls.gradients, [nil, [1, 1, 1]])
    XCTAssertEqual(x.gradient!.scalars, [2, 4, 6])
  }

  /// One kernel writes both gradients of a product, also where both are of one value.
  func testSeveralGradientsInOneCall() {
    func product(_ a: Tensor, _ b: Tensor) -> Tensor {
      var result = a.detached * b.detached
      let (first, second) = (a.source, b.source)
      let (a, b) = (a.detached, b.detached)
      result.record("product") { gradient, pass in
        pass.accumulate(into: first, second) { da, db, none in
          XCTAssertNil(none.pointer)
          for index in 0..<gradient.count {
            let g = gradient.pointer[index]
            if let pointer = da.pointer {
              pointer[index] = (da.mode == .accumulate ? pointer[index] : 0) + g * b.pointer[index]
            }
            if let pointer = db.pointer {
              pointer[index] = (db.mode == .accumulate ? pointer[index] : 0) + g * a.pointer[index]
            }
          }
        }
      }
      return result
    }
    let (x, y) = (Parameter(Tensor([1, 2])), Parameter(Tensor([5, 7])))
    product(x.value, y.value).sum().backward()
    XCTAssertEqual(x.gradient!.scalars, [5, 7])
    XCTAssertEqual(y.gradient!.scalars, [1, 2])
    // Added to what is there, and only where it is wanted.
    product(x.value, Tensor([1, 1])).sum().backward()
    XCTAssertEqual(x.gradient!.scalars, [6, 8])
    XCTAssertEqual(y.gradient!.scalars, [1, 2])
    x.gradient = nil
    product(x.value, x.value).sum().backward()
    XCTAssertEqual(x.gradient!.scalars, [2, 4])
    // A value in the middle of the tape.
    x.gradient = nil
    let middle = x.value * 3
    product(middle, middle).sum().backward()
    XCTAssertEqual(x.gradient!.scalars, [18, 36])
  }

  /// 10⁶ operations dropped unused, on a stack of 1 MB: released one inside the other they would need a hundred times that.
  func testALongTapeCanBeDropped() {
    let dropped = expectation(description: "dropped")
    let thread = Thread {
      let x = Parameter(Tensor(1))
      var value = x.value
      for _ in 0..<1_000_000 { value = value * 1.0000001 }
      value = Tensor(0)
      dropped.fulfill()
    }
    thread.stackSize = 1 << 20
    thread.start()
    wait(for: [dropped], timeout: 120)
  }

  func testPartsAddToWhatIsThere() {
    let x = Parameter(Tensor((0..<12).map(Float.init), shape: [4, 3]))
    let value = x.value
    // Rows 0, 1, 1, 3 and column 2, and the maxima of the rows, all into one gradient.
    let loss =
      value[0..<2].sum() + value[1..<2].sum() * 10 + value.gathered(Indices([3, 3])).sum()
      + value.sliced(2..<3, axis: 1).sum() * 100 + value.max(axis: 1).sum() * 1000
    loss.backward()
    XCTAssertEqual(
      x.gradient!.scalars,
      [1, 1, 1101, 11, 11, 1111, 0, 0, 1100, 2, 2, 1102])
  }

  /// Squares that overflow or vanish in Float: value and gradient are those of (3, 4) at any magnitude.
  func testNormAtEachMagnitude() {
    let tiny = Float.leastNormalMagnitude / 100
    for magnitude: Float in [.leastNonzeroMagnitude, tiny, 1e-30, 1e-20, 1, 1e20, 1e30, 4e37] {
      let values = [3 * magnitude, 4 * magnitude]
      let exact = (Double(values[0]) * Double(values[0]) + Double(values[1]) * Double(values[1])).squareRoot()
      let x = Parameter(Tensor(values))
      let norm = x.value.norm()
      XCTAssertEqual(Double(norm.scalar), exact, accuracy: exact * 1e-7 + Double(Float.leastNonzeroMagnitude))
      norm.backward()
      for (found, value) in zip(x.gradient!.scalars, values) {
        XCTAssertEqual(Double(found), Double(value) / exact, accuracy: 2e-7, "\(magnitude)")
      }
    }
    // The norm itself is beyond Float; its gradient is not.
    let x = Parameter(Tensor([3e38, 3e38]))
    let norm = x.value.norm()
    XCTAssertEqual(norm.scalar, .infinity)
    norm.backward()
    XCTAssertEqual(x.gradient!.scalars[0], Float(0.5).squareRoot(), accuracy: 1e-6)
    // Longer than several threads and blocks.
    XCTAssertEqual(Tensor([Float](repeating: 1e25, count: 1_000_000)).norm().scalar, 1e28, accuracy: 1e22)
    XCTAssertEqual(Tensor([] as [Float]).norm().scalar, 0)
    XCTAssertTrue(Tensor([1, .nan]).norm().scalar.isNaN)
    XCTAssertEqual(Tensor([1, -.infinity]).norm().scalar, .infinity)
  }

  func testNormAndPowersAtZero() {
    let x = Parameter(Tensor([0, 0]))
    x.value.norm().backward()
    XCTAssertEqual(x.gradient!.scalars, [0, 0])
    x.value = Tensor([3, 4])
    x.gradient = nil
    (x.value.norm() * 2).backward()
    XCTAssertEqual(x.gradient!.scalars, [1.2, 1.6])

    // x⁰ is 1 everywhere.
    for exponent: Float in [0, 1, 2, 0.5] {
      let base = Parameter(Tensor([0, 2]))
      pow(base.value, exponent).sum().backward()
      let expected: [Float] =
        switch exponent {
        case 0: [0, 0]
        case 1: [1, 1]
        case 2: [0, 4]
        default: [.infinity, 0.5 * powf(2, -0.5)]
        }
      for (found, expected) in zip(base.gradient!.scalars, expected) {
        if expected.isInfinite {
          XCTAssertEqual(found, expected)
        } else {
          XCTAssertEqual(found, expected, accuracy: 1e-6)
        }
      }
    }
    // As PyTorch: d(0ᵇ)/db is 0 for b ≥ 0.
    let exponent = Parameter(Tensor([0, 1, 2]))
    pow(Tensor([0, 0, 0]), exponent.value).sum().backward()
    XCTAssertEqual(exponent.gradient!.scalars, [0, 0, 0])
    // Numbers as exponents need no type.
    XCTAssertEqual(pow(Tensor([2, 3]), 2).scalars, [4, 9])
    XCTAssertEqual(pow(Tensor([4, 9]), 0.5).scalars, [2, 3])
    XCTAssertEqual(pow(Tensor([2, 3]), Tensor([3, 2])).scalars, [8, 9])
  }
}
