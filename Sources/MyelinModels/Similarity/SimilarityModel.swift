import Foundation
import Myelin

/// A trained embedding: pictures to directions, which are near each other where the same thing is seen.
package struct SimilarityModel: RunModel {
  package static let kind = "similarity"
  /// Of the softmax over cosines.
  static let temperature: Float = 0.1

  package let embedder: Embedder
  package let encoding: ImageEncoding
  package let options: RunOptions
  /// Fingerprint of the data that it was trained from.
  package let dataHash: String

  init(_ embedder: Embedder, encoding: ImageEncoding, options: RunOptions, dataHash: String) {
    self.embedder = embedder
    self.encoding = encoding
    self.options = options
    self.dataHash = dataHash
  }

  package init(_ file: ModelFile) throws {
    let encoding = try file.decode(ImageEncoding.self, SavedModel.preprocessingKey) { $0.isConsistent }
    let options = try file.options
    let configuration = try file.decode(Embedder.Configuration.self, SavedModel.networkKey) {
      $0.isConsistent && $0.picture == PictureSize(encoding.height, encoding.width, encoding.channels)
    }
    let embedder = try file.network(of: configuration.size) { configuration.makeNetwork() }
    self.init(embedder, encoding: encoding, options: options, dataHash: file.dataHash)
  }

  package var network: any Module { embedder }
  package var summary: ModelSummary { embedder.summary(inputShape: Shape([1] + encoding.shape)) }

  package var description: ModelDescription {
    ModelDescription(
      task: "similarity", target: "pictures", classNames: [], inputCount: encoding.shape.reduce(1, *))
  }

  package var metadata: [String: String] {
    get throws {
      try ModelFile.metadata(
        network: embedder.configuration, preprocessing: encoding, options: options, dataHash: dataHash)
    }
  }

  /// InfoNCE both ways: each item finds its example among all of the batch, and each example its item.
  static let objective = Objective<Tensor, EpisodeBatch>("InfoNCE") { outputs, batch in
    let ways = batch.ways
    let episodes = outputs.shape[0] / (2 * ways)
    var (items, examples): ([Int32], [Int32]) = ([], [])
    for (place, answer) in batch.answers.values.enumerated() {
      let start = Int32(place / ways * 2 * ways)
      items.append(start + Int32(ways + place % ways))
      examples.append(start + answer)
    }
    let (queries, keys) = (outputs.gathered(Indices(items)), outputs.gathered(Indices(examples)))
    let loss =
      (infoNCELoss(queries, keys, temperature: temperature) + infoNCELoss(keys, queries, temperature: temperature)) / 2
    let seen = outputs.detached
    return BatchLoss(loss: loss, weight: Double(items.count), metrics: [accuracy(seen, batch, episodes)])
  }

  private static func accuracy(_ outputs: Tensor, _ batch: EpisodeBatch, _ episodes: Int) -> MeanMetric {
    let chosen = chosen(outputs, ways: batch.ways)
    let right = zip(chosen, batch.answers.values).count { $0 == Int($1) }
    return MeanMetric(.accuracy, sum: Double(right), weight: Double(chosen.count))
  }

  /// The example of its episode that each item is nearest to by cosine: [episodes · ways].
  static func chosen(_ vectors: Tensor, ways: Int) -> [Int] {
    let width = vectors.shape[1]
    let unit = withoutGradient { normalized(vectors) }
    return (0..<vectors.shape[0] / (2 * ways)).flatMap { episode -> [Int] in
      let start = 2 * ways * episode
      let examples = unit.sliced(start..<start + ways).reshaped([ways, width])
      let items = unit.sliced(start + ways..<start + 2 * ways)
      return withoutGradient { matmul(items, examples.transposed()) }.argmax(axis: 1).values.map(Int.init)
    }
  }

  /// Vectors of length 1; zeros stay.
  static func normalized(_ x: Tensor) -> Tensor {
    x * (x.squared().sum(axis: 1, keepingAxis: true) + 1e-12).reciprocalSquareRoot()
  }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> EpisodeSamples {
    throw DataError(path, "pictures of one's own are no one-shot tests", expected: "no --input")
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: EpisodeSamples, hasChanged: Bool) {
    let data = try taskAgain(SimilarityTask.self, near: folder) { $0.pictureEncoding == encoding }
    return (data.test, data.hash != dataHash)
  }

  package func answering(testFlips: Bool) throws -> SimilarityModel {
    throw DataError("--test-flips", "does nothing with a model of what is alike: a mirrored letter is another one")
  }

  package func test(on samples: EpisodeSamples) -> TrainingReport.Test {
    let evaluation = evaluate(embedder, SimilarityModel.objective, on: samples, batchSize: 8)
    let batch = samples.batch(0..<samples.count)
    let vectors = predict(embedder, batch.inputs, batchSize: 320)
    let chosen = SimilarityModel.chosen(vectors, ways: samples.ways)
    let pixels = SimilarityModel.chosen(batch.inputs.flattened(), ways: samples.ways)
    func share(_ chosen: [Int]) -> String {
      let right = zip(chosen, batch.answers.values).count { $0 == Int($1) }
      return Metric.accuracy.text(Double(right) / Double(chosen.count))
    }
    return .init(
      scores: evaluation.scores,
      kind: .measured(
        headline: .accuracy,
        tables: [
          .init(
            ["nearest by the cosine of", "right"],
            rows: [
              ["the network's vectors", share(chosen)], ["the pixels", share(pixels)],
              ["chance", Metric.accuracy.text(1 / Double(samples.ways))],
            ])
        ]), pictures: SimilarityPictures(samples, encoding).groups(chosen))
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    throw DataError(
      paths[0], "a model of what is alike has no answer for one picture", expected: "myelin similar RUN --query PICTURE"
    )
  }

  // MARK: Neighbours

  /// The pictures that are most like the query, nearest first: of files and folders, or else of those that the run was
  /// trained on.
  ///
  /// - Parameters:
  ///   - query: a PNG or JPEG file. What is drawn on light paper is taken as ink on dark, as the run's own pictures are.
  ///   - count: how many are wanted.
  ///   - warn: is told of pictures that are left out.
  /// - Throws: `DataError` for pictures that cannot be read, or a gallery that is no longer there.
  package func neighbors(
    of query: String, among gallery: [String]?, count: Int, badFiles: BadFiles = .refuse, near folder: RunFolder?,
    warn: (String) -> Void = { _ in }
  ) throws -> [Neighbor] {
    let query = SimilarityModel.normalized(try vectors(of: [query], .refuse, warn: warn).vectors.sliced(0..<1))
    let names: [String]
    let others: Tensor
    if let gallery {
      (others, names) = try vectors(of: gallery, badFiles, warn: warn)
    } else {
      guard let task = try Recipes.of(options.source).task(options, near: folder) as? SimilarityTask else {
        throw DataError(options.source.name, "the run's own pictures are no longer there")
      }
      names = task.names
      others = predict(embedder, task.training.drawings)
    }
    return Neighbor.nearest(count, to: query, among: SimilarityModel.normalized(others), names)
  }

  private func vectors(
    of inputs: [String], _ badFiles: BadFiles, warn: (String) -> Void
  ) throws -> (vectors: Tensor, names: [String]) {
    var plain = encoding
    (plain.mean, plain.deviation) = ([0], [1])
    guard let pictures = try plain.pictures(of: inputs, badFiles: badFiles, warn: warn) else {
      throw DataError(inputs[0], "is no picture", expected: "a PNG or JPEG file")
    }
    let size = encoding.height * encoding.width
    var bytes = pictures.samples.bytes
    for start in stride(from: 0, to: bytes.count, by: size) {
      let sum = bytes[start..<start + size].reduce(0) { $0 + Int($1) }
      guard sum > 127 * size else { continue }
      for index in start..<start + size { bytes[index] = 255 - bytes[index] }
    }
    let dark = PictureDataset(
      height: encoding.height, width: encoding.width, channels: 1, bytes: bytes, labels: pictures.samples.labels,
      mean: [0], deviation: [1])
    return (predict(embedder, dark), pictures.paths)
  }
}

