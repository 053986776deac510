import Myelin
import XCTest

final class CIFARTests: XCTestCase {
  /// Red is 1, green 2, blue 3, but for the second pixel's green.
  private func record(_ labels: [UInt8]) -> [UInt8] {
    var planes = [1, 2, 3].flatMap { [UInt8](repeating: $0, count: 1024) }
    planes[1025] = 77
    return labels + planes
  }

  func testRecordsOfBothKinds() throws {
    let folder = try temporaryFolder(self)
    for (kind, labels) in [(CIFAR.Kind.ten, [[UInt8(9)], [0]]), (.hundred, [[19, 99], [3, 0]])] {
      let bytes = labels.flatMap(record)
      let data = try CIFAR.decode(bytes, kind: kind, source: "a.bin")
      XCTAssertEqual(data.labels, labels.map { Int32($0.last!) })
      XCTAssertEqual(data.picture(1).bytes.prefix(7), [1, 2, 3, 1, 77, 3, 1])
      XCTAssertEqual(data.batch(0..<2).inputs.shape, [2, 32, 32, 3])
      let file = folder.appendingPathComponent("a.bin.gz")
      try DataFile.write(Gzip.deflate(bytes), to: file)
      XCTAssertEqual(try CIFAR.read(file, kind: kind).bytes, data.bytes)
    }
  }

  func testDamagedFiles() {
    XCTAssertEqual(
      errorLine { try CIFAR.decode(record([1]) + [2, 3], kind: .ten, source: "a.bin") },
      "a.bin, byte 3073: truncated: expected records of 3073 bytes, found 2 at the end")
    XCTAssertEqual(
      errorLine { try CIFAR.decode(record([1]) + record([10]), kind: .ten, source: "a.bin") },
      "a.bin, byte 3073: label: expected 0 to 9, found 10")
  }
}
