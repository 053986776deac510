import Foundation
import Myelin
import XCTest

final class TextFileTests: XCTestCase {
  private func folder() throws -> URL {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("text-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url.appendingPathComponent("b"), withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: url) }
    return url
  }

  func testEncodingsAreToldApart() throws {
    let folder = try folder()
    let text = "Déjà vu,\nsaid Åsa.\n"
    func write(_ name: String, _ bytes: [UInt8]) throws {
      try Data(bytes).write(to: folder.appendingPathComponent(name))
    }
    let latin = text.unicodeScalars.map { UInt8($0.value) }
    let wide = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    try write("1.txt", Array(text.utf8))
    try write("2.txt", [0xef, 0xbb, 0xbf] + Array(text.replacingOccurrences(of: "\n", with: "\r\n").utf8))
    try write("3.text", latin)
    try write("b/4.txt", [0xff, 0xfe] + wide)
    try write("b/5.md", wide)
    try write("6.txt", [])
    try write("notes.csv", Array("a,b".utf8))
    try write(".hidden.txt", Array("no".utf8))
    let documents = try TextFiles.read(folder.path)
    XCTAssertEqual(
      documents.map { String($0.name.dropFirst(folder.path.count + 1)) },
      ["1.txt", "2.txt", "3.text", "b/4.txt", "b/5.md"])
    for document in documents { XCTAssertEqual(String(decoding: document.bytes, as: UTF8.self), text, document.name) }
    XCTAssertEqual(
      documents.map(\.encoding), [.utf8, .utf8, .windows1252, .utf16LittleEndian, .utf16LittleEndian])
    XCTAssertTrue(TextFiles.isName("a/Book.TXT.gz"))
    XCTAssertFalse(TextFiles.isName("book.csv"))
    XCTAssertFalse(TextFiles.isName("txt"))

    try write("7.txt", [65, 0, 66, 0, 0, 67])
    XCTAssertThrowsError(try TextFiles.read(folder.path)) {
      XCTAssertTrue("\($0)".contains("7.txt") && "\($0)".contains("expected text"), "\($0)")
    }
    XCTAssertThrowsError(try TextFiles.read(folder.appendingPathComponent("6.txt").path)) {
      XCTAssertTrue("\($0)".contains("no text"), "\($0)")
    }
  }

  private func values(_ indices: Indices) -> [[Int32]] {
    (0..<indices.shape[0]).map { row in
      Array(indices.values[row * indices.shape[1]..<(row + 1) * indices.shape[1]])
    }
  }

  /// In order each token but the first counts once, with what was asked for before it.
  func testWindowsInOrder() {
    for count in 2...40 {
      let windows = TokenWindows(Indices((0..<count).map { $0 }), length: 8, context: 3)
      let batch = windows.batch(0..<windows.count)
      var counted: [Int32] = []
      for (row, (tokens, next)) in zip(values(batch.tokens), values(batch.next)).enumerated() {
        for (place, (token, target)) in zip(tokens, next).enumerated() where target >= 0 {
          XCTAssertEqual(target, token + 1)
          if row > 0 { XCTAssertGreaterThanOrEqual(place, 3) }
          counted.append(target)
        }
      }
      XCTAssertEqual(counted, (1..<Int32(count)).map { $0 }, "\(count) tokens")
      XCTAssertEqual(batch.count, count - 1)
    }
  }

  /// Drawn ones have a shift that is of the epoch alone.
  func testDrawnWindows() {
    let windows = TokenWindows(Indices((0..<100).map { $0 }), length: 10, isDrawn: true)
    XCTAssertEqual(windows.count, 9)
    func starts(_ epoch: Int, _ batch: Int, _ rows: Range<Int>) -> [Int32] {
      let batch = windows.batch(rows, at: BatchPlace(seed: 5, epoch: epoch, batch: batch))
      for (tokens, next) in zip(values(batch.tokens), values(batch.next)) {
        XCTAssertEqual(next, tokens.map { $0 + 1 })
      }
      return values(batch.tokens).map { $0[0] }
    }
    XCTAssertEqual(starts(0, 0, 0..<9), starts(0, 0, 0..<4) + starts(0, 1, 4..<9))
    let shifts = (0..<20).map { starts($0, 0, 0..<1)[0] }
    XCTAssertGreaterThan(Set(shifts).count, 5)
    XCTAssertTrue(shifts.allSatisfy { (0..<10).contains($0) })
    XCTAssertTrue(starts(3, 0, 0..<9).allSatisfy { $0 <= 89 })
  }

  func testScores() {
    var scores = TokenScores(nats: 10, tokens: 4, characters: 8)
    scores.merge(TokenScores(nats: 2, tokens: 2, characters: 4))
    XCTAssertEqual(scores.measurements.map(\.value), [1, exp(2)])
    XCTAssertEqual(TokenScores(nats: 0, tokens: 0, characters: 0).measurements.map(\.value), [nil, nil])
  }
}
