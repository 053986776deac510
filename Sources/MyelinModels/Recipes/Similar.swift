import Foundation
import Myelin

/// Characters of Omniglot found again: an embedding that is trained on eight alphabets and tested on others.
///
/// Chosen with Greek and Sanskrit held out, which any `--validation` watches. The figure of its record was reached
/// after 19 epochs.
package struct Similar: Recipe {
  package let name = "similar"
  package let summary = "the same handwritten character again, of alphabets that were never seen"
  package let network: String? = "an embedder of 16, 32, 64, 128 channels"
  package let settings = TrainingSettings {
    $0.learningRate = 4e-3
    $0.weightDecay = 0.05
    $0.schedule = .oneCycle
    $0.epochs = 30
    $0.batchSize = 4
  }
  package let hasOwnTest = true
  package let optionsWithoutEffect: Set<String> = ["--label-smoothing", "--balance"]

  /// Episodes of an epoch.
  private static let episodeCount = 200
  private static let ways = 20
  /// Held out where some are to be watched.
  private static let watchedAlphabets: Set<String> = ["Greek", "Sanskrit"]

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let data = try Omniglot.load()
    let drawings = data.training
    let isWatched = options.validationShare > 0
    var alphabets: [String: [[Int]]] = [:]
    for (character, alphabet) in data.alphabets.enumerated() {
      alphabets[alphabet, default: []].append(drawings.labels.indices.filter { drawings.labels[$0] == character })
    }
    let known = alphabets.keys.sorted().filter { !isWatched || !Similar.watchedAlphabets.contains($0) }
    let encoding = ImageEncoding(
      height: drawings.height, width: drawings.width, channels: 1, mean: [0], deviation: [9 / 255], classNames: [])
    let drawing = EpisodeDrawing(
      alphabets: known.map { alphabets[$0]! }, values: encoding.values, distortion: Distortion())
    let counted = Similar.episodes(known.map { alphabets[$0]! }, count: Similar.episodeCount, seed: options.seed)
    let watched =
      isWatched
      ? EpisodeSamples(
        drawings: drawings,
        episodes: Similar.episodes(
          Similar.watchedAlphabets.sorted().compactMap { alphabets[$0] }, count: 60, seed: 0)) : nil
    let facts: [TrainingReport.Fact] = [
      ("data", "\(name): \(summary), \(encoding.height)×\(encoding.width) pixels"), ("source", Omniglot.citation),
      (
        "alphabets",
        "\(known.joined(separator: ", "))\(isWatched ? "; watched: \(Similar.watchedAlphabets.sorted().joined(separator: ", "))" : "")"
      ),
      ("characters", "\(known.reduce(0) { $0 + alphabets[$1]!.count }), each by 20 people, in eight positions"),
      ("task", "one-shot classification: 20 official runs of 20 ways, of alphabets that are not among these"),
    ]
    return SimilarityTask(
      training: EpisodeSamples(drawings: drawings, episodes: counted, drawing: drawing), validation: watched,
      test: Similar.runs(data.runs), encoding: encoding,
      names: drawings.labels.indices.map { row in
        let character = Int(drawings.labels[row])
        let alphabet = data.alphabets[character]
        let first = data.alphabets.firstIndex(of: alphabet) ?? 0
        return "\(alphabet), character \(character - first + 1), drawer \(data.drawers[row])"
      },
      configuration: Embedder.Configuration(
        picture: PictureSize(encoding.height, encoding.width, 1), widths: [16, 32, 64, 128],
        dimension: 256, dropout: 0), facts: facts)
  }

  /// As the official runs are: an alphabet, 20 of its characters, two people.
  private static func episodes(_ alphabets: [[[Int]]], count: Int, seed: UInt64) -> [EpisodeSamples.Episode] {
    let random = RandomGenerator(seed: seed)
    let large = alphabets.filter { $0.count >= ways }
    return (0..<count).map { index in
      let alphabet = large[index % large.count]
      let characters = random.permutation(alphabet.count).prefix(ways).map { alphabet[Int($0)] }
      let drawers = random.permutation(characters[0].count)
      let answers = random.permutation(ways)
      return .init(
        examples: characters.map { $0[Int(drawers[0])] }, items: answers.map { characters[Int($0)][Int(drawers[1])] },
        answers: answers)
    }
  }

  private static func runs(_ runs: [Omniglot.Run]) -> EpisodeSamples {
    var bytes: [UInt8] = []
    var episodes: [EpisodeSamples.Episode] = []
    var count = 0
    for run in runs {
      let order = run.examples.labels.indices.sorted { run.examples.labels[$0] < run.examples.labels[$1] }
      episodes.append(
        .init(
          examples: order.map { count + $0 }, items: run.items.labels.indices.map { count + order.count + $0 },
          answers: run.items.labels))
      bytes += run.examples.bytes + run.items.bytes
      count += run.examples.count + run.items.count
    }
    let first = runs[0].examples
    let drawings = PictureDataset(
      height: first.height, width: first.width, channels: 1, bytes: bytes,
      labels: [Int32](repeating: 0, count: count), mean: [0], deviation: [9 / 255])
    return EpisodeSamples(drawings: drawings, episodes: episodes)
  }
}
