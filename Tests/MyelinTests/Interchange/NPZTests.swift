import Foundation
import Myelin
import XCTest

final class NPZTests: XCTestCase {
  /// `numpy.savez(f, a=numpy.arange(6, dtype='<f4').reshape(2, 3) - 2.5, labels=numpy.array([3, 1, 2]))`, NumPy 2.4.
  private static let stored = """
    UEsDBC0AAAAAAAAAIQBtctun//////////8FABQAYS5ucHkBABAAmAAAAAAAAACYAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzog\
    JzxmNCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCAzKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAg\
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAAgwAAAwL8AAAC/AAAAPwAAwD8AACBAUEsDBC0AAAAAAAAAIQDf6Qyy\
    //////////8KABQAbGFiZWxzLm5weQEAEACYAAAAAAAAAJgAAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRy\
    YW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg\
    ICAgICAgICAgICAgICAgICAgIAoDAAAAAAAAAAEAAAAAAAAAAgAAAAAAAABQSwECLQMtAAAAAAAAACEAbXLbp5gAAACYAAAABQAA\
    AAAAAAAAAAAAgAEAAAAAYS5ucHlQSwECLQMtAAAAAAAAACEA3+kMspgAAACYAAAACgAAAAAAAAAAAAAAgAHPAAAAbGFiZWxzLm5w\
    eVBLBQYAAAAAAgACAGsAAACjAQAAAAA=
    """

  /// `numpy.savez_compressed(f, a=numpy.zeros((100, 10), 'f4'))`
  private static let compressed = """
    UEsDBC0AAAAIAAAAIQBqbyV6//////////8FABQAYS5ucHkBABAAIBAAAAAAAABkAAAAAAAAAO3IsQ5AMBRG4Vo9xd0uSYdKTGK2\
    EYvBJA0VgyCtWMRTeGH1ChbL/23n3FVT1m0gDnHyYFxvOSPOx5Ql8bja3eqlW+1g3l/o2Rn/3aQ34ztKlJKUqFjSRd+EAgAAAAAA\
    AAB+9wBQSwECLQMtAAAACAAAACEAam8lemQAAAAgEAAABQAAAAAAAAAAAAAAgAEAAAAAYS5ucHlQSwUGAAAAAAEAAQAzAAAAmwAA\
    AAAA
    """

