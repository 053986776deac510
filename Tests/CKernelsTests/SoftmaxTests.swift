import CKernels
import ReferenceKernels
import XCTest

final class SoftmaxTests: XCTestCase {
  private func rows(_ values: [Float], _ columns: Int) -> [[Double]] {
    stride(from: 0, to: values.count, by: max(columns, 1)).map { values[$0..<($0 + columns)].map(Double.init) }
  }

  func testForwardAndBackwardAtEachWidth() {
    for (count, columns) in [
      (0, 3), (3, 0), (1, 1), (4, 2), (5, 3), (7, 10), (3, 16), (3, 17), (2, 33), (9, 100), (300, 257), (2, 5003),
    ] {
      let x = testValues(count * columns, seed: 11, in: -9...9)
      let dy = testValues(count * columns, seed: 12)
      let (r, c) = (Int64(count), Int64(columns))
      onEveryMachine {
        var y = x
        XCTAssertEqual(ck_softmax_forward(r, c, y, &y), CK_OK)
        var dx = [Float](repeating: 3, count: x.count)
        XCTAssertEqual(ck_softmax_backward(r, c, y, dy, &dx, CK_ACCUMULATE), CK_OK)
        var logY = x
        XCTAssertEqual(ck_log_softmax_forward(r, c, logY, &logY), CK_OK)
        var logDx = [Float](repeating: .nan, count: x.count)
        XCTAssertEqual(ck_log_softmax_backward(r, c, logY, dy, &logDx, CK_OVERWRITE), CK_OK)
        return [y, dx, logY, logDx]
      } check: { outputs, isa in
        let name = "\(isa) \(count)×\(columns)"
        let inputs = rows(x, columns)
        assertClose(outputs[0], inputs.flatMap(Reference.softmax), relative: 2e-6, "softmax \(name)")
        assertClose(outputs[2], inputs.flatMap(Reference.logSoftmax), relative: 1e-6, absolute: 2e-7, "log \(name)")
        guard columns < 200 else { return }  // the reference backward takes columns² steps
        let gradients = zip(inputs, rows(dy, columns))
        let dx = gradients.flatMap { Reference.softmaxBackward(y: Reference.softmax($0), dy: $1) }
        assertClose(outputs[1], dx.map { $0 + 3 }, relative: 1e-6, "backward \(name)")
        let logDx = gradients.flatMap { Reference.logSoftmaxBackward(y: Reference.logSoftmax($0), dy: $1) }
        assertClose(outputs[3], logDx, relative: 1e-5, absolute: 1e-6, "log backward \(name)")
      }
    }
  }

  func testHugeLogitsMasksAndNaN() {
    let infinity = Float.infinity
    let x: [Float] = [10_000, -10_000, 0, -infinity, 5, 5, .nan, 1, 2, 3.4e38, -3.4e38, 3.4e38]
    onEveryMachine {
      var y = x
      XCTAssertEqual(ck_softmax_forward(4, 3, x, &y), CK_OK)
      var logarithm = x
      XCTAssertEqual(ck_log_softmax_forward(4, 3, x, &logarithm), CK_OK)
      return [y, logarithm]
    } check: { outputs, isa in
      XCTAssertEqual(Array(outputs[0].prefix(6)), [1, 0, 0, 0, 0.5, 0.5], isa)
      XCTAssertTrue(outputs[0][6...8].allSatisfy(\.isNaN), isa)
      XCTAssertEqual(Array(outputs[0][9...]), [0.5, 0, 0.5], isa)
      XCTAssertEqual(Array(outputs[1].prefix(4)), [0, -20_000, -10_000, -infinity], isa)
      XCTAssertTrue(outputs[1][6...8].allSatisfy(\.isNaN), isa)
    }
  }

  func testBadArgumentsAreRefused() {
    var y: [Float] = [1]
    XCTAssertEqual(ck_softmax_forward(-1, 1, y, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_softmax_forward(1, 1, nil, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_log_softmax_forward(1, -1, y, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_softmax_backward(1, 1, y, nil, &y, CK_OVERWRITE), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_log_softmax_backward(1, 1, y, y, nil, CK_OVERWRITE), CK_INVALID_ARGUMENT)
  }
}
