import Foundation
import XCTest

/// Each public symbol says what it is.
final class PublicSymbolTests: XCTestCase {
  #if os(Linux)
    func testEachPublicSymbolOfSwiftIsDocumented() throws {
      for module in ["Myelin", "MyelinModels", "MyelinCalculus"] {
        let symbols = try publicSymbols(of: module)
        XCTAssertGreaterThan(symbols.count, 50, module)
        let silent = symbols.filter { $0.docComment == nil && !$0.identifier.precise.contains("::SYNTHESIZED::") }
        for symbol in silent {
          let file = symbol.location?.uri.components(separatedBy: "/Sources/").last ?? module
          XCTFail(
            "\(file):\((symbol.location?.position.line ?? 0) + 1): \(symbol.pathComponents.joined(separator: ".")) "
              + "is public and has no documentation")
        }
      }
    }

    private struct Graph: Decodable {
      var symbols: [Symbol]
    }

    private struct Symbol: Decodable {
      struct Identifier: Decodable { var precise: String }
      struct Comment: Decodable {}
      struct Position: Decodable { var line: Int }
      struct Location: Decodable {
        var uri: String
        var position: Position
      }
      var identifier: Identifier
      var pathComponents: [String]
      var docComment: Comment?
      var location: Location?
    }

    /// From the built module, by the tool that documentation is made with.
    private func publicSymbols(of module: String) throws -> [Symbol] {
      let output = FileManager.default.temporaryDirectory.appendingPathComponent("symbols-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: output) }
      #if arch(arm64)
        let target = "aarch64-unknown-linux-gnu"
      #else
        let target = "x86_64-unknown-linux-gnu"
      #endif
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments =
        [
          "swift-symbolgraph-extract", "-module-name", module, "-minimum-access-level", "public", "-target", target,
          "-output-dir", output.path, "-I", Repository.products.appendingPathComponent("Modules").path,
        ]
        + ["CProcess", "CPictures"].flatMap {
          ["-Xcc", "-fmodule-map-file=\(Repository.products.path)/\($0).build/module.modulemap"]
        }
        + ["CKernels/include", "Sources/CZlib", "Sources/CThreadSanitizer"].flatMap {
          ["-I", Repository.root.appendingPathComponent($0).path]
        }
      let pipe = Pipe()
      process.standardError = pipe
      try process.run()
      let complaint = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      let file = output.appendingPathComponent("\(module).symbols.json")
      XCTAssertTrue(FileManager.default.fileExists(atPath: file.path), complaint)
      return try JSONDecoder().decode(Graph.self, from: Data(contentsOf: file)).symbols
    }
  #endif

  /// A comment stands above each function and type of the C headers.
  func testEachDeclarationOfTheCHeadersIsDocumented() throws {
    let headers = try Repository.files(in: "CKernels/include", suffix: ".h")
    XCTAssertGreaterThan(headers.count, 5)
    for header in headers {
      let lines = try Repository.lines(of: header)
      for (number, line) in lines.enumerated()
      where ["CK_API ", "typedef "].contains(where: line.hasPrefix) && !lines[number - 1].hasPrefix("//") {
        XCTFail("\(header.lastPathComponent):\(number + 1): no comment above \(line)")
      }
    }
  }
}
