@testable import Myelin
import XCTest

final class TensorTests: XCTestCase {
  func testValueSemantics() {
    let a = Tensor([1, 2, 3])
    var b = a
    b[1] = 7
    XCTAssertEqual(a.scalars, [1, 2, 3])
    XCTAssertEqual(b.scalars, [1, 7, 3])
  }

  func testBroadcastingFollowsNumPy() {
    let a = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])
    XCTAssertEqual((a + Tensor([10, 20, 30])).scalars, [11, 22, 33, 14, 25, 36])
    XCTAssertEqual((a * Tensor([2, 3], shape: [2, 1])).scalars, [2, 4, 6, 12, 15, 18])
    XCTAssertEqual((Tensor([1, 2], shape: [2, 1]) - Tensor([1, 2, 3])).scalars, [0, -1, -2, 1, 0, -1])
    XCTAssertEqual((2 / Tensor([1, 4])).scalars, [2, 0.5])
    XCTAssertEqual((Tensor(zeros: [0, 3]) + Tensor([1, 2, 3])).shape, [0, 3])
  }

  func testReductionsOverEachAxis() {
    let a = Tensor((0..<24).map(Float.init), shape: [2, 3, 4])
    XCTAssertEqual(a.sum().scalar, 276)
    XCTAssertEqual(a.sum(axis: 0).scalars, (0..<12).map { Float(2 * $0 + 12) })
    XCTAssertEqual(a.mean(axis: 1).scalars, [4, 5, 6, 7, 16, 17, 18, 19])
    XCTAssertEqual(a.max(axis: -1, keepingAxis: true).shape, [2, 3, 1])
    XCTAssertEqual(a.min(axis: 2).scalars, [0, 4, 8, 12, 16, 20])
    XCTAssertEqual(a.argmax(axis: 1).values, [Int32](repeating: 2, count: 8))
    XCTAssertEqual(Tensor([1, 2, 3, 4]).variance(axis: 0).scalar, 1.25)
    XCTAssertEqual(Tensor([1, 2, 3, 4]).variance(axis: 0, correction: 1).scalar, 5.0 / 3, accuracy: 1e-6)
  }

  func testMovement() {
    let a = Tensor((0..<6).map(Float.init), shape: [2, 3])
    XCTAssertEqual(a.transposed().scalars, [0, 3, 1, 4, 2, 5])
    XCTAssertEqual(a.reshaped([3, -1]).shape, [3, 2])
    XCTAssertEqual(a.sliced(1..<3, axis: 1).scalars, [1, 2, 4, 5])
    XCTAssertEqual(a[1..<2].scalars, [3, 4, 5])
    XCTAssertEqual(Tensor.concatenated([a, a], axis: 1).scalars, [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5])
    XCTAssertEqual(Tensor.stacked([a, a]).shape, [2, 2, 3])
    XCTAssertEqual(a.gathered(Indices([1, 0, 1])).scalars, [3, 4, 5, 0, 1, 2, 3, 4, 5])
    XCTAssertEqual(a.scatteredSum(Indices([2, 2]), rows: 3).scalars, [0, 0, 0, 0, 0, 0, 3, 5, 7])
    XCTAssertEqual(a.expanded(at: 0).permuted([2, 0, 1]).shape, [3, 1, 2])
  }

  func testMatrixProducts() {
    let a = Tensor([1, 2, 3, 4], shape: [2, 2])
    XCTAssertEqual(matmul(a, a).scalars, [7, 10, 15, 22])
    let batch = Tensor.stacked([a, a * 2])
    XCTAssertEqual(matmul(batch, a).scalars, [7, 10, 15, 22, 14, 20, 30, 44])
    XCTAssertEqual(matmul(batch, batch).scalars, [7, 10, 15, 22, 28, 40, 60, 88])
    XCTAssertEqual(dot(Tensor([1, 2, 3]), Tensor([4, 5, 6])).scalar, 32)
  }

  func testPoolGivesTheSameMemoryAgain() {
    // In one size class no other test uses, so that counts are ours.
    let size: Shape = [1_234_567]
    autoreleasingTwice(size)
    let before = MemoryPool.statistics.systemAllocations
    for _ in 0..<10 { autoreleasingTwice(size) }
    XCTAssertEqual(MemoryPool.statistics.systemAllocations, before)
  }

  private func autoreleasingTwice(_ shape: Shape) {
    let a = Tensor(zeros: shape)
    let b = a + 1
    XCTAssertEqual(b[1_234_566], 1)
  }

  func testSizeClassesHoldWhatTheyAreAskedForAndWasteAtMostAQuarter() {
    for bytes in Array(0...5000) + [1 << 20, 1 << 20 + 1, 1 << 33 + 5] {
      let index = MemoryPool.sizeClass(bytes: bytes)
      let size = MemoryPool.byteCount(sizeClass: index)
      XCTAssertGreaterThanOrEqual(size, bytes)
      if index > 0 {
        XCTAssertLessThan(MemoryPool.byteCount(sizeClass: index - 1), bytes)
        XCTAssertLessThanOrEqual(Double(size), 1.25 * Double(bytes) + 16)
      }
    }
  }
}
