import Foundation
import Myelin

/// A trained space of pictures and words: a picture's text is near it, and a text's picture.
package struct CaptionModel: RunModel {
  package static let kind = "captions"

  /// How a file becomes pictures and texts.
  struct Encoding: Codable, Equatable {
    let image: ImageEncoding
    let terms: TextTerms
    /// The columns of a file of one's own; nil where the data was no file.
    let columns: CaptionFile.Columns?
  }

  let space: CaptionNetwork
  let encoding: Encoding
  package let options: RunOptions
  /// Fingerprint of the data that it was trained from.
  let dataHash: String

  init(_ space: CaptionNetwork, encoding: Encoding, options: RunOptions, dataHash: String) {
    self.space = space
    self.encoding = encoding
    self.options = options
    self.dataHash = dataHash
  }

  package init(_ file: ModelFile) throws {
    let encoding = try file.decode(Encoding.self, SavedModel.preprocessingKey) {
      $0.image.isConsistent && $0.terms.isConsistent
    }
    let options = try file.options
    let configuration = try file.decode(CaptionNetwork.Configuration.self, SavedModel.networkKey) {
      let image = encoding.image
      return $0.isConsistent && $0.terms == encoding.terms.count
        && $0.pictures.picture == PictureSize(image.height, image.width, image.channels)
    }
    let space = try file.network(of: configuration.size) { CaptionNetwork(configuration) }
    self.init(space, encoding: encoding, options: options, dataHash: file.dataHash)
  }

  package var network: any Module { space }
  package var summary: ModelSummary {
    let inputs = CaptionBatch.Inputs(
      pictures: Tensor(zeros: Shape([1] + encoding.image.shape)), texts: inputs(of: [""]))
    return space.summary(input: inputs)
  }

  package var description: ModelDescription {
    ModelDescription(
      task: "captions", target: "pictures and texts", classNames: [], inputCount: encoding.image.shape.reduce(1, *))
  }

  package var metadata: [String: String] {
    get throws {
      try ModelFile.metadata(
        network: space.configuration, preprocessing: encoding, options: options, dataHash: dataHash)
    }
  }

  // MARK: Learning

  /// Of the softmax over cosines.
  static let temperature: Float = 0.1
  /// Samples among which each finds its own while training is watched.
  static let watched = 1024

  /// InfoNCE both ways: each picture finds its text among all of the batch, and each text its picture.
  static let objective = Objective<Tensor, CaptionBatch>("InfoNCE") { outputs, _ in
    let count = outputs.shape[0] / 2
    let (pictures, texts) = (outputs.sliced(0..<count), outputs.sliced(count..<2 * count))
    let loss =
      (infoNCELoss(pictures, texts, temperature: temperature) + infoNCELoss(texts, pictures, temperature: temperature))
      / 2
    let seen = outputs.detached
    return BatchLoss(
      loss: loss, weight: Double(count),
      metrics: isRecordingGradients
        ? []
        : Retrieval(pictures: seen.sliced(0..<count), texts: seen.sliced(count..<2 * count)).accumulators)
  }

  // MARK: Samples

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> CaptionSamples {
    let file = try CaptionFile(path, columns: encoding.columns, options.table)
    let image = encoding.image
    let reading = try PictureReading(
      file.paths, height: image.height, width: image.width, channels: image.channels)
    try options.badFiles.check(reading.bad, warn: warn)
    guard !reading.rows.isEmpty else { throw DataError(path, "none of the pictures can be read") }
    return CaptionSamples(
      image.dataset(reading.bytes), reading.rows.map { file.texts[$0] }, encoding.terms)
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: CaptionSamples, hasChanged: Bool) {
    let data = try taskAgain(CaptionTask.self, near: folder) { $0.captionEncoding == encoding }
    return (data.test, data.hash != dataHash)
  }

  package func answering(testFlips: Bool) throws -> CaptionModel {
    throw DataError("--test-flips", "does nothing with a model of pictures and texts")
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    throw DataError(
      paths[0], "a model of pictures and texts has no answer but what is near",
      expected: "myelin similar RUN --query PICTURE, or --words TEXT")
  }

  // MARK: Scores

  /// All vectors, of length 1.
  func retrieval(_ samples: CaptionSamples) -> Retrieval {
    withoutGradient {
      var parts: (pictures: [Tensor], texts: [Tensor]) = ([], [])
      for start in stride(from: 0, to: samples.count, by: 256) {
        let inputs = samples.batch(start..<min(start + 256, samples.count)).inputs
        parts.pictures.append(space.pictures(inputs.pictures))
        parts.texts.append(space.vectors(of: inputs.texts))
      }
      return Retrieval(pictures: .concatenated(parts.pictures), texts: .concatenated(parts.texts))
    }
  }

  package func test(on samples: CaptionSamples) -> TrainingReport.Test {
    let retrieval = retrieval(samples)
    var scores = evaluate(space, CaptionModel.objective, on: samples, batchSize: CaptionModel.watched).scores
    scores.metrics = retrieval.scores.map { .init($0, $1) }
    let chance = [1, 10].map { Double(min($0, samples.count)) / Double(samples.count) }
    let all = retrieval.scores.map { Metric.accuracy.text($1) }
    return .init(
      scores: scores,
      kind: .measured(
        headline: Retrieval.textRecall1,
        tables: [
          .init(
            ["of \(samples.count) pairs", "is nearest", "is among the nearest ten"],
            rows: [
              ["a picture's text", all[0], all[1]], ["a text's picture", all[2], all[3]],
              ["chance", Metric.accuracy.text(chance[0]), Metric.accuracy.text(chance[1])],
            ])
        ]), pictures: CaptionPictures(samples, retrieval).groups)
  }

  // MARK: Search

  func inputs(of texts: [String]) -> TextSamples.Inputs {
    TextSamples(texts, labels: [Int32](repeating: 0, count: texts.count), encoding.terms).batch(0..<texts.count).inputs
  }

  /// All samples of the run's own data.
  private func own(near folder: RunFolder?) throws -> [CaptionSamples] {
    guard let task = try Recipes.of(options.source).task(options, near: folder) as? CaptionTask else {
      throw DataError(options.source.name, "the run's own pictures are no longer there")
    }
    return task.all
  }

  /// The texts of the run's own data that are nearest to a picture.
  ///
  /// - Throws: `DataError` for a picture that cannot be read, and for data that is no longer there.
  package func texts(near picture: String, count: Int, folder: RunFolder?) throws -> [Neighbor] {
    guard let found = try encoding.image.pictures(of: [picture], badFiles: .refuse, warn: { _ in }),
      found.paths.count == 1
    else { throw DataError(picture, "is no picture", expected: "a PNG or JPEG file") }
    let query = SimilarityModel.normalized(predict(space.pictures, found.samples.batch([0]).inputs))
    let own = try own(near: folder)
    return Neighbor.nearest(
      count, to: query, among: .concatenated(own.map { retrieval($0).texts }), own.flatMap(\.names))
  }

  /// A picture that words lead to.
  package struct FoundPicture {
    package let neighbor: Neighbor
    package let picture: Picture
  }

  /// The pictures that are nearest to words: of files and folders, or else of the run's own data.
  ///
  /// - Parameter warn: is told of pictures that are left out.
  /// - Throws: `DataError` for words of which none is known, for pictures that cannot be read, and for data that is no
  ///   longer there.
  package func pictures(
    near words: String, among gallery: [String]?, count: Int, badFiles: BadFiles = .refuse, folder: RunFolder?,
    warn: (String) -> Void = { _ in }
  ) throws -> [FoundPicture] {
    let texts = inputs(of: [words])
    guard texts.terms.count > 0 else {
      throw DataError("--words", "nothing in \(DataError.quoted(words)) is known to the model", expected: "other words")
    }
    let query = withoutGradient { SimilarityModel.normalized(space.vectors(of: texts)) }
    let sets: [(data: PictureDataset, names: [String])]
    if let gallery {
      guard let found = try encoding.image.pictures(of: gallery, badFiles: badFiles, warn: warn) else {
        throw DataError(gallery[0], "is no picture", expected: "PNG or JPEG files, or folders of such")
      }
      sets = [(found.samples, found.paths)]
    } else {
      sets = try own(near: folder).map { ($0.pictures, $0.names) }
    }
    let vectors = sets.map { predict(space.pictures, $0.data) }
    let places = sets.flatMap { set in set.names.indices.map { (set: set, row: $0) } }
    return Neighbor.nearest(count, to: query, among: SimilarityModel.normalized(.concatenated(vectors))).map { found in
      let (set, row) = places[found.row]
      return FoundPicture(
        neighbor: Neighbor(name: set.names[row], distance: found.distance), picture: set.data.picture(row))
    }
  }
}
