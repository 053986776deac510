import Foundation
import Myelin
import XCTest

final class SafetensorsTests: XCTestCase {
  /// Python's safetensors 0.8, with `a = numpy.arange(6, dtype='<f4').reshape(2, 3) - 2.5`:
  ///
  ///     save({'w': a, 'bias': numpy.array([1.5, -2], '<f8'), 'labels': numpy.array([3, -1], '<i8'),
  ///           'half': numpy.array([[1.5, -0.25]], 'f2'), 'scalar': numpy.array(7, '<i4')},
  ///          metadata={'title': 'caf\u00e9 "x"', 'epoch': '3'})
  private static let mixed = """
    YAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJlcG9jaCI6IjMiLCJ0aXRsZSI6ImNhZsOpIFwieFwiIn0sImxhYmVscyI6eyJkdHlw\
    ZSI6Ikk2NCIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzAsMTZdfSwiYmlhcyI6eyJkdHlwZSI6IkY2NCIsInNoYXBlIjpb\
    Ml0sImRhdGFfb2Zmc2V0cyI6WzE2LDMyXX0sInciOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzIsM10sImRhdGFfb2Zmc2V0cyI6\
    WzMyLDU2XX0sInNjYWxhciI6eyJkdHlwZSI6IkkzMiIsInNoYXBlIjpbXSwiZGF0YV9vZmZzZXRzIjpbNTYsNjBdfSwiaGFsZiI6\
    eyJkdHlwZSI6IkYxNiIsInNoYXBlIjpbMSwyXSwiZGF0YV9vZmZzZXRzIjpbNjAsNjRdfX0gICAgICAgAwAAAAAAAAD/////////\
    /wAAAAAAAPg/AAAAAAAAAMAAACDAAADAvwAAAL8AAAA/AADAPwAAIEAHAAAAAD4AtA==
    """

  /// `save({'b': numpy.array([1, 2], '<f4'), 'a': numpy.array([[3]], '<f4')})`
  private static let two = """
    cAAAAAAAAAB7ImEiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzEsMV0sImRhdGFfb2Zmc2V0cyI6WzAsNF19LCJiIjp7ImR0eXBl\
    IjoiRjMyIiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbNCwxMl19fSAgAABAQAAAgD8AAABA
    """