/// A picture or a text that is like another.
package struct Neighbor: Encodable, Sendable {
  /// Its path, or what it is of the run's own.
  package let name: String
  /// 1 − cosine of the vectors, 0…2.
  package let distance: Float

  /// The nearest first, of equals the first.
  ///
  /// - Parameters:
  ///   - query: [1, dimension], of length 1.
  ///   - others: [N, dimension], each of length 1.
  static func nearest(_ count: Int, to query: Tensor, among others: Tensor, _ names: [String]) -> [Neighbor] {
    nearest(count, to: query, among: others).map { Neighbor(name: names[$0.row], distance: $0.distance) }
  }

  /// The same by their rows.
  static func nearest(_ count: Int, to query: Tensor, among others: Tensor) -> [(row: Int, distance: Float)] {
    let cosines = withoutGradient { matmul(others, query.transposed()) }.scalars
    let order = cosines.indices.sorted { cosines[$0] > cosines[$1] || (cosines[$0] == cosines[$1] && $0 < $1) }
    return order.prefix(count).map { (row: $0, distance: max(0, 1 - cosines[$0])) }
  }
}

/// The one-shot tests of a report.
struct SimilarityPictures {
  let samples: EpisodeSamples
  let encoding: ImageEncoding

  init(_ samples: EpisodeSamples, _ encoding: ImageEncoding) {
    self.samples = samples
    self.encoding = encoding
  }

  /// Black on white.
  private func picture(_ row: Int) -> Picture {
    let values = encoding.values
    let bytes = samples.drawings.picture(row).bytes.map { UInt8(255 * max(0, min(1, 1 - values[Int($0)]))) }
    return Picture(height: encoding.height, width: encoding.width, channels: 1, bytes: bytes)
  }

  /// - Parameter chosen: the example that was chosen for each item.
  func groups(_ chosen: [Int]) -> [PictureGroup] {
    var (right, wrong): ([PictureGroup.Item], [PictureGroup.Item]) = ([], [])
    for (index, episode) in samples.episodes.enumerated() {
      for (place, item) in episode.items.enumerated() {
        let (choice, answer) = (chosen[index * samples.ways + place], Int(episode.answers[place]))
        let rows = [item, episode.examples[choice]] + (choice == answer ? [] : [episode.examples[answer]])
        let sheet = Picture.sheet(rows.map(picture), columns: 3)
        let label = "run \(index + 1), item \(place + 1)"
        if choice == answer {
          // A few of each run.
          if place < 1 { right.append(.init(sheet, label: label)) }
        } else {
          wrong.append(.init(sheet, label: label))
        }
      }
    }
    var groups: [PictureGroup] = []
    if !right.isEmpty {
      groups.append(
        PictureGroup(
          "Found again", caption: "Test drawings, and beside each the example that is nearest to it: the right one.",
          items: Array(right.prefix(12)), tileWidth: 7))
    }
    if !wrong.isEmpty {
      groups.append(
        PictureGroup(
          "Mistakes", caption: "Test drawings, beside each the example that was chosen, and then the right one.",
          items: Array(wrong.prefix(48)), tileWidth: 9))
    }
    return groups
  }
}
