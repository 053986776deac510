import Myelin
import XCTest

final class ImageAugmentationTests: XCTestCase {
  private let pictures = TensorDataset(
    inputs: Tensor((0..<4 * 5 * 6 * 2).map { Float($0) }, shape: [4, 5, 6, 2]), labels: Indices([0, 1, 2, 3]))

  private func batch(_ augmentation: ImageAugmentation, _ rows: [Int32], epoch: Int, batch: Int = 0) -> TensorBatch {
    rows.withUnsafeBufferPointer {
      AugmentedImages(pictures, augmentation).batch($0, at: BatchPlace(seed: 9, epoch: epoch, batch: batch))
    }
  }

  /// A sample looks the same in whatever batch it comes, and other in the next epoch.
  func testDependsOnSampleAndEpochAlone() {
    let all = ImageAugmentation(shift: 2, flip: .random, erasing: 2, brightness: 0.2, contrast: 0.3)
    let whole = batch(all, [0, 1, 2, 3], epoch: 1)
    let part = batch(all, [2], epoch: 1, batch: 7)
    XCTAssertEqual(whole.inputs.sliced(2..<3).scalars, part.inputs.scalars)
    XCTAssertEqual(part.labels?.values, [2])
    XCTAssertNotEqual(batch(all, [2], epoch: 2).inputs.scalars, part.inputs.scalars)
  }

  func testNothingIsTheSame() {
    XCTAssertEqual(batch(ImageAugmentation(), [3, 0], epoch: 4).inputs.scalars, pictures.batch([3, 0]).inputs.scalars)
    // Evaluation sees the samples as they are.
    let augmented = AugmentedImages(pictures, ImageAugmentation(shift: 2, flip: .random))
    XCTAssertEqual(augmented.batch([1, 2]).inputs.scalars, pictures.batch([1, 2]).inputs.scalars)
  }

  /// Two epochs in a row see both sides of each picture, and about half begin with each.
  func testAlternatingFlip() {
    let flip = ImageAugmentation(flip: .alternating)
    let plain = pictures.batch([0]).inputs.scalars
    var mirrored: [Float] = []
    for row in 0..<5 {
      for column in 0..<6 { for channel in 0..<2 { mirrored.append(plain[(row * 6 + 5 - column) * 2 + channel]) } }
    }
    let seen = (0..<4).map { batch(flip, [0], epoch: $0).inputs.scalars }
    XCTAssertEqual(Set([seen[0], seen[1]]), Set([plain, mirrored]))
    XCTAssertEqual(seen[0], seen[2])
    XCTAssertEqual(seen[1], seen[3])
    let many = TensorDataset(inputs: Tensor((0..<800).map { Float($0 % 2) }, shape: [400, 1, 2, 1]))
    let rows = (0..<400).map(Int32.init)
    let first = rows.withUnsafeBufferPointer {
      AugmentedImages(many, flip).batch($0, at: BatchPlace(seed: 1, epoch: 0, batch: 0))
    }
    let flipped = (0..<400).filter { first.inputs.scalars[2 * $0] == 1 }.count
    XCTAssertTrue((150...250).contains(flipped), "\(flipped) of 400")
  }

  /// Each moved picture is a reflection of the whole, found by trying all shifts.
  func testShiftReflects() {
    func reflected(_ position: Int, _ size: Int) -> Int {
      position < 0 ? -position : position < size ? position : 2 * (size - 1) - position
    }
    let plain = pictures.batch([1]).inputs.scalars
    var seen: Set<[Int]> = []
    for epoch in 0..<200 {
      let moved = batch(ImageAugmentation(shift: 2), [1], epoch: epoch).inputs.scalars
      var found = false
      for dy in -2...2 {
        for dx in -2...2 {
          var expected: [Float] = []
          for y in 0..<5 {
            for x in 0..<6 {
              for channel in 0..<2 {
                expected.append(plain[(reflected(y + dy, 5) * 6 + reflected(x + dx, 6)) * 2 + channel])
              }
            }
          }
          if expected == moved {
            found = true
            seen.insert([dy, dx])
          }
        }
      }
      XCTAssertTrue(found, "epoch \(epoch)")
    }
    XCTAssertEqual(seen.count, 25)
  }

  func testErasing() {
    let counts = (0..<100).map { epoch in
      batch(ImageAugmentation(erasing: 3), [2], epoch: epoch).inputs.scalars.filter { $0 == 0 }.count
    }
    // A square of 3×3 with two channels, cut where it reaches beyond the picture.
    XCTAssertEqual(counts.max(), 18)
    XCTAssertTrue(counts.allSatisfy { [8, 12, 18].contains($0) }, "\(counts)")
  }
}