  func testFilesOfPython() throws {
    let file = try Safetensors(bytes(base64: SafetensorsTests.mixed), source: "a.safetensors")
    XCTAssertEqual(file.metadata, ["title": "café \"x\"", "epoch": "3"])
    XCTAssertEqual(file.names, ["bias", "half", "labels", "scalar", "w"])
    XCTAssertEqual(try file.array(named: "w").shape, [2, 3])
    XCTAssertEqual(try file.array(named: "w").floats(), [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    XCTAssertEqual(try file.array(named: "bias").floats(), [1.5, -2])
    XCTAssertEqual(try file.array(named: "labels").int32s(source: ""), [3, -1])
    XCTAssertEqual(try file.array(named: "half").floats(), [1.5, -0.25])
    XCTAssertEqual(try file.array(named: "scalar").shape, [])
    XCTAssertEqual(try file.array(named: "scalar").floats(), [7])
    XCTAssertEqual(
      errorLine { try file.array(named: "lables") },
      "a.safetensors: no tensor \"lables\"; did you mean \"labels\"?")
  }

  /// The same arrays give the very bytes that Python writes, but for its order of metadata, which is not fixed.
  func testWritesTheBytesOfPython() throws {
    let two = bytes(base64: SafetensorsTests.two)
    XCTAssertEqual(try Safetensors(two, source: "a").encoded(), two)
    let mixed = bytes(base64: SafetensorsTests.mixed)
    let again = try Safetensors(mixed, source: "a").encoded()
    XCTAssertEqual(again.count, mixed.count)
    XCTAssertEqual(again.suffix(64 + 7), mixed.suffix(64 + 7))
  }

  func testRoundTripThroughAFile() throws {
    let url = try temporaryFolder(self).appendingPathComponent("a.safetensors")
    var arrays: NamedArrays = [:]
    for type in ElementType.allCases {
      for shape in [[], [0, 3], [7], [2, 3]] {
        let count = shape.reduce(1, *) * type.size
        arrays["\(type.rawValue).\(shape)"] = NumericArray(
          type, shape: shape, bytes: (0..<count).map { UInt8(type == .bool ? $0 % 2 : $0) }[...])
      }
    }
    let metadata = ["options": "{\"a\":\n[1,\t2]}\u{1}\\", "": "leer", "ünï😀": "\u{7f}"]
    let written = Safetensors(arrays, metadata: metadata)
    try written.write(to: url)
    let read = try Safetensors(contentsOf: url)
    XCTAssertEqual(read.arrays, arrays)
    XCTAssertEqual(read.metadata, metadata)
    let file = try DataFile.readRaw(url)
    XCTAssertEqual(file, written.encoded())
    XCTAssertEqual(file[0] % 8, 0, "the header is not padded")
    XCTAssertEqual(try Safetensors(Safetensors().encoded(), source: "a").arrays, [:])
  }

  func testBigEndianArraysAreTurned() throws {
    let array = NumericArray(.float32, shape: [1], bytes: [0x3f, 0x80, 0, 0], isBigEndian: true)
    let read = try Safetensors(Safetensors(["x": array]).encoded(), source: "a")
    XCTAssertEqual(try read.array(named: "x").floats(), [1])
  }

  func testHalfPrecision() throws {
    // Every value of binary16 against the definition: (-1)^s 2^(e-15) (1 + f/1024), subnormal 2^-14 f/1024.
    let bits = (0...UInt16.max).map { $0 }
    let array = NumericArray(
      .float16, shape: [bits.count], bytes: bits.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }[...])
    for (pattern, value) in zip(bits, array.floats()) {
      let exponent = Int(pattern >> 10 & 31)
      let fraction = Double(pattern & 1023) / 1024
      let magnitude: Double =
        switch exponent {
        case 0: fraction * 0x1p-14
        case 31: fraction == 0 ? .infinity : .nan
        default: scalbn(1 + fraction, exponent - 15)
        }
      let expected = Float(pattern >> 15 == 1 ? -magnitude : magnitude)
      XCTAssertTrue(value == expected || (value.isNaN && expected.isNaN), "\(pattern): \(value), not \(expected)")
      XCTAssertEqual(value.sign, pattern >> 15 == 1 ? .minus : .plus)
    }
    let brain = NumericArray(.bfloat16, shape: [2], bytes: [0x80, 0x3f, 0x20, 0xc0])
    XCTAssertEqual(brain.floats(), [1, -2.5])
  }

  private func file(_ header: String, _ content: Int) -> [UInt8] {
    let count = header.utf8.count
    return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + Array(header.utf8)
      + [UInt8](repeating: 0, count: content)
  }

  func testLyingHeaders() {
    func line(_ header: String, _ content: Int = 0) -> String {
      errorLine { try Safetensors(file(header, content), source: "a.st") }
    }
    let x = "\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"
    XCTAssertEqual(
      line("{\(x)}", 7), "a.st, byte 69: truncated: tensor \"x\" ends at byte 62 + 8 of the file: found 69 bytes")
    XCTAssertEqual(line("{\(x)}", 9), "a.st, byte 70: 1 bytes after the last tensor")
    XCTAssertEqual(line("{\(x),\(x)}", 8), "a.st, byte 62: safetensors header: \"x\" stands there twice")
    XCTAssertEqual(
      line("{\"x\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8),
      "a.st, byte 9: tensor \"x\": data_offsets: expected 12 bytes for float32 of shape [3], found 8")
    for offsets in ["[4,12]", "[8,0]"] {
      XCTAssertTrue(
        line("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":\(offsets)}}", 12).contains(
          "expected 0 as the start"))
    }
    XCTAssertTrue(
      line("{\(x),\"y\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}", 8).contains(
        "tensor \"y\": data_offsets"))
    XCTAssertTrue(line("{\"x\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8).contains("not negative"))
    XCTAssertTrue(line("{\"x\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", 8).contains("\"]\""))
    XCTAssertTrue(
      line("{\"x\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,2],\"data_offsets\":[0,8]}}", 8).contains(
        "more elements"))
    // A zero beside sizes that overflow.
    XCTAssertTrue(
      line(
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[0,2147483647,2147483647,2147483647],\"data_offsets\":[0,0]}}"
      ).contains("more elements"))
    XCTAssertTrue(
      line("{\"x\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}}", 8).contains(
        "below 2^63"))
    XCTAssertTrue(line("{\"x\":{\"dtype\":\"F8_E4M3\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2).contains("F8_E4M3"))
    XCTAssertTrue(line("{\"x\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8).contains("\"data_offsets\""))
    XCTAssertTrue(line("{\(x),}", 8).contains("expected \"\"\""))
    XCTAssertTrue(line("[1]").contains("as the first byte"))
    XCTAssertTrue(line("{} x").contains("only blanks"))
    XCTAssertTrue(line("{\"__metadata__\":{\"a\":1}}").contains("expected \"\"\""))
    XCTAssertTrue(line("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}").contains("twice"))
  }

  func testLyingLengths() {
    XCTAssertEqual(
      errorLine { try Safetensors([1, 2], source: "a.st") },
      "a.st, byte 2: truncated: expected the 8-byte length of a safetensors header")
    XCTAssertEqual(
      errorLine { try Safetensors([9, 0, 0, 0, 0, 0, 0, 0, 0x7b], source: "a.st") },
      "a.st, byte 0: safetensors header length: expected at most 1, the bytes that follow, found 9")
    XCTAssertEqual(
      errorLine { try Safetensors([UInt8](repeating: 0xff, count: 20), source: "a.st") },
      "a.st, byte 0: safetensors header length: expected at most 100000000, found 18446744073709551615")
  }

  /// The shapes are known before anything is loaded, or built after them.
  func testHeaderAlone() throws {
    let url = try temporaryFolder(self).appendingPathComponent("a.safetensors")
    let content = bytes(base64: SafetensorsTests.mixed)
    try DataFile.write(content, to: url)
    let header = try Safetensors.Header(contentsOf: url)
    XCTAssertEqual(header.tensors.map(\.name), ["labels", "bias", "w", "scalar", "half"])
    XCTAssertEqual(header.tensors.map(\.shape), [[2], [2], [2, 3], [], [1, 2]])
    XCTAssertEqual(header.tensors.map(\.elementType), [.int64, .float64, .float32, .int32, .float16])
    XCTAssertEqual(header.metadata["epoch"], "3")
    // What is wrong with a file is found without its elements, and told in the same words.
    for damaged in [Array(content.dropLast()), content + [0], Array(content.prefix(100)), Array(content.prefix(5)), []]
    {
      try DataFile.write(damaged, to: url)
      XCTAssertEqual(
        errorLine { try Safetensors.Header(contentsOf: url) }, errorLine { try Safetensors(contentsOf: url) })
    }
  }

  func testBooleans() throws {
    let file = file("{\"x\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[0,3]}}", 3)
    XCTAssertEqual(try Safetensors(file, source: "a.st").array(named: "x").floats(), [0, 0, 0])
    XCTAssertEqual(
      errorLine { try Safetensors(file.dropLast() + [125], source: "a.st") },
      "a.st, byte \(file.count - 1): tensor \"x\": expected 0 or 1, found 125")
  }

  func testDamagedFilesNeverTrap() {
    let refused = fuzz(bytes(base64: SafetensorsTests.mixed), seed: 5, flips: 4000) {
      for (_, array) in try Safetensors($0, source: "a").arrays { _ = array.floats() }
    }
    XCTAssertGreaterThan(refused, 1500)
  }
}
