import Foundation
import XCTest

/// All code in the README and the articles is code that is compiled: each block stands, up to its indentation, in a file of
/// this target (Swift) or of the embedding example (C), so that changing one side alone fails here.
final class CodeInDocumentsTests: XCTestCase {
  func testBlocksStandInCompiledFiles() throws {
    let swift = try Repository.files(in: "Tests/DocumentationTests", suffix: ".swift").map(Repository.lines)
    let c = try Repository.files(in: "Examples/embedding", suffix: ".c").map(Repository.lines)
    var count = 0
    for document in try articles() + [Repository.root.appendingPathComponent("README.md")] {
      for block in blocks(in: try Repository.lines(of: document)) {
        let name = "\(document.lastPathComponent):\(block.line)"
        switch block.language {
        // What goes into a manifest is built by Examples/package.
        case "swift" where !block.lines[0].hasPrefix(".package("):
          count += 1
          let code = block.lines.drop { $0.hasPrefix("import ") || $0.isEmpty }
          XCTAssertTrue(
            swift.contains { contains($0, Array(code)) }, "\(name): stands in no file of Tests/DocumentationTests")
        case "c":
          count += 1
          XCTAssertTrue(c.contains { contains($0, block.lines) }, "\(name): stands in no file of Examples/embedding")
        default: break
        }
      }
    }
    XCTAssertGreaterThan(count, 20)
  }

  /// A line that is changed, left out or indented otherwise is another text.
  func testFindsABlockAtAnyIndentationAndNothingElse() {
    let file = ["func f() {", "  if a {", "    b()", "", "    }", "}"]
    XCTAssertTrue(contains(file, ["if a {", "  b()", "", "  }"]))
    XCTAssertFalse(contains(file, ["if a {", "  c()"]))
    XCTAssertFalse(contains(file, ["if a {", "b()"]))
    XCTAssertFalse(contains(file, ["if a {", "", "  }"]))
  }

  private func articles() throws -> [URL] { try Repository.files(in: "Sources/Myelin/Myelin.docc", suffix: ".md") }

  private struct Block {
    var language: String
    /// Of its fence, from 1.
    var line: Int
    var lines: [String]
  }

  private func blocks(in lines: [String]) -> [Block] {
    var blocks: [Block] = []
    var open: Block?
    for (number, line) in lines.enumerated() {
      if line.hasPrefix("```") {
        if let block = open {
          blocks.append(block)
          open = nil
        } else {
          open = Block(language: String(line.dropFirst(3)), line: number + 1, lines: [])
        }
      } else {
        open?.lines.append(line)
      }
    }
    return blocks
  }

  private func contains(_ file: [String], _ block: [String]) -> Bool {
    guard let first = block.first else { return false }
    return file.indices.contains { start in
      guard file[start].hasSuffix(first), start + block.count <= file.count else { return false }
      let indentation = String(file[start].dropLast(first.count))
      return indentation.allSatisfy { $0 == " " }
        && block.indices.allSatisfy { file[start + $0] == (block[$0].isEmpty ? "" : indentation + block[$0]) }
    }
  }
}
