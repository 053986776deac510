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
  package func accepts(_ path: String, target: String?) -> Bool { true }

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    guard let dataPath = options.source.path, let target = options.source.target else {
      throw DataError(options.source.name, "no file or no column to predict", expected: "both")
    }
    let path = dataPath.located(near: folder)
    let own = options.source.table ?? TableOptions()
    var reading = own.reading.applied(to: CSVOptions())
    reading.kinds = own.kinds
    // Of several targets it is seen when they are fitted.
    if options.source.task == .regression || options.source.quantiles != nil, !target.contains(",") {
      reading.kinds[target] = .number
    }
    let whole = try Table(csv: DataPath.input(path), options: reading)
    let names = CSVData.targets(target, in: whole)
    for (option, column) in own.columns
    where names.contains(column) && option != "--numeric" && option != "--categorical" {
      throw DataError(path, "\(option) names the target \"\(column)\"", expected: "another column")
    }
    for (_, column) in own.columns { _ = try whole.column(named: column) }
    let table = try names.reduce(whole) { try $0.droppingMissing(in: $1) }
    let missing = whole.rowCount - table.rowCount
    let origin =
      [("data", path)] + CSVData.form(of: whole)
      + (missing > 0 ? [("left out", "\(missing) rows without a value of \(names.joined(separator: " or "))")] : [])
      + CSVData.missingValues(of: whole)
    if names.count > 1 {
      return try TargetsTask(
        TargetRows(table, targets: names, options, own: own, folder: folder, origin: origin), options)
    }
    return try TensorTask(
      table, target: target, task: options.source.quantiles == nil ? options.source.task : .regression,
      recipe: own.recipe, isLogarithmic: false, options,
      own: own, folder: folder, origin: origin)
  }

  /// The columns that `--target` names: one, or several with commas between them where no column has that name.
  private static func targets(_ text: String, in table: Table) -> [String] {
    if table.columnNames.contains(text) || !text.contains(",") { return [text] }
    return text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
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
