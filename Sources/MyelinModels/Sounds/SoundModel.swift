import Foundation
import Myelin

/// A trained classifier of sounds.
package struct SoundModel {
  let resNet: ResNet
  let encoding: SoundEncoding
  package let options: RunOptions
  let dataHash: String

  func objective(classWeights: [Float]? = nil) -> Objective<Tensor, SoundBatch> {
    let weights = classWeights.map { Tensor($0) }
    let smoothing = options.settings.labelSmoothing
    return Objective("cross-entropy") { logits, batch in
      func loss(_ labels: Indices) -> Tensor {
        softmaxCrossEntropy(
          logits, labels, classWeights: isRecordingGradients ? weights : nil, labelSmoothing: smoothing)
      }
      var total = loss(batch.labels)
      if let others = batch.others { total = total * batch.share + loss(others) * (1 - batch.share) }
      var accuracy = Accuracy()
      accuracy.add(logits.detached, batch.labels, weights: nil)
      return BatchLoss(loss: total, metrics: [accuracy])
    }
  }

  private func samples(_ sounds: [Sound], labels: [Int32]) -> SoundSamples {
    SoundSamples(encoding: encoding, waves: sounds.map(encoding.fitted), labels: labels, isAugmented: false)
  }
}

extension SoundModel: RunModel {
  package static let kind = "sound"

  package init(_ file: ModelFile) throws {
    let encoding = try file.decode(SoundEncoding.self, SavedModel.preprocessingKey) { $0.isConsistent }
    let options = try file.options
    let configuration = try file.decode(ResNet.Configuration.self, SavedModel.networkKey) {
      $0.isConsistent && $0.classCount == encoding.classNames.count
        && $0.picture == PictureSize(encoding.frames, encoding.spectrogram.bands, 1)
    }
    let resNet = try file.network(of: configuration.size) { ResNet(configuration) }
    self.init(resNet: resNet, encoding: encoding, options: options, dataHash: file.dataHash)
  }

  package var network: any Module { resNet }
  package var summary: ModelSummary {
    resNet.summary(inputShape: [1, encoding.frames, encoding.spectrogram.bands, 1])
  }

  package var description: ModelDescription {
    ModelDescription(
      task: "classification", target: "class", classNames: encoding.classNames, inputCount: encoding.length)
  }

  package var metadata: [String: String] {
    get throws {
      try ModelFile.metadata(
        network: resNet.configuration, preprocessing: encoding, options: options, dataHash: dataHash)
    }
  }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> SoundSamples {
    let folder = try SoundFolder(path)
    let places = try folder.classNames.map { name -> Int32 in
      guard let place = encoding.classNames.firstIndex(of: name) else {
        throw DataError(
          path, "class \(DataError.quoted(name))", expected: "one of \(encoding.classNames.joined(separator: ", "))")
      }
      return Int32(place)
    }
    let read = SoundFolder.read(folder.paths)
    try options.badFiles.check(read.bad, warn: warn)
    return samples(read.sounds, labels: read.rows.map { places[Int(folder.labels[$0])] })
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: SoundSamples, hasChanged: Bool) {
    let data = try taskAgain(SoundTask.self, near: folder) { $0.encoded == encoding }
    return (data.test, data.hash != dataHash)
  }

  package func test(on data: SoundSamples) -> TrainingReport.Test {
    let outputs = predict(resNet, data)
    var test = TrainingReport.Test(
      scores: evaluate(resNet, objective(), on: data, batchSize: 256).scores,
      kind: .classes(encoding.classNames, outputs, Indices(data.labels)))
    let told = outputs.argmax(axis: 1).values
    let wrong = data.labels.indices.filter { told[$0] != data.labels[$0] }
    if !wrong.isEmpty {
      test.pictures = [
        PictureGroup(
          "Mistakes", caption: SoundTask.caption,
          items: wrong.prefix(24).map { row in
            let names = encoding.classNames
            return .init(
              SoundTask.picture(data.batch([row]).inputs),
              label: "\(names[Int(data.labels[row])]), told \(names[Int(told[row])])")
          })
      ]
    }
    return test
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    try refuseInterval(options, paths[0])
    let files = try paths.flatMap { try SoundFolder.files($0) }
    guard !files.isEmpty else { throw DataError(paths[0], "no WAV files") }
    let read = SoundFolder.read(files)
    try options.badFiles.check(read.bad, warn: warn)
    guard !read.rows.isEmpty else { throw DataError(paths[0], "no WAV files that can be read") }
    let samples = samples(read.sounds, labels: read.rows.map { _ in -1 })
    return Answers(
      logits: predict(resNet, samples), classNames: encoding.classNames, targetName: "class",
      paths: read.rows.map { files[$0] })
  }
}
