import Foundation
import Myelin

/// A run's samples, split and encoded.
package struct RunData: Sendable {
  package let preprocessing: Preprocessing
  package let training: TensorDataset
  package let validation: TensorDataset?
  package let test: TensorDataset
  /// Fingerprint of the samples, their labels, their order and their parts.
  package let hash: String
  /// What they are, for people.
  package let facts: [TrainingReport.Fact]

  /// Loads and encodes what the options ask for.
  ///
  /// - Parameter folder: of the run that the options are from: where data that was moved is looked for.
  /// - Throws: `DataError` for a file that is missing or damaged, a target that is not there, too few rows.
  package init(_ options: RunOptions, near folder: RunFolder? = nil) throws {
    switch options.source {
    case .shipped(let name):
      guard let shipped = ShippedTable.named(name) else {
        throw DataError(name, "no data set of this name", expected: RunData.names.joined(separator: ", "))
      }
      let data = try RunData.tabular(
        shipped.table(), target: shipped.target, task: shipped.task, recipe: shipped.recipe,
        isLogarithmic: shipped.isTargetLogarithmic, options)
      self.init(data, [("data", "\(name): \(shipped.summary)"), ("source", shipped.citation)])
    case .file(let dataPath, let target, let task):
      let path = dataPath.located(near: folder)
      var reading = CSVOptions()
      if task == .regression { reading.kinds[target] = .number }
      let whole = try Table(csv: DataPath.input(path), options: reading)
      let table = try whole.droppingMissing(in: target)
      let missing = whole.rowCount - table.rowCount
      let data = try RunData.tabular(
        table, target: target, task: task, recipe: FeatureRecipe(), isLogarithmic: false, options)
      self.init(
        data,
        [("data", path)] + (missing > 0 ? [("left out", "\(missing) rows without a value of \(target)")] : [])
          + RunData.missingValues(of: whole))
    case .fashionMNIST(let images):
      let data = try FashionMNIST.load(folder: images.map { URL(fileURLWithPath: $0.located(near: folder)) })
      let shape = data.training.inputs.shape
      // The test images are given; only validation is cut from the training images.
      let split = Split(
        labels: data.training.labels!.values, validation: options.validationShare, test: 0, seed: options.seed)
      let parts = RunData.partsText(split.training.count, split.validation.count, data.test.count)
      self.init(
        preprocessing: .images(height: shape[1], width: shape[2], classes: FashionMNIST.classNames),
        training: split.validation.isEmpty ? data.training : data.training.subset(split.training),
        validation: split.validation.isEmpty ? nil : data.training.subset(split.validation), test: data.test,
        facts: [
          ("data", "fashion-mnist: grey images of clothing, \(shape[1])×\(shape[2]) pixels"),
          ("images from", "\(data.source)"), ("source", FashionMNIST.citation),
          ("images", "\(data.training.count + data.test.count): \(parts)"),
          ("task", "classification into 10 classes: \(FashionMNIST.classNames.joined(separator: ", "))"),
        ])
    }
  }

  private init(_ data: (table: Table, encoded: TabularData), _ origin: [TrainingReport.Fact]) {
    let encoded = data.encoded
    var facts = origin
    let parts = RunData.partsText(
      encoded.split.training.count, encoded.split.validation.count, encoded.split.test.count)
    facts.append(("rows", "\(data.table.rowCount): \(parts)"))
    let columns = encoded.features.columnNames.count
    facts.append(("features", "\(encoded.features.featureCount) from \(columns) columns"))
    facts += encoded.features.remarks.map { ("columns", $0) }
    let target = encoded.target
    switch target.task {
    case .classification:
      let names = target.classNames.prefix(10).joined(separator: ", ")
      let more = target.classNames.count > 10 ? ", …" : ""
      facts.append(
        ("task", "classification of \(target.column) into \(target.classNames.count) classes: \(names)\(more)"))
    case .regression:
      let form = target.unit == nil ? "logarithm, standardised" : "standardised values"
      facts.append(("task", "regression of \(target.column); scores by epoch are of its \(form)"))
    }
    self.init(
      preprocessing: .table(features: encoded.features, target: encoded.target), training: encoded.training,
      validation: encoded.validation, test: encoded.test!, facts: facts)
  }

  private init(
    preprocessing: Preprocessing, training: TensorDataset, validation: TensorDataset?, test: TensorDataset,
    facts: [TrainingReport.Fact]
  ) {
    self.preprocessing = preprocessing
    self.training = training
    self.validation = validation
    self.test = test
    self.facts = facts
    var hash = ContentHash()
    for part in [training, validation, test] {
      guard let part else {
        hash.add([0])
        continue
      }
      hash.add(part.inputs)
      if let labels = part.labels { hash.add(labels) }
      if let targets = part.targets { hash.add(targets) }
    }
    self.hash = hash.text
  }

  private static func tabular(
    _ table: Table, target: String, task: LearningTask?, recipe: FeatureRecipe, isLogarithmic: Bool,
    _ options: RunOptions
  ) throws -> (table: Table, encoded: TabularData) {
    _ = try table.column(named: target)
    guard table.rowCount >= 10 else {
      throw DataError(
        table.source, "rows with a value in \"\(target)\"", expected: "at least 10", found: "\(table.rowCount)")
    }
    let encoded = try TabularData(
      table, target: target, task: task, recipe: recipe, isTargetLogarithmic: isLogarithmic,
      validation: options.validationShare, test: options.testShare, seed: options.seed)
    guard encoded.validation != nil || options.validationShare == 0 else {
      throw DataError(
        table.source, "a validation share of \(options.validationShare) leaves no validation rows of \(table.rowCount)")
    }
    guard encoded.test != nil else {
      throw DataError(table.source, "a test share of \(options.testShare) leaves no test rows of \(table.rowCount)")
    }
    return (table, encoded)
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

  private static func partsText(_ training: Int, _ validation: Int, _ test: Int) -> String {
    "\(training) for training, " + (validation > 0 ? "\(validation) for validation, " : "") + "\(test) for testing"
  }

  /// Names of all data sets.
  package static var names: [String] { ShippedTable.all.map(\.name) + ["fashion-mnist"] }
}
