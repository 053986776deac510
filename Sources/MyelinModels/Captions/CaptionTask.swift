import Foundation
import Myelin

/// Pictures and their texts, of which a ``CaptionNetwork`` learns what belongs together.
package struct CaptionTask: RunTask, Sendable {
  package let training: CaptionSamples
  package let validation: CaptionSamples?
  package let test: CaptionSamples
  let captionEncoding: CaptionModel.Encoding
  package let facts: [TrainingReport.Fact]
  package let hash: String
  private let drawn: CaptionSamples
  private let configuration: CaptionNetwork.Configuration

  /// - Parameters:
  ///   - pictures: of which those for training say how all are encoded.
  ///   - texts: of each picture.
  ///   - names: what is shown of each text; nil for all.
  ///   - columns: of the file that they are from, if it is one.
  ///   - origin: what is told of where they come from.
  /// - Throws: `DataError` for texts without words, and for options that do not go with the pictures.
  init(
    _ pictures: PictureDataset, texts: [String], names: [String]? = nil, split: Split, columns: CaptionFile.Columns?,
    source: String, origin: [TrainingReport.Fact], _ options: RunOptions
  ) throws {
    let settings = options.settings.texts ?? TextSettings()
    let terms = TextTerms(
      training: split.training.map { texts[$0] }, labels: [Int32](repeating: 0, count: split.training.count),
      settings.form)
    guard terms.count > 0 else { throw DataError(source, "the texts", expected: "words") }
    let statistics = pictures.subset(split.training).statistics
    let image = ImageEncoding(
      height: pictures.height, width: pictures.width, channels: pictures.channels, mean: statistics.mean,
      deviation: statistics.deviation, classNames: [])
    captionEncoding = CaptionModel.Encoding(image: image, terms: terms, columns: columns)
    let encoded = pictures.standardized(mean: statistics.mean, deviation: statistics.deviation)
    let augmentation = try options.settings.augmentation(
      ImageAugmentation(shift: min(image.height, image.width) / 10, flip: .random), height: image.height,
      width: image.width)
    func samples(_ part: [Int], drawn: Bool = false) -> CaptionSamples {
      CaptionSamples(
        encoded.subset(part), part.map { texts[$0] }, names: names.map { names in part.map { names[$0] } }, terms,
        augmentation: drawn ? augmentation : nil, dropped: settings.dropped)
    }
    training = samples(split.training)
    drawn = samples(split.training, drawn: true)
    validation = split.validation.isEmpty ? nil : samples(split.validation)
    test = samples(split.test)
    configuration = CaptionNetwork.Configuration(
      pictures: Embedder.Configuration(
        picture: PictureSize(image.height, image.width, image.channels), widths: [16, 32, 64, 128],
        dimension: settings.features, dropout: options.settings.dropout), terms: terms.count)
    let form = settings.form
    facts =
      origin + [
        ("pairs", TensorTask.partsText(split.training.count, split.validation.count, split.test.count)),
        ("pixels", "\(image.height)×\(image.width), \(image.channels == 1 ? "grey" : "colour")"),
        (
          "terms",
          "\(terms.count): runs of up to \(form.words) words"
            + (form.letters.count == 2 ? ", and of \(form.letters[0]) to \(form.letters[1]) letters of a word" : "")
        ), ("in each epoch", augmentation.text.map { "pictures: \($0)" } ?? "pictures as they are"),
        ("task", "the text of a picture, and the picture of a text, among all that training did not see"),
      ]
    hash = ContentHash.text(of: [training, validation, test])
  }

  /// Of all parts.
  var all: [CaptionSamples] { [training] + (validation.map { [$0] } ?? []) + [test] }

  package var augmented: any Dataset<CaptionBatch> { drawn }
  package var learning: LearningTask { .classification }
  package var encoding: String { get throws { try JSONCoding.encode(captionEncoding) } }
  package var evaluationBatchSize: Int? { CaptionModel.watched }
  package func size(_ options: RunOptions) -> NetworkSize { configuration.size }

  package func insight(into network: any Module) -> PictureGroup? { .firstFilters(of: network) }

  package func makeModel(_ options: RunOptions) -> CaptionModel {
    CaptionModel(CaptionNetwork(configuration), encoding: captionEncoding, options: options, dataHash: hash)
  }

  package func makeTrainer(_ model: CaptionModel, _ options: RunOptions) -> Trainer<CaptionBatch> {
    Trainer(model.space, objective: CaptionModel.objective, optimizer: options.settings.makeOptimizer(model.space))
  }
}