  func testFilesOfNumPy() throws {
    let stored = try NPZ.decode(bytes(base64: NPZTests.stored), source: "a.npz")
    XCTAssertEqual(stored.names, ["a", "labels"])
    XCTAssertEqual(stored["a"]?.shape, [2, 3])
    XCTAssertEqual(stored["a"]?.floats(), [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    XCTAssertEqual(try stored["labels"]?.int32s(source: ""), [3, 1, 2])
    let compressed = try NPZ.decode(bytes(base64: NPZTests.compressed), source: "a.npz")
    XCTAssertEqual(compressed["a"]?.floats(), [Float](repeating: 0, count: 1000))
  }

  func testRoundTrip() throws {
    let folder = try temporaryFolder(self)
    let arrays: NamedArrays = [
      "weights": NumericArray((0..<1000).map { Float($0 % 17) }, shape: [10, 100]),
      "größe": NumericArray([1, -2] as [Int32], shape: [2]), "empty": NumericArray([] as [Float], shape: [0, 3]),
    ]
    for isCompressed in [false, true] {
      let url = folder.appendingPathComponent("a\(isCompressed).npz")
      try NPZ.write(arrays, to: url, isCompressed: isCompressed)
      XCTAssertEqual(try NPZ.read(url), arrays)
      XCTAssertEqual(try DataFile.readRaw(url), try NPZ.encode(arrays, isCompressed: isCompressed))
    }
    XCTAssertLessThan(try NPZ.encode(arrays, isCompressed: true).count, try NPZ.encode(arrays).count / 4)
    XCTAssertEqual(try NPZ.decode(NPZ.encode([:]), source: "a.npz"), [:])
  }

  func testWrongFiles() throws {
    XCTAssertEqual(
      errorLine { try NPZ.decode([1, 2, 3], source: "a.npz") }, "a.npz, byte 0: not a zip file: expected \"PK\"")
    let file = bytes(base64: NPZTests.stored)
    XCTAssertEqual(
      errorLine { try NPZ.decode(Array(file.dropLast(40)), source: "a.npz") },
      "a.npz, byte \(file.count - 40): truncated or not a zip file: it has no directory at its end")
    var damaged = file
    damaged[190] ^= 1
    XCTAssertEqual(
      errorLine { try NPZ.decode(damaged, source: "a.npz") },
      "a.npz, byte 55: entry \"a.npy\" does not match its checksum")
    var long = file
    // The size of the first entry, in the directory.
    long[file.count - 22 - 107 + 20] = 0xff
    long[file.count - 22 - 107 + 21] = 0xff
    XCTAssertTrue(errorLine { try NPZ.decode(long, source: "a.npz") }.hasPrefix("a.npz, byte "))
  }

  func testTheDirectoryAndTheEntriesAgree() throws {
    let file = bytes(base64: NPZTests.stored)
    let end = file.count - 22
    func line(_ change: (inout [UInt8]) -> Void) -> String {
      var changed = file
      change(&changed)
      return errorLine { try NPZ.decode(changed, source: "a.npz") }
    }
    // No entries, or one, of two that are there: never an archive with fewer arrays.
    for count in [0, 1] as [UInt8] {
      let found = line {
        $0[end + 8] = count
        $0[end + 10] = count
      }
      XCTAssertTrue(found.contains("zip directory: expected its end after \(count) entries"), found)
    }
    XCTAssertTrue(line { $0[end + 10] = 1 }.contains("zip end record: expected one disk with all 1 entries"))
    XCTAssertTrue(line { $0[end + 8] = 1 }.contains("zip end record"))
    // "a.npy" is "b.npy" in its own header; stored there, deflated here.
    XCTAssertEqual(
      line { $0[30] = UInt8(ascii: "b") },
      "a.npz, byte 0: the entry that the zip directory names \"a.npy\": expected the same name and compression in its "
        + "own header")
    XCTAssertTrue(line { $0[8] = 8 }.contains("own header"))
  }

  func testUnpackedLimit() throws {
    let packed = try NPZ.encode(
      ["a": NumericArray([Float](repeating: 0, count: 100_000), shape: [100_000])], isCompressed: true)
    XCTAssertLessThan(packed.count, 2000)
    XCTAssertEqual(
      errorLine { try NPZ.decode(packed, source: "a.npz", unpackedLimit: 400_000) },
      "a.npz: the entries unpack to more than 390.6 KiB, the limit for this file")
    XCTAssertEqual(try NPZ.decode(packed, source: "a.npz", unpackedLimit: 400_200)["a"]?.count, 100_000)
  }

  /// "é" as one scalar and as two: two names in a file, though Swift's strings are equal.
  func testNamesAreToldApartByTheirBytes() throws {
    let arrays: NamedArrays = [
      "\u{e9}": NumericArray([1] as [Float], shape: [1]), "e\u{301}": NumericArray([2] as [Float], shape: [1]),
    ]
    for read in [
      try NPZ.decode(NPZ.encode(arrays), source: "a.npz"),
      try Safetensors(Safetensors(arrays).encoded(), source: "a.safetensors").arrays,
    ] {
      XCTAssertEqual(read.count, 2)
      XCTAssertEqual(read["\u{e9}"]?.floats(), [1])
      XCTAssertEqual(read["e\u{301}"]?.floats(), [2])
    }
  }

  func testDamagedFilesNeverTrap() {
    for (seed, text) in [NPZTests.stored, NPZTests.compressed].enumerated() {
      fuzz(bytes(base64: text), seed: UInt64(seed), flips: 3000) {
        for (_, array) in try NPZ.decode($0, source: "a.npz") { _ = array.floats() }
      }
    }
  }
}
