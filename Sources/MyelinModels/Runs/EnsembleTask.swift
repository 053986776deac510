import Foundation
import Myelin

/// Rows of a table, learned by a ``TabularEnsemble``: each member holds out a fold of the training rows, by which its best
/// epoch is chosen.
package struct EnsembleTask: RunTask, Sendable {
  /// The rows, and how they are encoded.
  private let base: TensorTask
  package let training: EnsembleDataset
  package let validation: EnsembleDataset?
  private let configuration: TabularEnsemble.Configuration
  /// The rows that each member of one strength holds out.
  private let heldOutRows: [[Int32]]

  /// - Parameter options: the layers of a member, and the seed of the folds.
  /// - Throws: `DataError` for fewer rows than members need.
  init(_ base: TensorTask, _ ensemble: EnsembleSettings, _ options: RunOptions) throws {
    let rows = base.training.batch(0..<base.training.count)
    let data = TensorDataset(
      inputs: rows.inputs, labels: rows.labels, targets: rows.targets, weights: rows.weights)
    // A group is in one fold: there are no more folds than groups.
    var ensemble = ensemble
    if let groups = base.groups { ensemble.members = min(ensemble.members, Set(groups).count) }
    let members = ensemble.members
    guard members >= 2 else {
      throw DataError(options.source.name, "groups of training rows", expected: "at least two", found: "one")
    }
    guard data.count >= 2 * members else {
      throw DataError(
        options.source.name, "training rows for \(members) members", expected: "at least \(2 * members)",
        found: "\(data.count)")
    }
    let folds =
      base.groups.map { Folds(members, groups: $0, seed: options.seed) }
      ?? data.labels.map { Folds(members, labels: $0.values, seed: options.seed) }
      ?? Folds(members, targets: data.targets!.scalars, seed: options.seed)
    var groups: [FeatureGroup] = []
    var isCount = false
    switch base.preprocessing {
    case .table(let features, let target):
      isCount = target.isCount
      groups = features.groups
    case .images: break
    }
    let configuration = TabularEnsemble.Configuration(
      fitting: data, groups, outputs: base.preprocessing.outputCount, ensemble, options.settings,
      isCount: isCount)
    // What the first layer takes is made once, not in each batch.
    let prepared = TensorDataset(
      inputs: configuration.prepared(data.inputs), labels: data.labels, targets: data.targets, weights: data.weights)
    self.base = base
    self.configuration = configuration
    let parts = folds.datasets(prepared, configuration)
    training = parts.training
    validation = parts.heldOut
    heldOutRows = Array(parts.heldOut.rows.prefix(members))
  }

  package var test: TensorSamples { base.test }
  package var facts: [TrainingReport.Fact] {
    guard configuration.strengths.count > 1 else { return base.facts }
    let count = configuration.members / configuration.strengths.count
    return base.facts + [
      (
        "networks",
        "\(count), and \(count) that see bins at a tenth of their strength and rare categories less: the answer mixes both as suits held-out rows"
      )
    ]
  }
  package var learning: LearningTask { base.learning }
  package var encoding: String { get throws { try base.encoding } }
  package var hash: String { base.hash }
  package var columns: [ColumnSummary] { base.columns }
  package var samplePictures: PictureGroup? { nil }

  package func size(_ options: RunOptions) -> NetworkSize { configuration.size }

  package func makeModel(_ options: RunOptions) -> SavedModel {
    SavedModel(
      network: TabularEnsemble(configuration), preprocessing: base.preprocessing, options: options, dataHash: hash)
  }

  package func finished(_ model: SavedModel, _ options: RunOptions) throws -> SavedModel {
    guard let network = model.tensorNetwork as? TabularEnsemble else { return model }
    let rows = training.base
    let objective = model.objective
    let batch = TensorBatch(
      inputs: Tensor(zeros: Shape(rows.count, 0)), labels: rows.labels, targets: rows.targets, weights: rows.weights)
    let outputs = network.heldOutOutputs(rows, folds: heldOutRows)
    let mixed = try network.mixed(heldOut: outputs) {
      Double(objective($0, batch).loss.scalar)
    }
    let chosen = SavedModel(
      network: mixed, preprocessing: model.preprocessing, options: model.options, dataHash: model.dataHash)
    // With all its strengths it has the members that these outputs are of.
    let isWhole = mixed.configuration.strengths.count == network.configuration.strengths.count
    let known: HeldOutOutputs? =
      isWhole ? HeldOutOutputs(outputs: mixed.heldOutAnswers(outputs), data: rows) : heldOut(chosen)
    return base.finished(chosen, known, options)
  }

  package func test(of model: SavedModel) -> TrainingReport.Test {
    guard base.isUntested, let heldOut = heldOut(model) else { return model.test(on: test) }
    return model.test(on: heldOut)
  }

  /// Of several strengths the answer is another than that of all members.
  package func heldOutScores(of model: SavedModel) -> Scores? {
    configuration.strengths.count > 1 ? heldOut(model).map { model.test(on: $0).scores } : nil
  }

  package func assessment(of model: SavedModel) -> TableAssessment? { base.assessment(of: model, heldOut(model)) }

  /// What each member makes of the rows that it held out, all training rows in their order.
  private func heldOut(_ model: SavedModel) -> HeldOutOutputs? {
    guard let network = model.tensorNetwork as? TabularEnsemble else { return nil }
    let outputs = network.heldOutOutputs(training.base, folds: heldOutRows)
    return HeldOutOutputs(outputs: network.heldOutAnswers(outputs), data: training.base)
  }

  package func makeTrainer(_ model: SavedModel, _ options: RunOptions) -> Trainer<TensorBatch> {
    guard let network = model.tensorNetwork as? TabularEnsemble else {
      misuse("EnsembleTask: a model of \(type(of: model.tensorNetwork))")
    }
    let optimizer = options.settings.makeOptimizer(network)
    // Of all members at once a bias is a matrix.
    optimizer.configure(where: { $0.name.hasSuffix("bias") }, weightDecay: 0)
    let objective = model.objective(classWeights: options.balancesClasses ? base.balancedWeights : nil).memberwise()
    return Trainer(network, optimizer: optimizer) { network, batch in
      objective(network.outputs(batch.inputs), batch)
    }
  }
}

