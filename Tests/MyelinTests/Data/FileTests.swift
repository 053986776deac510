import Foundation
import Myelin
import XCTest

final class FileTests: XCTestCase {
  func testGzipRoundTrip() throws {
    for count in [0, 1, 1000, 300_000] {
      let original = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
      let packed = Gzip.deflate(original)
      XCTAssertTrue(Gzip.isGzip(packed))
      XCTAssertEqual(try Gzip.inflate(packed, source: "a.gz"), original)
      XCTAssertEqual(Gzip.deflate(original), packed)
    }
  }

  /// `printf hello | gzip -n | base64`: a file of another gzip, and two members in one file.
  func testGoldenAndSeveralMembers() throws {
    let hello = bytes(base64: "H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==")
    XCTAssertEqual(try Gzip.inflate(hello, source: "a.gz"), Array("hello".utf8))
    XCTAssertEqual(try Gzip.inflate(hello + hello, source: "a.gz"), Array("hellohello".utf8))
    XCTAssertEqual(try Gzip.inflate(hello + [0, 0, 0], source: "a.gz"), Array("hello".utf8))
    XCTAssertEqual(
      errorLine { try Gzip.inflate(hello + [1, 2], source: "a.gz") },
      "a.gz, byte 25: data after the end of the gzip data")
  }

  func testTruncatedAndCorruptGzip() throws {
    let packed = Gzip.deflate((0..<5000).map { UInt8(truncatingIfNeeded: ($0 &* $0 &* 2_654_435_761) >> 13) })
    XCTAssertEqual(
      errorLine { try Gzip.inflate(Array(packed.prefix(1000)), source: "a.gz") },
      "a.gz, byte 1000: truncated: the file ends inside the compressed data")
    var corrupt = packed
    corrupt[packed.count - 6] ^= 0xff
    XCTAssertEqual(
      errorLine { try Gzip.inflate(corrupt, source: "a.gz") },
      "a.gz, byte \(packed.count - 4): corrupt compressed data (incorrect data check)")
    XCTAssertGreaterThan(fuzz(packed, seed: 2) { _ = try Gzip.inflate($0, source: "a.gz") }, 600)
  }

  func testReadingDetectsGzipByContent() throws {
    let folder = try temporaryFolder(self)
    let plain = folder.appendingPathComponent("plain.gz")
    let packed = folder.appendingPathComponent("packed.csv")
    try DataFile.write(Array("a,b\n".utf8), to: plain)
    try DataFile.write(Gzip.deflate(Array("a,b\n".utf8)), to: packed)
    XCTAssertEqual(try DataFile.read(plain), try DataFile.read(packed))
    XCTAssertEqual(try DataFile.readRaw(packed).prefix(2), [0x1f, 0x8b])
  }

  func testAtomicWriteReplacesOrLeavesTheOldFile() throws {
    let folder = try temporaryFolder(self)
    let url = folder.appendingPathComponent("file")
    try DataFile.write([1, 2, 3], to: url)
    try DataFile.write([4], to: url)
    XCTAssertEqual(try DataFile.read(url), [4])
    struct Interrupted: Error {}
    XCTAssertThrowsError(
      try DataFile.writeAtomically(to: url) { output in
        try output.write([9, 9])
        throw Interrupted()
      })
    XCTAssertEqual(try DataFile.read(url), [4])
    XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path), ["file"])
    let nowhere = folder.appendingPathComponent("no/file")
    XCTAssertEqual(
      errorLine { try DataFile.write([1], to: nowhere) },
      "\(nowhere.path): cannot be written: no such file or folder")
  }

  func testErrorsAreOneLine() {
    XCTAssertEqual(
      DataError("a.bin", byte: 7, "header", expected: "4 bytes", found: "3").description,
      "a.bin, byte 7: header: expected 4 bytes, found 3")
    XCTAssertEqual(DataError("a.bin", "is empty").description, "a.bin: is empty")
  }
}
