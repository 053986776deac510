import Foundation
import Myelin

/// A folder of one's own pictures, in which each folder is a class; or `train`, `val` and `test` with such folders.
package struct PictureFolderData: OwnData {
  package let name = "pictures"
  package let summary = "a folder of pictures"
  package let network: String? = ResNet.smallPictures
  package let settings = TrainingSettings.smallPictures
  package let sourceOptions: Set<RunSource.Option> = [.imageSize, .badFiles, .pictures]

  package init() {}

  package func accepts(_ path: String, target: String?) -> Bool { ClassFolders.isFolder(path) }

  package func givenParts(of path: String) throws -> Set<String> {
    let parts = try PictureParts(ClassFolders.plain(path))
    return Set((parts.validation == nil ? [] : ["validation"]) + (parts.test == nil ? [] : ["test"]))
  }

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    guard let path = options.source.path.map({ ClassFolders.plain($0.located(near: folder)) }) else {
      throw DataError(options.source.name, "no folder of pictures")
    }
    let parts = try PictureParts(path)
    let classes = parts.training.classNames
    let paths = parts.all.flatMap(\.paths)
    guard classes.count > 1 else {
      let found = classes.isEmpty ? "none" : "only \(DataError.quoted(classes[0]))"
      throw DataError(path, "classes", expected: "at least two folders of PNG or JPEG pictures", found: found)
    }
    let sizes = PictureReading.sizes(paths).compactMap { $0 }
    let size = options.source.imageSize ?? .suited(to: sizes)
    let channels = sizes.contains { $0.channels == 3 } ? 3 : 1
    let reading = try PictureReading(paths, height: size.height, width: size.width, channels: channels)
    let bad = parts.all.flatMap(\.strays) + reading.bad
    try (options.source.badFiles ?? .refuse).check(bad) { _ in }

    let labels = parts.all.flatMap(\.labels)
    let whole = PictureDataset(
      height: size.height, width: size.width, channels: channels, bytes: reading.bytes,
      labels: reading.rows.map { labels[$0] }, mean: Array(repeating: 0, count: channels),
      deviation: Array(repeating: 1, count: channels))
    let split = try split(reading.rows, parts, whole.labels, options, path)
    for (label, name) in classes.enumerated() where !split.training.contains(where: { whole.labels[$0] == label }) {
      throw DataError("\(path)/\(name)", "no training picture of this class is left")
    }
    let statistics = whole.subset(split.training).statistics
    let encoding = ImageEncoding(
      height: size.height, width: size.width, channels: channels, mean: statistics.mean,
      deviation: statistics.deviation, classNames: classes)
    let encoded = whole.standardized(mean: statistics.mean, deviation: statistics.deviation)
    return TensorTask(
      preprocessing: .images(encoding), training: TensorSamples(encoded.subset(split.training)),
      validation: split.validation.isEmpty ? nil : TensorSamples(encoded.subset(split.validation)),
      test: TensorSamples(encoded.subset(split.test)),
      facts: facts(path, encoding, split, parts, sizes, bad),
      augmentation: try options.settings.augmentation(
        .smallPictures(encoding), height: encoding.height, width: encoding.width)
    ) { _ in .smallPictures(encoding) }
  }

  /// Rows of the pictures that were read. Parts that have no folder are cut from the training pictures.
  private func split(
    _ rows: [Int], _ parts: PictureParts, _ labels: [Int32], _ options: RunOptions, _ path: String
  ) throws -> Split {
    guard rows.count >= 10 else {
      throw DataError(path, "pictures that can be read", expected: "at least 10", found: "\(rows.count)")
    }
    let ends = [parts.training.paths.count, parts.validation?.paths.count ?? 0]
    let training = rows.indices.filter { rows[$0] < ends[0] }
    let validation = rows.indices.filter { rows[$0] >= ends[0] && rows[$0] < ends[0] + ends[1] }
    let test = rows.indices.filter { rows[$0] >= ends[0] + ends[1] }
    var split = Split(
      labels: training.map { labels[$0] }, validation: validation.isEmpty ? options.validationShare : 0,
      test: test.isEmpty ? options.testShare : 0, seed: options.seed)
    if options.validationShare > 0, validation.isEmpty, split.validation.isEmpty {
      throw DataError(path, "a validation share of \(options.validationShare) leaves no validation pictures")
    }
    split.training = split.training.map { training[$0] }
    split.validation = validation.isEmpty ? split.validation.map { training[$0] } : validation
    split.test = test.isEmpty ? split.test.map { training[$0] } : test
    guard !split.test.isEmpty else {
      throw DataError(path, "a test share of \(options.testShare) leaves no test pictures of \(training.count)")
    }
    return split
  }

  private func facts(
    _ path: String, _ encoding: ImageEncoding, _ split: Split, _ parts: PictureParts,
    _ sizes: [(height: Int, width: Int, channels: Int)], _ bad: [DataError]
  ) -> [TrainingReport.Fact] {
    let count = split.training.count + split.validation.count + split.test.count
    let text = TensorTask.partsText(split.training.count, split.validation.count, split.test.count)
    let isOneSize = sizes.allSatisfy { $0.height == encoding.height && $0.width == encoding.width }
    let kind = encoding.channels == 1 ? "grey" : "colour"
    let names = encoding.classNames.prefix(10).joined(separator: ", ")
    var facts: [TrainingReport.Fact] = [
      ("data", path), ("pictures", "\(count): \(text)"),
      (
        "pixels",
        "\(encoding.height)×\(encoding.width), \(kind)\(isOneSize ? "" : "; larger and smaller ones are fitted and cropped")"
      ),
      (
        "task",
        "classification into \(encoding.classNames.count) classes: \(names)\(encoding.classNames.count > 10 ? ", …" : "")"
      ),
    ]
    func list(_ term: String, _ items: [String], _ what: String) {
      if items.isEmpty { return }
      let more = items.count > 5 ? " and \(items.count - 5) more" : ""
      facts.append((term, "\(items.count) \(what): \(items.prefix(5).joined(separator: "; "))\(more)"))
    }
    list("left out", bad.map(\.description), bad.count == 1 ? "bad file" : "bad files")
    let others = parts.all.flatMap(\.others)
    list("passed over", others, others.count == 1 ? "file that is no picture" : "files that are no pictures")
    let empty = parts.all.flatMap(\.emptyFolders)
    list("passed over", empty, empty.count == 1 ? "folder without pictures" : "folders without pictures")
    return facts
  }
}
