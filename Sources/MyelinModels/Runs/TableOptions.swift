import Foundation
import Myelin

/// What can be said of a table of one's own, beside its target: how its file is read, what its columns are, which rows are
/// for testing.
package struct TableOptions: Codable, Equatable, Sendable {
  /// How a file is read; each is found from the file where it is nil.
  package struct Reading: Codable, Equatable, Sendable {
    package var delimiter: UInt8?
    package var decimal: DecimalMark?
    package var encoding: TextEncoding?
    package var hasHeader: Bool?
    /// The most bytes that a gzipped file may unpack to, and a pipe may give.
    package var unpackedLimit: Int?

    package init() {}

    package func applied(to options: CSVOptions) -> CSVOptions {
      var options = options
      if let delimiter { options.delimiter = delimiter }
      if let decimal { options.decimal = decimal }
      if let encoding { options.encoding = encoding }
      if let hasHeader { options.hasHeader = hasHeader }
      if let unpackedLimit { options.unpackedLimit = unpackedLimit }
      return options
    }
  }

  package var reading = Reading()
  /// Columns that are not used.
  package var dropped: [String] = []
  /// Columns that are used even if they name their rows.
  package var kept: [String] = []
  /// Columns that are copied through to the predictions, and not used.
  package var identifiers: [String] = []
  package var kinds: [String: ColumnKind] = [:]
  /// Another file, whose rows are the test.
  package var testFile: DataPath?
  /// How the rows are divided.
  package var division = RowDivision.random

  package init() {}

  /// Columns that are named, each with the option that does.
  package var columns: [(option: String, name: String)] {
    dropped.map { ("--drop", $0) } + kept.map { ("--keep", $0) } + identifiers.map { ("--id", $0) }
      + kinds.sorted { $0.key < $1.key }.map { ("--\($1.optionName)", $0) }
      + (division.column.map { [("--split", $0)] } ?? [])
  }

  /// How the columns become features.
  package var recipe: FeatureRecipe {
    var recipe = FeatureRecipe()
    recipe.ignored = Set(dropped + identifiers)
    // A group's name says nothing of another group.
    if case .groups(let column) = division, !kept.contains(column) { recipe.ignored.insert(column) }
    recipe.kept = Set(kept)
    recipe.kinds = kinds
    return recipe
  }
}

extension ColumnKind {
  /// As the command line names it.
  package var optionName: String {
    switch self {
    case .number: "numeric"
    case .category: "categorical"
    case .date: "date"
    case .text: "text"
    }
  }
}
