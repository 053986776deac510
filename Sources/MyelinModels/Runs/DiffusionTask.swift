import Myelin

/// Pictures of classes, which a network learns to make out of noise.
package struct DiffusionTask: RunTask {
  let pictures: ImageEncoding
  package let training: NoisedPictures
  package let validation: NoisedPictures?
  package let test: NoisedPictures
  package let facts: [TrainingReport.Fact]
  package let hash: String
  private let configuration: DiffusionUNet.Configuration
  private let schedule: NoiseSchedule

  /// - Parameters:
  ///   - pictures: how they are encoded: as values of −1…1.
  ///   - training: encoded pictures with their classes.
  ///   - validation: nil where none were set aside.
  ///   - test: encoded pictures with their classes.
  ///   - configuration: the network.
  ///   - schedule: the noise in training and in sampling.
  ///   - unnamedShare: share of the training pictures whose class is not told.
  ///   - facts: what they are, for people.
  init(
    _ pictures: ImageEncoding, training: TensorDataset, validation: TensorDataset?, test: TensorDataset,
    configuration: DiffusionUNet.Configuration, schedule: NoiseSchedule, unnamedShare: Float,
    facts: [TrainingReport.Fact]
  ) {
    self.pictures = pictures
    self.configuration = configuration
    self.schedule = schedule
    self.facts = facts
    func noised(_ data: TensorDataset) -> NoisedPictures {
      NoisedPictures(
        data, schedule: schedule, classCount: configuration.classCount, unnamedShare: unnamedShare)
    }
    self.training = noised(training)
    self.validation = validation.map(noised)
    self.test = noised(test)
    hash = ContentHash.text(of: [training, validation, test].map { part in part.map { TensorSamples($0) } })
  }

  package var learning: LearningTask { .regression }
  package var encoding: String { get throws { try JSONCoding.encode(pictures) } }
  package var samplePictures: PictureGroup? { pictures.samples(of: TensorSamples(training.pictures)) }

  package func size(_ options: RunOptions) -> NetworkSize { configuration.size }

  package func makeModel(_ options: RunOptions) -> DiffusionModel {
    DiffusionModel(
      unet: DiffusionUNet(configuration), pictures: pictures, schedule: schedule, options: options, dataHash: hash)
  }

  package func makeTrainer(_ model: DiffusionModel, _ options: RunOptions) -> Trainer<DiffusionBatch> {
    Trainer(
      model.unet, objective: DiffusionModel.objective(), optimizer: options.settings.makeOptimizer(model.unet))
  }
}
