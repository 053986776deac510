import Foundation
import Myelin
import XCTest

/// A host may set any locale: what programs read stays the same.
final class LocaleTests: XCTestCase {
  func testNumbersAreThoseOfC() {
    let values = [
      0, -0.0, 1, -1, 0.1, 0.125, 2.675, 1e-5, 123456.5, 1e15, 1e21, -1.5e-7, .pi, .leastNonzeroMagnitude,
      .greatestFiniteMagnitude,
    ]
    for value in values {
      for digits in 0...17 {
        XCTAssertEqual(NumberText.fixed(value, decimals: digits), String(format: "%.\(digits)f", value))
        XCTAssertEqual(NumberText.general(value, digits: digits), String(format: "%.\(digits)g", value))
      }
    }
    XCTAssertEqual(NumberText.fixed(.nan, decimals: 2), "nan")
    XCTAssertEqual(NumberText.general(-.infinity, digits: 2), "-inf")
  }

  /// With a locale that has a decimal comma: an installed one, or one that `localedef` makes from the C library's sources.
  func testACommaNeverReachesOutput() throws {
    let folder = try temporaryFolder(self)
    let svg = PlotTests.everything.svg()
    let previous = String(cString: setlocale(LC_ALL, nil))
    defer {
      setlocale(LC_ALL, previous)
      unsetenv("LOCPATH")
    }
    func set(_ name: String) -> Bool { setlocale(LC_ALL, name) != nil }
    var isSet = set("de_DE.UTF-8") || set("fr_FR.UTF-8") || set("de_DE")
    let compiler = "/usr/bin/localedef"
    if !isSet, FileManager.default.isExecutableFile(atPath: compiler) {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: compiler)
      process.arguments = ["-i", "de_DE", "-f", "UTF-8", folder.appendingPathComponent("de_DE.UTF-8").path]
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      setenv("LOCPATH", folder.path, 1)
      isSet = set("de_DE.UTF-8")
    }
    try XCTSkipUnless(isSet, "no locale with a decimal comma is installed, and none can be made")
    XCTAssertEqual(String(cString: localeconv().pointee.decimal_point), ",")

    XCTAssertEqual(PlotNumber.fixed(1.5, decimals: 2), "1.50")
    XCTAssertEqual(PlotNumber.short(0.25), "0.25")
    XCTAssertEqual(PlotNumber.short(3.1e-7), "3.1e-07")
    XCTAssertEqual(PlotTests.everything.svg(), svg)

    let model = Dense(1, 1)
    let trainer = Trainer(model, objective: .regression(), optimizer: SGD(model.parameters, learningRate: 0.1))
    trainer.options.epochs = 1
    let log = folder.appendingPathComponent("log.csv")
    trainer.observers = [TrainingLog(log)]
    try trainer.fit(TensorDataset(inputs: Tensor(ones: [4, 1]), targets: Tensor(ones: [4, 1])))
    // Refused by the reader when a row has other fields than the header.
    let table = try Table(csv: log)
    XCTAssertEqual(table.rowCount, 1)
    XCTAssertTrue(table.columns.allSatisfy { $0.kind == .number }, "\(table.columns)")
    XCTAssertEqual(
      try Table(csv: Array("x\n1.5\n2.25e1\n0.1234567890123456789\n".utf8), source: "a").columns[0].kind, .number)
  }

  /// Formatting that follows the host's locale stands nowhere in the sources.
  func testSourcesFormatWithoutALocale() throws {
    let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../..").standardizedFileURL
    var count = 0
    for folder in ["Sources", "Benchmarks"] {
      let files = try XCTUnwrap(FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path))
      for case let name as String in files where name.hasSuffix(".swift") {
        count += 1
        let text = try String(
          contentsOf: root.appendingPathComponent(folder).appendingPathComponent(name), encoding: .utf8)
        let code = text.split(separator: "\n").filter { !$0.contains("///") }
        for word in [
          "String(format:", "NumberFormatter", "localizedString", "DateFormatter", ".formatted(.", "printf(",
        ] {
          let hits = code.filter {
            $0.contains(word) && !($0.contains("vsnprintf(") && name.hasSuffix("NumberText.swift"))
          }
          XCTAssertTrue(hits.isEmpty, "\(name): \(hits)")
        }
      }
    }
    XCTAssertGreaterThan(count, 100)
  }
}
