import Foundation
import Myelin

/// What a run trains: data that was read and split, the network that suits it, and how both are judged.
///
/// Its batches and its network may be of any kind; a run knows them only through this.
package protocol RunTask {
  associatedtype Samples: Dataset
  associatedtype Model: RunModel where Model.Samples == Samples

  var training: Samples { get }
  /// Watched while training; nil where none were set aside.
  var validation: Samples? { get }
  var test: Samples { get }
  /// What they are, for people.
  var facts: [TrainingReport.Fact] { get }
  var learning: LearningTask { get }
  /// How data is encoded, as text: with another one a run cannot go on.
  var encoding: String { get throws }
  /// ``ContentHash`` of all samples, their labels, their order and their parts.
  var hash: String { get }

  /// How large the network of `options` is; asked before it is built.
  func size(_ options: RunOptions) -> NetworkSize
  /// The network, its weights drawn from `RandomGenerator.shared`.
  func makeModel(_ options: RunOptions) -> Model
  /// A trainer for the model, with its objective and optimizer; the run sets the trainer's options.
  func makeTrainer(_ model: Model, _ options: RunOptions) -> Trainer<Samples.Batch>
}

/// A network with all that using it needs: what `model.safetensors` of a run holds.
package protocol RunModel<Samples> {
  associatedtype Samples: Dataset
  associatedtype Network: Module

  var network: Network { get }
  var summary: ModelSummary { get }
  /// Text for the model's file and the checkpoints, by which they are read again.
  var metadata: [String: String] { get throws }

  func write(to url: URL) throws
  /// Loss and metrics in the data's own units, and what a report shows of them.
  func test(on samples: Samples) -> TrainingReport.Test
}

/// What a network takes in memory.
package struct NetworkSize: Sendable {
  /// Scalars in all parameters; nil beyond what an Int can count.
  package var parameterCount: Int?
  /// Scalars that one sample leaves on its way through the network.
  package var activationCount: Int
  /// For errors: `layers 128,64`.
  package var description: String
}
