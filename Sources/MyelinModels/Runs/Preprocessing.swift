import Foundation
import Myelin

/// What turns outside data into a model's inputs, and its outputs into answers; fitted on the training rows.
public enum Preprocessing: Codable, Equatable, Sendable {
  /// A table, by the encoders that were fitted on its training rows.
  case table(features: FeatureEncoder, target: TargetEncoder)
  /// Pictures, of which a class is told.
  case images(ImageEncoding)

  /// Whether classes are told apart or a number is predicted.
  public var task: LearningTask {
    switch self {
    case .table(_, let target): target.task
    case .images: .classification
    }
  }

  /// Names of the classes; empty for a regression.
  public var classNames: [String] {
    switch self {
    case .table(_, let target): target.classNames
    case .images(let images): images.classNames
    }
  }

  /// The columns of the table that the inputs are made of; nil for images.
  public var columnNames: [String]? {
    switch self {
    case .table(let features, _): features.columnNames
    case .images: nil
    }
  }

  /// Numbers that the network takes for a row.
  public var inputCount: Int {
    switch self {
    case .table(let features, _): features.featureCount
    case .images(let images): images.shape.reduce(1, *)
    }
  }

  /// Shape of one of the network's samples: `[inputCount]` for a table, `[height, width, channels]` for images.
  public var inputShape: [Int] {
    switch self {
    case .table: [inputCount]
    case .images(let images): images.shape
    }
  }

  /// Whether it can have been fitted on data; one read from a file may be anything.
  var isConsistent: Bool {
    switch self {
    case .table(let features, let target): features.isConsistent && target.isConsistent
    case .images(let images): images.isConsistent
    }
  }

  /// Numbers that the network gives for a row.
  public var outputCount: Int {
    switch self {
    case .table(_, let target): target.outputCount
    case .images(let images): images.classNames.count
    }
  }

  /// What is predicted.
  public var targetName: String {
    switch self {
    case .table(_, let target): target.column
    case .images: "label"
    }
  }

  /// The inputs of a CSV file (`-` for standard input), or of an IDX, NPY or NPZ file of images.
  ///
  /// - Parameter warn: is told, a line each, of values that the training rows did not have.
  public func inputs(of path: String, warn: (String) -> Void = { _ in }) throws -> Tensor {
    try inputs(of: path, reading: TableOptions.Reading(), warn: warn)
  }

  /// - Parameter reading: how the file is read, where that is not found from it.
  package func inputs(of path: String, reading: TableOptions.Reading, warn: (String) -> Void) throws -> Tensor {
    switch self {
    case .table(let features, _): return try features.inputs(of: path, reading: reading, warn: warn)
    case .images(let images): return try images.inputs(array: path)
    }
  }

  /// The samples of a CSV file with its target; `-` is standard input.
  public func samples(of path: String) throws -> TensorDataset {
    try samples(of: path, reading: TableOptions.Reading())
  }

  /// - Parameter reading: how the file is read, where that is not found from it.
  package func samples(of path: String, reading: TableOptions.Reading) throws -> TensorDataset {
    try rows(of: path, reading: reading).samples
  }

  /// The samples of a CSV file, and the rows that they are.
  func rows(of path: String, reading: TableOptions.Reading) throws -> (table: Table, samples: TensorDataset) {
    guard case .table(let features, let target) = self else {
      throw DataError(path, "is no table", expected: "a folder with a folder of pictures for each class")
    }
    var options = reading.applied(to: features.csvOptions())
    options.columns?.insert(target.column)
    // Classes are found by their text first: where all of a file's look like numbers, they are still names.
    options.kinds[target.column] = target.task == .regression ? .number : .category
    options.missing.subtract(target.classNames)
    let table = try Table(csv: DataPath.input(path), options: options)
    return (table, try features.dataset(table, target: target))
  }
}

extension FeatureEncoder {
  /// The features of a CSV file; `-` is standard input.
  ///
  /// - Parameters:
  ///   - reading: how the file is read, where that is not found from it.
  ///   - warn: is told, a line each, of values that the training rows did not have.
  func inputs(of path: String, reading: TableOptions.Reading, warn: (String) -> Void) throws -> Tensor {
    let table = try Table(csv: DataPath.input(path), options: reading.applied(to: csvOptions()))
    let inputs = try self.inputs(table)
    for (column, levels) in Dictionary(grouping: try unknownLevels(in: table), by: \.column).sorted(by: {
      $0.key < $1.key
    }) {
      let rows = levels.reduce(0) { $0 + $1.count }
      let shown = levels.prefix(5).map { "\(DataError.quoted($0.level)) (\($0.count))" }.joined(separator: ", ")
      warn(
        "\(path): column \(DataError.quoted(column)): \(rows) of \(table.rowCount) rows have a value that no training row "
          + "had: \(shown)\(levels.count > 5 ? " and \(levels.count - 5) more" : "")")
    }
    return inputs
  }
}
