import Foundation
import Myelin

/// A CSV file of one's own with a column of texts, of which another one tells the class.
package struct TextTableData: OwnData {
  package let name = "texts"
  package let summary = "a CSV file of texts"
  package let taskName: String? = "classify-text"
  package let network: String? = "a bag of n-grams' vectors"
  package let takesDropout = true
  package let settings = TrainingSettings.texts
  package let sourceOptions: Set<RunSource.Option> = [.target, .table]
  package let optionsWithoutEffect: Set<String> = ["--threshold", "--preset", "--folds", "--bins", "--bin-strength"]

  package init() {}

  /// A file of two columns, one of texts and one of a few classes.
  package func accepts(_ path: String, target: String?) -> Bool {
    let mostBytes = 1 << 26
    guard let target, path != DataPath.standardInput,
      let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int, size <= mostBytes,
      let table = try? Table(csv: URL(fileURLWithPath: path)), table.columns.count == 2,
      let column = try? table.column(named: target), case .categories(let levels, let codes) = column.values,
      levels.count * 4 <= codes.count
    else { return false }
    return LabelledTexts.textColumn(of: table, target: target) != nil
  }

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    guard let path = options.source.path?.located(near: folder), let target = options.source.target else {
      throw DataError(options.source.name, "no file or no column to predict", expected: "both")
    }
    let own = options.source.table ?? TableOptions()
    let named = own.kinds.filter { $0.value == .text }.keys.sorted()
    guard named.count < 2, own.kinds.count == named.count, own.dropped.isEmpty, own.kept.isEmpty,
      own.identifiers.isEmpty, own.division == .random
    else {
      throw DataError(path, "columns", expected: "only --text COLUMN and --target COLUMN with --task classify-text")
    }
    if named.first == target { throw DataError(path, "--text names the target", expected: "another column") }
    let file = try DataPath.input(path)
    var reading = own.reading.applied(to: CSVOptions())
    // Standard input can be read once.
    let bytes = try DataFile.read(file, unpackedLimit: reading.unpackedLimit, isText: true)
    let text: String
    if let first = named.first {
      text = first
    } else {
      reading.kinds[target] = .category
      let table = try Table(csv: bytes, source: DataFile.name(of: file), options: reading)
      _ = try table.column(named: target)
      guard let found = LabelledTexts.textColumn(of: table, target: target) else {
        throw DataError(path, "no column, or several, look like texts", expected: "--text COLUMN")
      }
      text = found
    }
    let rows = try LabelledTexts(
      bytes, source: DataFile.name(of: file), text: text, target: target, own.reading)
    let given = try own.testFile.map {
      try LabelledTexts($0.located(near: folder), text: text, target: target, own.reading)
    }
    return try TextClassificationTask(
      rows, given: given, text: text, target: target, origin: [("data", path)], options)
  }
}

extension TrainingSettings {
  /// For texts of which nothing is known.
  static let texts = TrainingSettings {
    $0.texts = TextSettings()
    $0.learningRate = 5e-3
    $0.weightDecay = 0.1
    $0.dropout = 0.3
    $0.epochs = 15
    $0.batchSize = 32
  }
}
