import Foundation
import Myelin

/// A table that the package ships, with what is known about it: the target, and the preprocessing that suits it.
///
/// `NOTICE.md` beside the files tells origin and licence of each.
public struct ShippedTable: Sendable {
  /// As on the command line: `breast-cancer`.
  public let name: String
  /// One line on what it is.
  public let summary: String
  /// The file among the package's resources.
  public let fileName: String
  /// The column to predict.
  public let target: String
  /// Whether classes are told apart or a number is predicted.
  public let task: LearningTask
  /// Who made it, where it was published.
  public let citation: String
  /// Rows and columns of the file, the target included.
  public let size: (rows: Int, columns: Int)
  /// Preprocessing chosen on training data, with its reasons in the source.
  public let recipe: FeatureRecipe
  /// Whether a regression learns the logarithm of the target.
  public let isTargetLogarithmic: Bool
  /// How its file is to be read.
  public let csvOptions: CSVOptions
  /// Where one kind of row is told from all others: which values of the target are of that kind. They are read as "yes", the
  /// others as "no".
  public let asked: Asked?

  /// Values of a target that are asked for.
  public enum Asked: Sendable {
    /// This one.
    case value(String)
    /// All but this one.
    case anythingBut(String)

    func holds(_ value: String) -> Bool {
      switch self {
      case .value(let asked): value == asked
      case .anythingBut(let usual): value != usual
      }
    }
  }

  init(
    name: String, summary: String, fileName: String, target: String, task: LearningTask = .classification,
    citation: String, size: (rows: Int, columns: Int), isTargetLogarithmic: Bool = false,
    csvOptions: CSVOptions = CSVOptions(), asked: Asked? = nil,
    recipe configure: (inout FeatureRecipe) -> Void = { _ in }
  ) {
    self.name = name
    self.summary = summary
    self.fileName = fileName
    self.target = target
    self.task = task
    self.citation = citation
    self.size = size
    self.isTargetLogarithmic = isTargetLogarithmic
    self.csvOptions = csvOptions
    self.asked = asked
    var recipe = FeatureRecipe()
    // The networks' settings were chosen without ranks.
    recipe.ranksLevels = false
    configure(&recipe)
    self.recipe = recipe
  }

  /// Reads the file.
  ///
  /// - Throws: `DataError` when it is not there or damaged.
  public func table() throws -> Table {
    let table = try Table(csv: ShippedData.file(fileName), options: csvOptions)
    guard let asked else { return table }
    guard case .categories(let levels, let codes) = try table.column(named: target).values else {
      throw DataError(table.source, "column \(DataError.quoted(target))", expected: "texts")
    }
    let isAsked = levels.map(asked.holds)
    return table.replacing([
      Table.Column(
        name: target,
        values: .categories(levels: ["no", "yes"], codes: codes.map { $0 < 0 ? -1 : isAsked[Int($0)] ? 1 : 0 }))
    ])
  }
}
