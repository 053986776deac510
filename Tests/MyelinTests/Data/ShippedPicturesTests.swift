import Myelin
import MyelinModels
import XCTest

/// Counts that the descriptions of the data files state.
final class ShippedPicturesTests: XCTestCase {
  private func counts(_ labels: [Int32], _ names: [String]) -> [String: Int] {
    Dictionary(labels.map { (names[Int($0)], 1) }, uniquingKeysWith: +)
  }

  func testTrashNet() throws {
    let data = try TrashNet.load()
    XCTAssertEqual([data.training.count, data.validation.count, data.test.count], [1775, 330, 422])
    XCTAssertEqual(
      counts(data.training.labels + data.validation.labels + data.test.labels, TrashNet.classNames),
      ["glass": 501, "paper": 594, "cardboard": 403, "plastic": 482, "metal": 410, "trash": 137])
    XCTAssertEqual(data.training.batch(0..<2).inputs.shape, [2, 24, 32, 3])
    let values = data.training.batch(0..<1775).inputs
    XCTAssertEqual(values.mean().scalar, 0, accuracy: 1e-3)
    XCTAssertEqual((values * values).mean().scalar, 1, accuracy: 1e-3)
    // The most frequent class of the test part, as stated.
    XCTAssertEqual(Double(counts(data.test.labels, TrashNet.classNames)["paper"]!) / 422, 0.256, accuracy: 1e-3)
  }

  func testBloodCells() throws {
    let data = try BloodCells.load()
    let parts = [data.training, data.validation, data.test]
    XCTAssertEqual(parts.map(\.pictures.count), [205, 87, 72])
    let found = parts.map { part in
      (0..<3).map { label in part.boxes.joined().count { $0.label == label } }
    }
    // Two red cells of the source have no extent.
    XCTAssertEqual(found.flatMap { $0 }.reduce(0, +), 4886)
    XCTAssertEqual(found.map { $0[1] }, [214, 87, 71])
    XCTAssertEqual(found.map { $0[2] }, [209, 83, 69])
    for box in parts.flatMap(\.boxes).joined() {
      XCTAssertTrue(0 <= box.xMin && box.xMin < box.xMax && box.xMax <= 80, "\(box)")
      XCTAssertTrue(0 <= box.yMin && box.yMin < box.yMax && box.yMax <= 60, "\(box)")
    }
    XCTAssertEqual(data.test.pictures[0].channels, 3)
  }

  func testOmniglot() throws {
    let data = try Omniglot.load()
    XCTAssertEqual(data.training.count, 4840)
    XCTAssertEqual(data.alphabets.count, 242)
    XCTAssertEqual(
      Dictionary(data.alphabets.map { ($0, 1) }, uniquingKeysWith: +),
      [
        "Balinese": 24, "Early_Aramaic": 22, "Greek": 24, "Japanese_(katakana)": 47, "Korean": 40, "Latin": 26,
        "Sanskrit": 42, "Tagalog": 17,
      ])
    XCTAssertEqual(
      Array(data.training.labels.enumerated().filter { $0.offset % 20 == 0 }.map(\.element)), Array(0..<242))
    XCTAssertEqual(data.training.batch(0..<100).inputs.max().scalar, 1)
    XCTAssertEqual(data.runs.count, 20)
    var right = 0
    for run in data.runs {
      XCTAssertEqual(run.examples.labels, Array(0..<20))
      XCTAssertEqual(run.items.labels.sorted(), Array(0..<20))
      // The nearest example by pixels: 20.8% right, as stated.
      let (examples, items) = (run.examples.batch(0..<20).inputs.scalars, run.items.batch(0..<20).inputs.scalars)
      for item in 0..<20 {
        let distances = (0..<20).map { example in
          (0..<1225).reduce(Float(0)) {
            let difference = items[item * 1225 + $1] - examples[example * 1225 + $1]
            return $0 + difference * difference
          }
        }
        if distances.firstIndex(of: distances.min()!)! == Int(run.items.labels[item]) { right += 1 }
      }
    }
    XCTAssertEqual(Double(right) / 400, 0.208, accuracy: 0.006)
  }

  func testEmoji() throws {
    let data = try Emoji.load()
    XCTAssertEqual(data.pictures.count, 1588)
    XCTAssertEqual(Set(data.names).count, 1588)
    XCTAssertEqual(data.names[0], "grinning face")
    XCTAssertEqual(data.keywords[0], ["face", "grin", "grinning face"])
    XCTAssertEqual(Set(data.keywords.joined()).count, 2928)
    XCTAssertEqual(data.groups.count { $0 == "People & Body" }, 361)
    XCTAssertEqual(Set(data.groups).count, 9)
  }
}
