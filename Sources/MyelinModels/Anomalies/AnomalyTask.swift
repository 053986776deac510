import Foundation
import Myelin

/// Rows of which a few are odd, and nobody says which: an autoencoder learns what the others have in common.
package struct AnomalyTask: RunTask, Sendable {
  package let training: TensorSamples
  package let validation: TensorSamples?
  package let test: TensorSamples
  package let facts: [TrainingReport.Fact]
  package let hash: String
  let features: FeatureEncoder
  private let label: AnomalyModel.Label

  /// - Parameters:
  ///   - label: the column that says which rows are odd; it is looked at for the test alone.
  ///   - origin: what is told of where it comes from.
  init(
    _ table: Table, _ label: AnomalyModel.Label, recipe: FeatureRecipe, _ options: RunOptions,
    origin: [TrainingReport.Fact]
  ) throws {
    let split = Split(
      count: table.rowCount, validation: options.validationShare, test: options.testShare, seed: options.seed)
    guard !split.test.isEmpty else {
      throw DataError(table.source, "a test share of \(options.testShare) leaves no test rows of \(table.rowCount)")
    }
    features = try FeatureEncoder(fitting: table, target: label.column, rows: split.training, recipe: recipe)
    let all = try AnomalyModel.samples(table, features, label)
    self.label = label
    let known = all.subset(split.training)
    training = TensorSamples(TensorDataset(inputs: known.inputs))
    validation =
      split.validation.isEmpty ? nil : TensorSamples(TensorDataset(inputs: all.subset(split.validation).inputs))
    let tested = all.subset(split.test)
    test = TensorSamples(tested)
    let odd = tested.labels?.values.count { $0 == 1 } ?? 0
    facts =
      origin + [
        (
          "rows",
          "\(table.rowCount): \(TensorTask.partsText(split.training.count, split.validation.count, split.test.count)); "
            + "\(odd) of the test rows are odd"
        ), ("features", "\(features.featureCount) from \(features.columnNames.count) columns"),
        ("task", "what is unlike the others; \(label.column) is read for the test alone"),
      ]
    hash = ContentHash.text(of: [training, validation, test])
  }

  /// Share of a row's numbers that another row's stand in the place of while training.
  static let lostShare: Float = 0.5

  package var augmented: any Dataset<TensorBatch> {
    training.augmented { batch, random in
      let (rows, width) = (batch.inputs.shape[0], batch.inputs.shape[1])
      let draws = random.uniform([rows * width])
      let others = random.uniform([rows * width], low: 0, high: Float(rows))
      let inputs = Tensor(shape: batch.inputs.shape) { target in
        draws.withUnsafeBufferPointer { draws in
          others.withUnsafeBufferPointer { others in
            batch.inputs.withUnsafeBufferPointer { values in
              for place in 0..<rows * width {
                target[place] =
                  draws[place] < AnomalyTask.lostShare
                  ? values[min(Int(others[place]), rows - 1) * width + place % width] : values[place]
              }
            }
          }
        }
      }
      return TensorBatch(inputs: inputs, targets: batch.inputs)
    }
  }

  package var learning: LearningTask { .regression }
  package var encoding: String { get throws { try JSONCoding.encode(features) } }

  private func configuration(_ options: RunOptions) -> MLP.Configuration {
    options.settings.configuration(inputs: features.featureCount, outputs: features.featureCount)
  }

  package func size(_ options: RunOptions) -> NetworkSize { configuration(options).size }

  package func makeModel(_ options: RunOptions) -> AnomalyModel {
    AnomalyModel(
      configuration(options).makeNetwork(), features: features, label: label, options: options, dataHash: hash)
  }

  package func makeTrainer(_ model: AnomalyModel, _ options: RunOptions) -> Trainer<TensorBatch> {
    Trainer(
      model.autoencoder, objective: AnomalyModel.objective, optimizer: options.settings.makeOptimizer(model.autoencoder)
    )
  }
}