extension TabularEnsemble.Configuration {
  /// What suits some training rows with these features, of which numbers may get bins; of counts, outputs are logarithms.
  init(
    fitting data: TensorDataset, _ groups: [FeatureGroup], outputs: Int, _ ensemble: EnsembleSettings,
    _ settings: TrainingSettings, isCount: Bool
  ) {
    let rows = data.count
    let numbers = groups.filter { $0.kind == .number }.flatMap { Array($0.range) }
    let width = data.inputs.shape[1]
    // Quantiles of so many rows are near enough to those of all, and all would take longer to sort than to learn.
    let step = (rows + largestBinSample - 1) / largestBinSample
    // Not more bins in all than a first layer should have.
    let binned = data.inputs.withUnsafeBufferPointer { values in
      // Two values are no number to cut into bins.
      let columns = numbers.filter { feature in
        var seen: Set<Float> = []
        for row in 0..<rows where seen.count < 3 { seen.insert(values[row * width + feature]) }
        return seen.count > 2
      }
      let most = min(ensemble.binCount, largestBinTotal / max(columns.count, 1))
      guard most >= 2 else { return [TabularEnsemble.BinnedFeature]() }
      return columns.compactMap { feature in
        let column = stride(from: 0, to: rows, by: max(step, 1)).map { Double(values[$0 * width + feature]) }
        return PiecewiseLinearEncoding(fitting: column, maximumBinCount: most).map {
          TabularEnsemble.BinnedFeature(feature: feature, encoding: $0)
        }
      }
    }
    var range: [Float]?
    if let targets = data.targets { range = [targets.min().scalar, targets.max().scalar] }
    // The logarithm of a rate: no count is as rare as e^-20 of the mean.
    if isCount, let largest = range?[1] { range = [-20, max(log(largest), -20)] }
    var strengths = [TabularEnsemble.InputStrength(bins: ensemble.binStrength / 0.4, features: [], share: 1)]
    if ensemble.softens {
      // The more rows have a level, the more they can tell of it.
      var factors = [Float](repeating: 1, count: width)
      data.inputs.withUnsafeBufferPointer { values in
        for feature in groups.lazy.filter({ $0.kind == .oneHot }).flatMap(\.range) {
          let count = (0..<rows).count { values[$0 * width + feature] > 0.5 }
          factors[feature] = min(1, 0.5 * (Float(count) / 1000).squareRoot())
        }
      }
      strengths[0].share = 0.5
      let isScaled = factors.contains { $0 < 1 }
      strengths.append(.init(bins: 0.1 * strengths[0].bins, features: isScaled ? factors : [], share: 0.5))
    }
    self.init(
      members: ensemble.members * strengths.count, features: width, binned: binned, strengths: strengths, clip: 4,
      hiddenSizes: settings.hiddenSizes, activation: settings.activation, dropout: settings.dropout,
      outputs: outputs, range: range)
  }
}

extension Folds {
  /// Rows for the members of an ensemble, as many of each strength as there are folds: those that they learn, and those
  /// that they hold out.
  func datasets(
    _ rows: TensorDataset, _ configuration: TabularEnsemble.Configuration
  ) -> (training: EnsembleDataset, heldOut: EnsembleDataset) {
    let folds = (0..<configuration.members).map { $0 % (configuration.members / configuration.strengths.count) }
    return (
      EnsembleDataset(rows, rows: folds.map(training), fill: .repeated),
      EnsembleDataset(rows, rows: folds.map(heldOut), fill: .empty)
    )
  }
}

/// Bins of all columns at most.
private let largestBinTotal = 4096

/// Rows by which bins are laid, spread evenly over all.
private let largestBinSample = 1 << 17
