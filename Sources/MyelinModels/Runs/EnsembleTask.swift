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
    let numbers: [Int]
    var isCount = false
    switch base.preprocessing {
    case .table(let features, let target):
      isCount = target.isCount
      numbers = features.groups.filter { $0.kind == .number }.flatMap { Array($0.range) }
    case .images: numbers = []
    }
    let configuration = TabularEnsemble.Configuration(
      fitting: data, numbers: numbers, outputs: base.preprocessing.outputCount, ensemble, options.settings,
      isCount: isCount)
    // What the first layer takes is made once, not in each batch.
    let prepared = TensorDataset(
      inputs: configuration.prepared(data.inputs), labels: data.labels, targets: data.targets, weights: data.weights)
    self.base = base
    self.configuration = configuration
    training = EnsembleDataset(prepared, rows: (0..<members).map(folds.training), fill: .repeated)
    validation = EnsembleDataset(prepared, rows: (0..<members).map(folds.heldOut), fill: .empty)
  }

  package var test: TensorSamples { base.test }
  package var facts: [TrainingReport.Fact] { base.facts }
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
    base.finished(model, heldOut(model), options)
  }

  package func test(of model: SavedModel) -> TrainingReport.Test {
    guard base.isUntested, let heldOut = heldOut(model) else { return model.test(on: test) }
    return model.test(on: heldOut)
  }

  package func assessment(of model: SavedModel) -> TableAssessment? { base.assessment(of: model, heldOut(model)) }

  /// What each member makes of the rows that it held out, all training rows in their order.
  private func heldOut(_ model: SavedModel) -> HeldOutOutputs? {
    guard let network = model.tensorNetwork as? TabularEnsemble, let validation else { return nil }
    let rows = training.base
    let width = configuration.outputs
    let outputs = Tensor(shape: Shape(rows.count, width)) { result in
      for start in stride(from: 0, to: validation.count, by: 1024) {
        let end = min(start + 1024, validation.count)
        let answers = withoutGradient { network.outputs(validation.batch(start..<end).inputs) }
        answers.withUnsafeBufferPointer { answers in
          for (member, own) in validation.rows.enumerated() {
            for sample in start..<min(end, own.count) {
              let source = (member * (end - start) + sample - start) * width
              for output in 0..<width { result[Int(own[sample]) * width + output] = answers[source + output] }
            }
          }
        }
      }
    }
    return HeldOutOutputs(
      outputs: configuration.range.map { outputs.clipped(to: $0[0]...$0[1]) } ?? outputs, data: rows)
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
  /// What suits some training rows, of whose features `numbers` may get bins; of counts, outputs are logarithms.
  init(
    fitting data: TensorDataset, numbers: [Int], outputs: Int, _ ensemble: EnsembleSettings,
    _ settings: TrainingSettings, isCount: Bool
  ) {
    let rows = data.count
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
    self.init(
      members: ensemble.members, features: width, binned: binned, binScale: ensemble.binStrength / 0.4, clip: 4,
      hiddenSizes: settings.hiddenSizes, activation: settings.activation, dropout: settings.dropout,
      outputs: outputs, range: range)
  }
}

/// Bins of all columns at most.
private let largestBinTotal = 4096

/// Rows by which bins are laid, spread evenly over all.
private let largestBinSample = 1 << 17
