/// A table made ready for training: split, encoded by what its training rows show, as tensors.
public struct TabularData: Sendable {
  /// What turns a row into inputs; it was fitted on the training rows.
  public let features: FeatureEncoder
  /// What turns the target into labels or numbers, and answers back.
  public let target: TargetEncoder
  /// Row numbers of the table.
  public let split: Split
  /// The group of each training row, where the rows are divided by groups: folds of them must keep groups together too.
  package let trainingGroups: [Int32]?
  /// Inputs [N, features]; labels [N] for classification, targets [N, 1] for regression.
  public let training: TensorDataset
  /// nil where no rows were set aside for it.
  public let validation: TensorDataset?
  /// nil where no rows were set aside for it.
  public let test: TensorDataset?

  /// Splits a table, stratified by class for a classification, fits the encoders on its training rows, encodes all.
  ///
  /// - Parameters:
  ///   - table: all rows.
  ///   - name: the target's column.
  ///   - task: nil to infer it from the target, as `TargetEncoder` does.
  ///   - recipe: how columns become features.
  ///   - isTargetLogarithmic: whether a regression learns log y.
  ///   - isCount: whether a regression is of counts; nil for those that look like counts, where no task is given.
  ///   - quantiles: of a regression, the levels of the quantiles that are learned in the place of the number; nil for that.
  ///   - division: how the rows are divided.
  ///   - validation: the share of the rows that is set aside to watch training.
  ///   - test: the share of the rows that is set aside for the end.
  ///   - seed: what the split follows from.
  /// - Throws: `DataError` for a target that does not exist, has missing values, or nothing to learn.
  public init(
    _ table: Table, target name: String, task: LearningTask? = nil,
    recipe: FeatureRecipe = FeatureRecipe(),
    isTargetLogarithmic: Bool = false, isCount: Bool? = nil, quantiles: [Double]? = nil,
    division: RowDivision = .random, validation: Double = 0, test: Double = 0.2,
    seed: UInt64 = 0
  ) throws {
    var target = try TargetEncoder(
      fitting: table, column: name, task: task,
      isLogarithmic: isTargetLogarithmic && task != .classification, isCount: quantiles == nil ? isCount : false)
    let divided = try table.divided(by: division, validation: validation, test: test, seed: seed)
    switch target.task {
    case .classification:
      split =
        try divided ?? Split(labels: target.labels(of: table), validation: validation, test: test, seed: seed)
    case .regression:
      split = divided ?? Split(count: table.rowCount, validation: validation, test: test, seed: seed)
      // Again: its scale is that of the training rows only.
      target = try TargetEncoder(
        fitting: table, column: name, task: .regression, rows: split.training,
        isLogarithmic: isTargetLogarithmic, isCount: target.isCount)
      target.quantiles = quantiles
    }
    if case .groups(let column) = division {
      let groups = try table.groups(named: column)
      trainingGroups = split.training.map { groups[$0] }
    } else {
      trainingGroups = nil
    }
    let features = try FeatureEncoder(
      fitting: table, target: name, rows: split.training, recipe: recipe)
    let all = try features.dataset(table, target: target)
    self.target = target
    self.features = features
    training = all.subset(split.training)
    self.validation = split.validation.isEmpty ? nil : all.subset(split.validation)
    self.test = split.test.isEmpty ? nil : all.subset(split.test)
  }
}

extension FeatureEncoder {
  /// The features of all rows: [rows, features].
  ///
  /// - Throws: `DataError` as `encode` does.
  public func inputs(_ table: Table) throws -> Tensor {
    Tensor(try encode(table), shape: Shape(table.rowCount, featureCount))
  }

  /// The rows of a table with their labels or targets.
  ///
  /// - Throws: `DataError` as `encode` and the target's encoder do.
  public func dataset(_ table: Table, target: TargetEncoder) throws -> TensorDataset {
    switch target.task {
    case .classification:
      TensorDataset(inputs: try inputs(table), labels: Indices(try target.labels(of: table)))
    case .regression:
      TensorDataset(
        inputs: try inputs(table),
        targets: Tensor(try target.targets(of: table), shape: Shape(table.rowCount, 1)))
    }
  }
}
