import Foundation

/// What a column of a table is and what became of it: a line of the table that a report shows.
public struct ColumnSummary: Equatable, Sendable {
  /// The column's name.
  public var name: String
  /// What its values are: `number`, `number, as "1.234,56 €"`, `date`, `yes/no`, `5 categories`.
  public var kind: String
  /// Missing values.
  public var missing: Int
  /// What became of it: `standardised`, `one feature a value`, `left out: one value only`.
  public var treatment: String
  /// How much worse the answers are without it (permutation importance); nil where that was not measured.
  public var importance: Double?

  /// A line a column.
  package static func table(_ columns: [ColumnSummary], limit: Int = .max) -> TextTable {
    let hasImportance = columns.contains { $0.importance != nil }
    var table = TextTable(["column", "kind", "missing", "treatment"] + (hasImportance ? ["importance"] : []))
    for column in columns.prefix(limit) {
      let importance = column.importance.map { NumberText.fixed($0, decimals: 4) } ?? "–"
      table.add(
        [column.name, column.kind, column.missing == 0 ? "–" : "\(column.missing)", column.treatment]
          + (hasImportance ? [importance] : []))
    }
    return table
  }
}

extension FeatureEncoder {
  /// What the columns of a table are, and what this encoder, fitted on it, makes of them.
  ///
  /// - Parameters:
  ///   - table: all rows.
  ///   - target: the column that is predicted.
  ///   - ignored: columns that were left out because somebody said so.
  public func summaries(of table: Table, target: String?, ignored: Set<String> = []) -> [ColumnSummary] {
    let encodings = Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0.encoding) })
    return table.columns.map { column in
      let treatment =
        column.name == target
        ? "predicted"
        : encodings[column.name].map(\.treatment)
          ?? (ignored.contains(column.name)
            ? "left out, as asked"
            : identifierColumns.contains(column.name) ? "left out: it names the rows" : "left out: one value only")
      return ColumnSummary(
        name: column.name, kind: column.description(as: encodings[column.name]), missing: column.missingCount,
        treatment: treatment)
    }
  }
}

extension FeatureEncoder.Encoding {
  fileprivate var treatment: String {
    switch self {
    case .number(let number):
      (number.transform == .logarithm ? "logarithm, standardised" : "standardised")
        + (number.hasIndicator ? ", flag where missing" : "")
    case .category(let category):
      (category.groupedLevels.map { "one feature for each of \(category.levels.count) values, one for \($0) others" }
        ?? "one feature a value") + (category.ranks == nil ? "" : ", rank")
    case .date(let date):
      date.parts.map(\.part.rawValue).joined(separator: ", ") + (date.hasIndicator ? ", flag where missing" : "")
    case .text(let text): "\(text.featureCount) features of its words"
    }
  }
}

extension Table.Column {
  fileprivate func description(as encoding: FeatureEncoder.Encoding?) -> String {
    switch values {
    case .numbers:
      if case .category(let category) = encoding { return "\(category.levels.count) categories, numbers in the file" }
      return example.map { "number, as \(DataError.quoted($0))" } ?? "number"
    case .dates:
      guard case .date(let isDayFirst) = form else { return "date" }
      return "date, as \(DataError.quoted(example ?? ""))\(isDayFirst ? "" : ", month first")"
    case .categories(let levels, _):
      if case .text = encoding { return "text" }
      if levels.count == 2, Table.Column.isYesNo(levels) { return "yes/no" }
      if case .category(let category) = encoding, category.ranks != nil { return "\(levels.count) ordered categories" }
      return "\(levels.count) categor\(levels.count == 1 ? "y" : "ies")"
    }
  }

  private static func isYesNo(_ levels: [String]) -> Bool {
    let pairs: Set<Set<String>> = [
      ["yes", "no"], ["true", "false"], ["y", "n"], ["t", "f"], ["ja", "nein"], ["oui", "non"], ["on", "off"],
      ["si", "no"], ["sí", "no"],
    ]
    return pairs.contains(Set(levels.map { $0.lowercased() }))
  }
}
