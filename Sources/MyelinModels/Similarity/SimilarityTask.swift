import Foundation
import Myelin

/// Drawings of many classes, of which an ``Embedder`` learns what is alike.
package struct SimilarityTask: RunTask, Sendable {
  package let training: EpisodeSamples
  package let validation: EpisodeSamples?
  package let test: EpisodeSamples
  package let pictureEncoding: ImageEncoding
  /// What each training drawing is.
  package let names: [String]
  package let facts: [TrainingReport.Fact]
  package let hash: String
  private let configuration: Embedder.Configuration

  init(
    training: EpisodeSamples, validation: EpisodeSamples?, test: EpisodeSamples, encoding: ImageEncoding,
    names: [String], configuration: Embedder.Configuration, facts: [TrainingReport.Fact]
  ) {
    self.training = training
    self.validation = validation
    self.test = test
    pictureEncoding = encoding
    self.names = names
    self.configuration = configuration
    self.facts = facts
    hash = ContentHash.text(of: [training, validation, test])
  }

  package var augmented: any Dataset<EpisodeBatch> { training }
  package var learning: LearningTask { .classification }
  package var encoding: String { get throws { try JSONCoding.encode(pictureEncoding) } }

  package func size(_ options: RunOptions) -> NetworkSize { configuration.size }

  package func makeModel(_ options: RunOptions) -> SimilarityModel {
    SimilarityModel(configuration.makeNetwork(), encoding: pictureEncoding, options: options, dataHash: hash)
  }

  package func makeTrainer(_ model: SimilarityModel, _ options: RunOptions) -> Trainer<EpisodeBatch> {
    Trainer(
      model.embedder, objective: SimilarityModel.objective, optimizer: options.settings.makeOptimizer(model.embedder))
  }
}
