import Foundation
import Myelin
import XCTest

/// The base64 texts are files of NumPy 2.4:
///
///     def npy(a, version=(1, 0)):
///         f = io.BytesIO(); numpy.lib.format.write_array(f, a, version=version); return base64.b64encode(f.getvalue())
///     a = numpy.arange(6, dtype='<f4').reshape(2, 3) - 2.5
final class NPYTests: XCTestCase {
  private func read(_ base64: String) throws -> NumericArray { try NPY.decode(bytes(base64: base64), source: "a.npy") }

  private static let float32 = """
    k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAg\
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAACDAAADAvwAAAL8AAAA/AADAPwAA\
    IEA=
    """

  func testFilesOfNumPy() throws {
    let a: [Float] = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]
    // npy(a)
    let plain = try read(NPYTests.float32)
    XCTAssertEqual(plain.shape, [2, 3])
    XCTAssertEqual(plain.elementType, .float32)
    XCTAssertEqual(plain.floats(), a)
    XCTAssertEqual(NPY.encode(plain), bytes(base64: NPYTests.float32))
    // npy(a.astype('>f8'))
    let big = try read(
      """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPmY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAg\
      ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIArABAAAAAAAAL/4AAAAAAAAv+AAAAAA\
      AAA/4AAAAAAAAD/4AAAAAAAAQAQAAAAAAAA=
      """)
    XCTAssertEqual(big.elementType, .float64)
    XCTAssertEqual(big.floats(), a)
    // npy(a.astype('<i4'), (2, 0))
    let version2 = try read(
      """
      k05VTVBZAgB0AAAAeydkZXNjcic6ICc8aTQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAg\
      ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr+/////////wAAAAAAAAAAAQAAAAIA\
      AAA=
      """)
    XCTAssertEqual(try version2.int32s(source: ""), [-2, -1, 0, 0, 1, 2])
    // npy(numpy.array([1, 255], dtype='u1'), (3, 0))
    let version3 = try read(
      """
      k05VTVBZAwB0AAAAeydkZXNjcic6ICd8dTEnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAg\
      ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoB/w==
      """)
    XCTAssertEqual(version3.floats(), [1, 255])
    // npy(numpy.array([[True], [False]]))
    let truth = try read(
      """
      k05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDEpLCB9ICAgICAg\
      ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAA==
      """)
    XCTAssertEqual(truth.shape, [2, 1])
    XCTAssertEqual(truth.floats(), [1, 0])
    // npy(numpy.float32(7.25))
    let scalar = try read(
      """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAg\
      ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAOhA
      """)
    XCTAssertEqual(scalar.shape, [])
    XCTAssertEqual(scalar.floats(), [7.25])
    // npy(numpy.zeros((0, 5), 'f4'))
    let empty = try read(
      """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDAsIDUpLCB9ICAgICAg\
      ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo=
      """)
    XCTAssertEqual(empty.shape, [0, 5])
    XCTAssertEqual(empty.floats(), [])
    // npy(numpy.array([1.5, -0.0, 6e-8, 65504, numpy.inf], 'f2'))
    let half = try read(
      """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPGYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDUsKSwgfSAgICAgICAg\
      ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAPgCAAQD/ewB8
      """)
    XCTAssertEqual(half.floats().map(\.bitPattern), [1.5, -0.0, 0x1p-24, 65504, .infinity].map(\Float.bitPattern))
  }

  /// npy(numpy.asfortranarray(numpy.arange(24, dtype='<i8').reshape(2, 3, 4)))
  func testFortranOrder() throws {
    let array = try read(
      """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgNCksIH0gICAg\
      ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAwAAAAAAAAABAAAAAAA\
      AAAQAAAAAAAAAAgAAAAAAAAAFAAAAAAAAAABAAAAAAAAAA0AAAAAAAAABQAAAAAAAAARAAAAAAAAAAkAAAAAAAAAFQAAAAAAAAAC\
      AAAAAAAAAA4AAAAAAAAABgAAAAAAAAASAAAAAAAAAAoAAAAAAAAAFgAAAAAAAAADAAAAAAAAAA8AAAAAAAAABwAAAAAAAAATAAAA\
      AAAAAAsAAAAAAAAAFwAAAAAAAAA=
      """)
    XCTAssertEqual(array.shape, [2, 3, 4])
    XCTAssertEqual(try array.int32s(source: ""), Array(0..<24))
  }

  func testRoundTripsOfEveryType() throws {
    for type in ElementType.allCases where type != .bfloat16 {
      for shape in [[], [0], [5], [3, 0, 2], [2, 3, 1]] {
        let count = shape.reduce(1, *)
        let content = (0..<count * type.size).map { UInt8(type == .bool ? $0 % 2 : $0) }
        for isBigEndian in [false, true] {
          let array = NumericArray(type, shape: shape, bytes: content[...], isBigEndian: isBigEndian)
          let file = NPY.encode(array)
          XCTAssertEqual((file.count - content.count) % 64, 0)
          let again = try NPY.decode(file, source: "a.npy")
          XCTAssertEqual(again.shape, shape)
          XCTAssertEqual(again.elementType, type)
          XCTAssertEqual(again.doubles().map(\.bitPattern), array.doubles().map(\.bitPattern))
        }
      }
    }
  }

  func testWritesAndReadsFiles() throws {
    let url = try temporaryFolder(self).appendingPathComponent("a.npy")
    try NPY.write(NumericArray([1, 2, 3] as [Float], shape: [3, 1]), to: url)
    XCTAssertEqual(try NPY.read(url).floats(), [1, 2, 3])
  }

  private func file(_ header: String, _ content: [UInt8] = []) -> [UInt8] {
    [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + content
  }

  func testLyingHeaders() {
    func line(_ header: String, _ content: [UInt8] = []) -> String {
      errorLine { try NPY.decode(file(header, content), source: "a.npy") }
    }
    XCTAssertEqual(
      line("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", [0, 0, 0]),
      "a.npy, byte 68: truncated: expected 8 bytes of float32 of shape [2], found 3")
    XCTAssertTrue(line("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", [0, 0, 0, 0, 0]).contains("after"))
    XCTAssertTrue(
      line("{'descr': '<f4', 'fortran_order': True, 'shape': (4611686018427387904, 4)}").contains("more elements"))
    XCTAssertTrue(
      line("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}").contains("at most 64 bits"))
    XCTAssertTrue(line("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}").contains("not negative"))
    XCTAssertTrue(line("{'descr': '<f4', 'fortran_order': False}").contains("'shape'"))
    XCTAssertTrue(line("{'descr': '|O', 'fortran_order': False, 'shape': ()}").contains("found \"|O\""))
    XCTAssertTrue(line("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}").contains("a string"))
    XCTAssertTrue(line("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}").contains("each once"))
    XCTAssertTrue(line("").contains("\"{\""))
    // A zero beside sizes that overflow.
    let sizes = Array(repeating: "2147483647", count: 3).joined(separator: ", ")
    for order in ["False", "True"] {
      XCTAssertTrue(
        line("{'descr': '<f4', 'fortran_order': \(order), 'shape': (0, \(sizes))}").contains("more elements"))
    }
    XCTAssertEqual(
      line("{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}", [1, 125]),
      "a.npy, byte 66: boolean: expected 0 or 1, found 125")
    XCTAssertEqual(
      errorLine { try NPY.decode(Array("not numpy!".utf8), source: "a.npy") },
      "a.npy, byte 0: not an NPY file: expected \\x93NUMPY")
  }

  func testDamagedFilesNeverTrap() {
    let refused = fuzz(bytes(base64: NPYTests.float32), seed: 4, flips: 2000) {
      _ = try NPY.decode($0, source: "a.npy").floats()
    }
    XCTAssertGreaterThan(refused, 600)
  }
}
