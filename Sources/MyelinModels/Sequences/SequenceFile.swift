import Foundation
import Myelin

/// Sequences of a file: JSON lines with frames of numbers, or a CSV file with a column of short texts.
struct SequenceFile {
  let source: String
  /// Numbers of a step; 0 for texts.
  private(set) var features = 0
  /// Step by step; empty for texts.
  private(set) var frames: [[Float]] = []
  private(set) var texts: [String] = []
  /// nil where there is none.
  private(set) var classes: [String?] = []
  /// The part that a line says it is of: `train`, `test`.
  private(set) var parts: [String?] = []
  /// Of the file, for errors.
  private(set) var lines: [Int] = []

  /// - Parameters:
  ///   - field: of the frames, or the column of the texts.
  ///   - target: of the classes.
  ///   - needsClasses: whether one without a class is a mistake.
  /// - Throws: `DataError` for what is neither, or has frames of different lengths.
  init(_ path: String, field: String, target: String, isText: Bool, needsClasses: Bool) throws {
    try self.init(
      DataPath.input(path), source: path, field: field, target: target, isText: isText, needsClasses: needsClasses)
  }

  init(_ url: URL, source: String, field: String, target: String, isText: Bool, needsClasses: Bool) throws {
    self.source = source
    if isText {
      try readTable(url, field, target, needsClasses)
    } else {
      try readLines(url, field, target, needsClasses)
    }
    if classes.isEmpty { throw DataError(source, "has no sequences") }
  }

  private mutating func readTable(_ url: URL, _ field: String, _ target: String, _ needsClasses: Bool) throws {
    var options = CSVOptions()
    options.readsTexts = true
    options.missing = []
    let table = try Table(csv: url, options: options)
    func column(_ name: String) throws -> [String?] {
      guard case .categories(let levels, let codes) = try table.column(named: name).values else { return [] }
      return codes.map { $0 < 0 ? nil : levels[Int($0)] }
    }
    texts = try column(field).map { $0 ?? "" }
    classes = needsClasses || table.columnNames.contains(target) ? try column(target) : texts.map { _ in nil }
    lines = table.lines
    parts = texts.map { _ in nil }
    if needsClasses, let row = classes.firstIndex(of: nil) {
      throw DataError(
        source, line: lines[row], "column \(DataError.quoted(target))", expected: "a class", found: "none")
    }
  }

  private mutating func readLines(_ url: URL, _ field: String, _ target: String, _ needsClasses: Bool) throws {
    let bytes = try DataFile.read(url, isText: true)
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      if line.allSatisfy({ $0 == 32 || $0 == 13 || $0 == 9 }) { continue }
      func wrong(_ what: String, _ expected: String) -> DataError {
        DataError(source, line: index + 1, what, expected: expected)
      }
      guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else {
        throw wrong("no JSON object", "a line of JSON for each sequence")
      }
      guard let rows = object[field] as? [Any] else {
        throw wrong("no list under \(DataError.quoted(field))", "frames of numbers")
      }
      var flat: [Float] = []
      for row in rows {
        let numbers =
          (row as? [Any])?.compactMap { ($0 as? NSNumber)?.floatValue } ?? (row as? NSNumber).map { [$0.floatValue] }
          ?? []
        if features == 0 { features = numbers.count }
        guard !numbers.isEmpty, numbers.count == features, numbers.allSatisfy(\.isFinite),
          (row as? [Any]).map({ $0.count == numbers.count }) ?? true
        else { throw wrong("a frame of \(DataError.quoted(field))", "\(max(features, 1)) numbers") }
        flat += numbers
      }
      let label = object[target].flatMap { value -> String? in
        (value as? String) ?? (value as? NSNumber).map { "\($0)" }
      }
      if needsClasses, label == nil { throw wrong("nothing under \(DataError.quoted(target))", "a class") }
      frames.append(flat)
      classes.append(label)
      parts.append(object["split"] as? String)
      lines.append(index + 1)
    }
    if features == 0 { throw DataError(source, "has no sequence with a step") }
  }
}
