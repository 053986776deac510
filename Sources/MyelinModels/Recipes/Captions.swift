import Myelin

/// Emoji and their names and keywords in one space. Tested on every tenth emoji, 158, which training never sees.
///
/// Chosen on another tenth, which any `--validation` watches.
package struct Captions: Recipe {
  package let name = "captions"
  package let summary = "emoji and words in one space: each finds the other"
  package let network: String? = Captions.networkText
  package let takesDropout = true
  package let settings = TrainingSettings.captions
  package let sourceOptions: Set<RunSource.Option> = [.pictures]
  package let hasOwnTest = true
  package let optionsWithoutEffect = Captions.withoutEffect

  static let networkText = "an embedder of 16, 32, 64, 128 channels, and terms' vectors"
  static let withoutEffect: Set<String> = ["--label-smoothing", "--balance"]

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let data = try Emoji.load()
    let rows = data.names.indices
    let isWatched = options.validationShare > 0
    // Neighbours look alike: a part by tenths has some of all kinds.
    var split = Split(count: 0, test: 0, seed: 0)
    split.test = rows.filter { $0 % 10 == 9 }
    split.validation = isWatched ? rows.filter { $0 % 10 == 4 } : []
    split.training = rows.filter { $0 % 10 != 9 && !(isWatched && $0 % 10 == 4) }
    let pictures = PictureDataset(
      height: 32, width: 32, channels: 3, bytes: data.pictures.flatMap(\.bytes),
      labels: [Int32](repeating: 0, count: rows.count), mean: [0, 0, 0], deviation: [1, 1, 1])
    return try CaptionTask(
      pictures,
      texts: rows.map { row in
        ([data.names[row]] + data.keywords[row].filter { $0 != data.names[row] }).joined(separator: ", ")
      }, names: data.names, split: split, columns: nil, source: name,
      origin: [("data", "\(name): \(summary)"), ("source", Emoji.citation)], options)
  }
}

extension TrainingSettings {
  /// For pictures with texts; chosen on a tenth of the emoji.
  static let captions = TrainingSettings {
    $0.texts = TextSettings(form: .init(letters: [3, 5]), features: 128, dropped: 0.3)
    $0.learningRate = 3e-3
    $0.weightDecay = 0.05
    $0.dropout = 0.2
    $0.schedule = .oneCycle
    $0.epochs = 20
    $0.batchSize = 128
  }
}

/// A CSV file of one's own with a column of pictures' paths and one of texts: `--task captions`.
package struct CaptionData: OwnData {
  package let name = "captions-file"
  package let summary = "a CSV file of pictures and their texts"
  package let taskName: String? = "captions"
  package let network: String? = Captions.networkText
  package let takesDropout = true
  package let settings = TrainingSettings.captions
  package let sourceOptions: Set<RunSource.Option> = [.table, .imageSize, .badFiles, .pictures]
  package let optionsWithoutEffect = Captions.withoutEffect.union([
    "--threshold", "--preset", "--folds", "--bins", "--bin-strength",
  ])

  package init() {}

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    guard let path = options.source.path?.located(near: folder) else {
      throw DataError(options.source.name, "no file", expected: "one of pictures and texts")
    }
    let own = options.source.table ?? TableOptions()
    let named = own.kinds.filter { $0.value == .text }.keys.sorted()
    guard named.count < 2, own.kinds.count == named.count, own.dropped.isEmpty, own.kept.isEmpty,
      own.identifiers.isEmpty, own.division == .random, own.testFile == nil
    else { throw DataError(path, "columns", expected: "only --text COLUMN with --task captions") }
    let file = try CaptionFile(path, columns: nil, text: named.first, own.reading)
    let sizes = PictureReading.sizes(file.paths).compactMap { $0 }
    let size = options.source.imageSize ?? .suited(to: sizes)
    let channels = sizes.contains { $0.channels == 3 } ? 3 : 1
    let reading = try PictureReading(file.paths, height: size.height, width: size.width, channels: channels)
    try (options.source.badFiles ?? .refuse).check(reading.bad) { _ in }
    let count = reading.rows.count
    guard count >= 10 else {
      throw DataError(path, "pictures that can be read", expected: "at least 10", found: "\(count)")
    }
    let split = Split(
      count: count, validation: options.validationShare, test: options.testShare, seed: options.seed)
    guard !split.test.isEmpty, options.validationShare == 0 || !split.validation.isEmpty else {
      throw DataError(path, "the shares leave no pictures for the test or to watch, of \(count)")
    }
    let pictures = PictureDataset(
      height: size.height, width: size.width, channels: channels, bytes: reading.bytes,
      labels: [Int32](repeating: 0, count: count), mean: [Float](repeating: 0, count: channels),
      deviation: [Float](repeating: 1, count: channels))
    let left: [TrainingReport.Fact] = reading.bad.isEmpty ? [] : [("left out", "\(reading.bad.count) bad files")]
    return try CaptionTask(
      pictures, texts: reading.rows.map { file.texts[$0] }, split: split, columns: file.columns, source: path,
      origin: [("data", path)] + left, options)
  }
}
