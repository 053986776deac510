import Foundation
import Myelin

/// How a detector is used, beside its weights.
package struct DetectionUse: Codable, Equatable, Sendable {
  /// How pictures become inputs; its classes are those of the boxes.
  package var encoding: ImageEncoding
  /// Whether pictures are also looked at in a mirror beside them, and in one below them, and the answers averaged.
  package var mirrorsHorizontally = false
  package var mirrorsVertically = false
}

/// A trained detector: pictures to boxes with classes and scores.
package struct DetectionModel: RunModel {
  package static let kind = "detection"

  package let detector: Detector
  package let use: DetectionUse
  package let options: RunOptions
  /// Fingerprint of the data that it was trained from.
  package let dataHash: String
  let grid: DetectionGrid

  init(_ detector: Detector, use: DetectionUse, options: RunOptions, dataHash: String) {
    self.detector = detector
    self.use = use
    self.options = options
    self.dataHash = dataHash
    grid = DetectionGrid(detector.configuration)
  }

  package init(_ file: ModelFile) throws {
    let use = try file.decode(DetectionUse.self, SavedModel.preprocessingKey) { $0.encoding.isConsistent }
    let options = try file.options
    let picture = PictureSize(use.encoding.height, use.encoding.width, use.encoding.channels)
    let configuration = try file.decode(Detector.Configuration.self, SavedModel.networkKey) {
      $0.isConsistent && $0.picture == picture && $0.classCount == use.encoding.classNames.count
    }
    let detector = try file.network(of: configuration.size) { configuration.makeNetwork() }
    self.init(detector, use: use, options: options, dataHash: file.dataHash)
  }

  package var network: any Module { detector }
  package var summary: ModelSummary { detector.summary(inputShape: Shape([1] + use.encoding.shape)) }

  package var description: ModelDescription {
    ModelDescription(
      task: "detection", target: "boxes", classNames: use.encoding.classNames,
      inputCount: use.encoding.shape.reduce(1, *))
  }

  package var metadata: [String: String] {
    get throws {
      try ModelFile.metadata(
        network: detector.configuration, preprocessing: use, options: options, dataHash: dataHash)
    }
  }

  var objective: Objective<Tensor, DetectionBatch> {
    Objective("focal loss and box overlap") { [grid] outputs, batch in
      let (loss, weight) = grid.loss(outputs, batch)
      let seen = outputs.detached
      return BatchLoss(loss: loss, weight: weight, metrics: DetectionModel.metrics(grid, seen, batch))
    }
  }

  private static func metrics(
    _ grid: DetectionGrid, _ outputs: Tensor, _ batch: DetectionBatch
  ) -> [any MetricAccumulator] {
    // Boxes are looked for where they are to be judged, not in every step.
    if isRecordingGradients { return [] }
    var scores = DetectionScores(classCount: grid.classCount)
    for (found, truth) in zip(grid.detections(outputs), batch.boxes) { scores.add(found, truth: truth) }
    return [scores]
  }

  // MARK: Answers

  /// The boxes of pictures [N, H, W, C], the surest first.
  package func detections(in pictures: Tensor) -> [[Detection]] {
    let mirrors = [
      (false, false), (use.mirrorsHorizontally, false), (false, use.mirrorsVertically),
      (use.mirrorsHorizontally, use.mirrorsVertically),
    ]
    var seen: [Tensor] = []
    for (index, (horizontally, vertically)) in mirrors.enumerated()
    where !mirrors[..<index].contains(where: { $0 == (horizontally, vertically) }) {
      let outputs = predict(
        detector, pictures.flipped(horizontally: horizontally, vertically: vertically), batchSize: 64)
      seen.append(grid.mirrored(outputs, horizontally: horizontally, vertically: vertically))
    }
    return grid.detections(seen.dropFirst().reduce(seen[0], +) / Float(seen.count))
  }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> DetectionSamples {
    throw DataError(path, "pictures of one's own have no boxes to judge by", expected: "no --input")
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: DetectionSamples, hasChanged: Bool) {
    let data = try taskAgain(DetectionTask.self, near: folder) { $0.use.encoding == use.encoding }
    return (data.test, data.hash != dataHash)
  }

  package func answering(testFlips: Bool) -> DetectionModel {
    var use = use
    use.mirrorsHorizontally = testFlips
    // Not everything is the same upside down.
    use.mirrorsVertically = use.mirrorsVertically && testFlips
    return DetectionModel(detector, use: use, options: options, dataHash: dataHash)
  }

  package func test(on samples: DetectionSamples) -> TrainingReport.Test {
    let evaluation = evaluate(detector, objective, on: samples, batchSize: 64)
    let found = stride(from: 0, to: samples.count, by: 64).flatMap {
      detections(in: samples.batch($0..<min($0 + 64, samples.count)).inputs)
    }
    var judged = DetectionScores(classCount: grid.classCount)
    for (found, scene) in zip(found, samples.scenes) { judged.add(found, truth: scene.boxes) }
    // By the averaged answers, which are what the model gives.
    var scores = evaluation.scores
    scores.metrics = judged.measurements.compactMap { metric, value in value.map { .init(metric, $0) } }
    let names = use.encoding.classNames
    let drawing = SceneDrawing(names)
    return .init(
      scores: scores,
      kind: .measured(headline: .meanAveragePrecision50, tables: [DetectionModel.classTable(judged, names)]),
      pictures: drawing.groups(samples.scenes, found))
  }

  private static func classTable(_ scores: DetectionScores, _ names: [String]) -> TrainingReport.Test.ScoreTable {
    return .init(
      ["class", "boxes", "AP@0.5", "AP@0.75", "AP@[.5:.95]"],
      rows: names.enumerated().map { label, name in
        let values = [
          scores.averagePrecision(label: label, threshold: 0), scores.averagePrecision(label: label, threshold: 5),
          scores.averagePrecision(label: label),
        ]
        return [name, "\(scores.truthCounts[label])"]
          + values.map { $0.map { Metric.meanAveragePrecision.text($0) } ?? "–" }
      })
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    try refuseInterval(options, paths[0])
    let encoding = use.encoding
    guard let pictures = try encoding.pictures(of: paths, badFiles: options.badFiles, warn: warn) else {
      throw DataError(paths[0], "is no picture", expected: "PNG or JPEG files, or folders of such")
    }
    let found = stride(from: 0, to: pictures.samples.count, by: 64).flatMap {
      detections(in: pictures.samples.batch($0..<min($0 + 64, pictures.samples.count)).inputs)
    }
    let sizes = PictureReading.sizes(pictures.paths)
    var rows: [(path: String, found: Detection)] = []
    for (index, path) in pictures.paths.enumerated() {
      guard let size = sizes[index] else { continue }
      rows += found[index].map { (path, $0.placed(in: size, from: encoding)) }
    }
    return Answers(detections: rows.map(\.found), paths: rows.map(\.path), classNames: encoding.classNames)
  }
}

extension Detection {
  /// The box in pixels of a picture that was fitted to the encoding's size (``Picture/fitted(height:width:)``).
  fileprivate func placed(
    in size: (height: Int, width: Int, channels: Int), from encoding: ImageEncoding
  ) -> Detection {
    let scale = max(
      Float(encoding.height) / Float(size.height), Float(encoding.width) / Float(size.width))
    let left = (Float(size.width) * scale - Float(encoding.width)) / 2
    let top = (Float(size.height) * scale - Float(encoding.height)) / 2
    let box = Box(
      left: max(0, (box.left + left) / scale), top: max(0, (box.top + top) / scale),
      right: min(Float(size.width), (box.right + left) / scale),
      bottom: min(Float(size.height), (box.bottom + top) / scale))
    return Detection(box, label: label, score: score)
  }
}
