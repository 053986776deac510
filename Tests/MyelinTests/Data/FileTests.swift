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

  func testUnpackedLimit() throws {
    let packed = Gzip.deflate([UInt8](repeating: 7, count: 10_000_000))
    XCTAssertLessThan(packed.count, 11_000)
    XCTAssertEqual(try Gzip.inflate(packed, source: "a.gz", limit: 10_000_000).count, 10_000_000)
    let line = errorLine { try Gzip.inflate(packed, source: "a.gz", limit: 9_999_999) }
    XCTAssertTrue(line.hasPrefix("a.gz, byte "), line)
    XCTAssertTrue(line.hasSuffix("the gzip data unpacks to more than 9.5 MiB, the limit for this file"), line)
    // All members together.
    XCTAssertThrowsError(try Gzip.inflate(packed + packed, source: "a.gz", limit: 15_000_000))
    XCTAssertEqual(try Gzip.inflate(packed + packed, source: "a.gz", limit: 20_000_000).count, 20_000_000)
    // The size at the end may lie in both directions.
    for told in [[0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff]] as [[UInt8]] {
      XCTAssertTrue(
        errorLine { try Gzip.inflate(packed.dropLast(4) + told, source: "a.gz") }.contains("incorrect length check"))
    }
    let url = try temporaryFolder(self).appendingPathComponent("a.csv.gz")
    try DataFile.write(packed, to: url)
    XCTAssertThrowsError(try DataFile.read(url, unpackedLimit: 1000))
    var options = CSVOptions()
    options.unpackedLimit = 1000
    XCTAssertTrue(errorLine { try Table(csv: url, options: options) }.contains("more than 1000 bytes"))
  }

  func testFilesBeyondTheMemory() throws {
    let url = try temporaryFolder(self).appendingPathComponent("sparse")
    try DataFile.write([1], to: url)
    guard truncate(url.path, 1 << 40) == 0 else { throw XCTSkip("no sparse file of 1 TiB can be made here") }
    let line = errorLine { try DataFile.read(url) }
    XCTAssertTrue(line.hasPrefix("\(url.path): the file is too large to be read: expected at most "), line)
    XCTAssertTrue(line.hasSuffix("of memory, found 1.0 TiB"), line)
    XCTAssertGreaterThan(MachineMemory.limit, 1 << 28)
    XCTAssertThrowsError(try MachineMemory.check(nil, source: "a", "x"))
    XCTAssertNoThrow(try MachineMemory.check(1 << 20, source: "a", "x"))
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
