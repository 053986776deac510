import Foundation
import Myelin

/// A CSV file of one's own, of which one column is learned from the others.
package struct CSVData: OwnData {
  package let name = "csv"
  package let summary = "a CSV file"
  package let settings = TrainingSettings()
  package let preset: Preset? = .balanced
  package let sourceOptions: Set<RunSource.Option> = [.target, .task, .table]

  package init() {}

  /// What no other kind is, which is why it is asked last.
  package func accepts(_ path: String) -> Bool { true }

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    guard let dataPath = options.source.path, let target = options.source.target else {
      throw DataError(options.source.name, "no file or no column to predict", expected: "both")
    }
    let path = dataPath.located(near: folder)
    let own = options.source.table ?? TableOptions()
    var reading = own.reading.applied(to: CSVOptions())
    reading.kinds = own.kinds
    if options.source.task == .regression || options.source.quantiles != nil { reading.kinds[target] = .number }
    let whole = try Table(csv: DataPath.input(path), options: reading)
    for (option, column) in own.columns where column == target && option != "--numeric" && option != "--categorical" {
      throw DataError(path, "\(option) names the target \"\(target)\"", expected: "another column")
    }
    for (_, column) in own.columns { _ = try whole.column(named: column) }
    let table = try whole.droppingMissing(in: target)
    let missing = whole.rowCount - table.rowCount
    return try TensorTask(
      table, target: target, task: options.source.quantiles == nil ? options.source.task : .regression,
      recipe: own.recipe, isLogarithmic: false, options,
      own: own, folder: folder,
      origin: [("data", path)] + CSVData.form(of: whole)
        + (missing > 0 ? [("left out", "\(missing) rows without a value of \(target)")] : [])
        + CSVData.missingValues(of: whole))
  }

  /// How the file is written, where that is not the plainest way.
  private static func form(of table: Table) -> [TrainingReport.Fact] {
    table.dialect.map { [("read as", $0.description)] } ?? []
  }

  /// How many values of which columns were taken as missing, with the texts that stood there.
  private static func missingValues(of table: Table) -> [TrainingReport.Fact] {
    let columns = table.columns.filter { !$0.missingTexts.isEmpty }
    if columns.isEmpty { return [] }
    let parts = columns.prefix(10).map { column in
      let texts = column.missingTexts.sorted { $0.key < $1.key }
        .map { "\($0.key.isEmpty ? "empty" : DataError.quoted($0.key)) \($0.value)" }
      return "\(column.name) \(column.missingCount) (\(texts.joined(separator: ", ")))"
    }
    let more = columns.count > 10 ? " and \(columns.count - 10) more columns" : ""
    return [("missing values", parts.joined(separator: "; ") + more)]
  }
}
