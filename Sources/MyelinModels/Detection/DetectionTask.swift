import Foundation
import Myelin

/// Pictures with boxes, learned by a ``Detector``.
package struct DetectionTask: RunTask, Sendable {
  package let training: DetectionSamples
  package let validation: DetectionSamples?
  package let test: DetectionSamples
  package let use: DetectionUse
  package let facts: [TrainingReport.Fact]
  package let hash: String
  private let configuration: Detector.Configuration

  /// - Parameters:
  ///   - training: with what is done to them in each epoch.
  ///   - origin: what is told of where the data is from.
  init(
    training: DetectionSamples, validation: DetectionSamples?, test: DetectionSamples, use: DetectionUse,
    configuration: Detector.Configuration, origin: [TrainingReport.Fact]
  ) {
    self.training = training
    self.validation = validation
    self.test = test
    self.use = use
    self.configuration = configuration
    let names = use.encoding.classNames
    func boxes(_ samples: DetectionSamples) -> Int { samples.scenes.reduce(0) { $0 + $1.boxes.count } }
    facts =
      origin + [
        ("pictures", TensorTask.partsText(training.count, validation?.count ?? 0, test.count)),
        ("boxes", TensorTask.partsText(boxes(training), validation.map(boxes) ?? 0, boxes(test))),
        ("task", "detection of \(names.count) classes: \(names.joined(separator: ", "))"),
      ]
    hash = ContentHash.text(of: [training, validation, test])
  }

  package var augmented: any Dataset<DetectionBatch> { training }
  package var learning: LearningTask { .classification }
  package var encoding: String { get throws { try JSONCoding.encode(use) } }
  package var samplePictures: PictureGroup? { SceneDrawing(use.encoding.classNames).samples(training.scenes) }

  package func size(_ options: RunOptions) -> NetworkSize { configuration.size }

  package func makeModel(_ options: RunOptions) -> DetectionModel {
    DetectionModel(configuration.makeNetwork(), use: use, options: options, dataHash: hash)
  }

  package func makeTrainer(_ model: DetectionModel, _ options: RunOptions) -> Trainer<DetectionBatch> {
    Trainer(model.detector, objective: model.objective, optimizer: options.settings.makeOptimizer(model.detector))
  }
}
