import Foundation
import Myelin

/// Sounds of classes, by a residual network over their log-mel spectrograms.
package struct SoundTask: RunTask {
  package let training: SoundSamples
  package let validation: SoundSamples?
  package let test: SoundSamples
  let encoded: SoundEncoding
  package let facts: [TrainingReport.Fact]
  package let hash: String
  private let drawn: SoundSamples

  /// - Parameters:
  ///   - waves: at the rate of the spectrogram and of one length.
  ///   - length: samples of each.
  ///   - rows: of training, validation and test.
  init(
    waves: [[Float]], labels: [Int32], classNames: [String], spectrogram: MelSpectrogram, length: Int, rows: Split,
    facts: [TrainingReport.Fact]
  ) {
    var encoding = SoundEncoding(
      spectrogram: spectrogram, length: length, classNames: classNames, mean: 0, deviation: 1)
    let logs = spectrogram(rows.training.map { waves[$0] })
    encoding.mean = logs.mean().scalar
    encoding.deviation = max((logs - encoding.mean).squared().mean().scalar.squareRoot(), 1e-6)
    func samples(_ part: [Int], isAugmented: Bool = false) -> SoundSamples {
      SoundSamples(
        encoding: encoding, waves: part.map { waves[$0] }, labels: part.map { labels[$0] }, isAugmented: isAugmented)
    }
    training = samples(rows.training)
    drawn = samples(rows.training, isAugmented: true)
    validation = rows.validation.isEmpty ? nil : samples(rows.validation)
    test = samples(rows.test)
    encoded = encoding
    let seconds = PlotNumber.short(Double(length) / spectrogram.rate, digits: 3)
    self.facts =
      facts + [
        ("sounds", TensorTask.partsText(rows.training.count, rows.validation.count, rows.test.count)),
        (
          "spectrogram",
          "\(seconds) s at \(PlotNumber.short(spectrogram.rate)) Hz as \(encoding.frames) frames of \(spectrogram.bands) mel bands"
        ),
        ("changed in each epoch", "shifted, faster or slower, louder or quieter, with noise, masked, mixed in pairs"),
        ("task", "classification into \(classNames.count) classes: \(classNames.prefix(10).joined(separator: ", "))"),
      ]
    hash = ContentHash.text(of: [training, validation, test])
  }

  package var augmented: any Dataset<SoundBatch> { drawn }
  package var learning: LearningTask { .classification }
  package var encoding: String { get throws { try JSONCoding.encode(encoded) } }

  package var samplePictures: PictureGroup? {
    PictureGroup(
      "Training sounds", caption: SoundTask.caption,
      items: encoded.classNames.indices.prefix(12).flatMap { label -> [PictureGroup.Item] in
        training.labels.indices.filter { training.labels[$0] == label }.prefix(3).map {
          .init(SoundTask.picture(training.batch([$0]).inputs), label: encoded.classNames[label])
        }
      })
  }

  static let networkText = "ResNet of 16, 32, 64, 128 channels over log-mel spectrograms"
  static let caption = "Spectrograms: time goes right, pitch up; the darker, the quieter."

  /// A spectrogram [1, frames, bands, 1] as a picture.
  static func picture(_ values: Tensor) -> Picture {
    let (frames, bands) = (values.shape[1], values.shape[2])
    let scalars = values.scalars
    let (low, high) = (scalars.min() ?? 0, scalars.max() ?? 1)
    return Picture(
      height: bands, width: frames, channels: 1,
      bytes: (0..<bands * frames).map { index in
        let (row, column) = (index / frames, index % frames)
        return UInt8(255 * (scalars[column * bands + bands - 1 - row] - low) / max(high - low, 1e-9))
      })
  }

  private var configuration: ResNet.Configuration {
    ResNet.Configuration(
      picture: PictureSize(encoded.frames, encoded.spectrogram.bands, 1), blocks: [1, 1, 1, 1],
      widths: [16, 32, 64, 128], classCount: encoded.classNames.count)
  }

  package func size(_ options: RunOptions) -> NetworkSize { configuration.size }

  package func makeModel(_ options: RunOptions) -> SoundModel {
    SoundModel(resNet: ResNet(configuration), encoding: encoded, options: options, dataHash: hash)
  }

  package func makeTrainer(_ model: SoundModel, _ options: RunOptions) -> Trainer<SoundBatch> {
    let weights = classWeights(balancing: training.labels, classCount: encoded.classNames.count)
    return Trainer(
      model.resNet, objective: model.objective(classWeights: options.balancesClasses ? weights : nil),
      optimizer: options.settings.makeOptimizer(model.resNet))
  }
}

extension TrainingSettings {
  /// For sounds.
  static let sounds = TrainingSettings {
    $0.learningRate = 3e-3
    $0.weightDecay = 0.05
    $0.schedule = .oneCycle
    $0.epochs = 80
    $0.batchSize = 32
    $0.labelSmoothing = 0.05
    $0.averaging = 0.99
  }
}
