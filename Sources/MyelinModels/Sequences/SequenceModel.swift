import Foundation
import Myelin

/// A trained classifier of sequences.
package struct SequenceModel {
  let classifier: SequenceNetwork
  let encoding: SequenceEncoding
  package let options: RunOptions
  let dataHash: String

  func objective(classWeights: [Float]? = nil) -> Objective<Tensor, SequenceBatch> {
    let weights = classWeights.map { Tensor($0) }
    let smoothing = options.settings.labelSmoothing
    return Objective("cross-entropy") { logits, batch in
      let factors = isRecordingGradients ? weights : nil
      let loss = softmaxCrossEntropy(logits, batch.labels, classWeights: factors, labelSmoothing: smoothing)
      var accuracy = Accuracy()
      accuracy.add(logits.detached, batch.labels, weights: nil)
      let shares = factors?.scalars
      return BatchLoss(
        loss: loss,
        weight: shares.map { shares in batch.labels.values.reduce(0) { $0 + Double(shares[Int($1)]) } },
        metrics: [accuracy])
    }
  }

  /// Logits of all samples.
  func outputs(_ samples: SequenceSamples) -> Tensor {
    withoutGradient {
      .concatenated(
        stride(from: 0, to: samples.count, by: 256).map {
          classifier(samples.batch($0..<min($0 + 256, samples.count)).inputs)
        })
    }
  }

  /// The sequences of a file, in the model's form.
  private func samples(_ file: SequenceFile) throws -> SequenceSamples {
    let sequences: [[Float]]
    switch encoding.steps {
    case .frames(let mean, _):
      guard file.features == mean.count else {
        throw DataError(
          file.source, "numbers of a step", expected: "\(mean.count), as in training", found: "\(file.features)")
      }
      sequences = file.frames.map(encoding.encode)
    case .letters: sequences = file.texts.map(encoding.encode)
    }
    let places = Dictionary(
      uniqueKeysWithValues: encoding.classNames.enumerated().map { ($0.element, Int32($0.offset)) })
    let labels = try file.classes.enumerated().map { index, name -> Int32 in
      guard let name else { return -1 }
      guard let place = places[name] else {
        throw DataError(
          file.source, line: file.lines[index], "class \(DataError.quoted(name))",
          expected: "one of \(encoding.classNames.prefix(10).joined(separator: ", "))")
      }
      return place
    }
    return SequenceSamples(features: encoding.features, sequences: sequences, labels: labels, noise: 0)
  }

  private func file(_ path: String, needsClasses: Bool) throws -> SequenceFile {
    var isText = false
    if case .letters = encoding.steps { isText = true }
    return try SequenceFile(
      path, field: encoding.field, target: encoding.target, isText: isText, needsClasses: needsClasses)
  }
}

extension SequenceModel: RunModel {
  package static let kind = "sequence"

  package init(_ file: ModelFile) throws {
    encoding = try file.decode(SequenceEncoding.self, SavedModel.preprocessingKey)
    options = try file.decode(RunOptions.self, SavedModel.optionsKey)
    let configuration = try file.decode(SequenceNetwork.Configuration.self, SavedModel.networkKey)
    if !encoding.isConsistent { throw file.damaged(SavedModel.preprocessingKey) }
    if !options.isConsistent { throw file.damaged(SavedModel.optionsKey) }
    guard configuration.isConsistent, configuration.features == encoding.features,
      configuration.classes == encoding.classNames.count
    else { throw file.damaged(SavedModel.networkKey) }
    try file.check(configuration.size)
    classifier = SequenceNetwork(configuration)
    try file.load(into: classifier)
    dataHash = file.text(SavedModel.dataKey) ?? ""
  }

  package var network: any Module { classifier }
  package var summary: ModelSummary {
    classifier.summary(
      input: SequenceInput(values: Tensor(zeros: [1, 2, encoding.features]), lengths: Indices([2] as [Int32])))
  }

  package var description: ModelDescription {
    ModelDescription(
      task: "classification", target: encoding.target, classNames: encoding.classNames, inputCount: encoding.features)
  }

  package var metadata: [String: String] {
    get throws {
      [
        SavedModel.networkKey: try JSONCoding.encode(classifier.configuration),
        SavedModel.preprocessingKey: try JSONCoding.encode(encoding),
        SavedModel.optionsKey: try JSONCoding.encode(options), SavedModel.dataKey: dataHash,
      ]
    }
  }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> SequenceSamples {
    try samples(file(path, needsClasses: true))
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: SequenceSamples, hasChanged: Bool) {
    let data = try taskAgain(SequenceTask.self, near: folder) { $0.encoded == encoding }
    return (data.test, data.hash != dataHash)
  }

  package func test(on data: SequenceSamples) -> TrainingReport.Test {
    var confusion = ConfusionMatrix(classCount: encoding.classNames.count)
    confusion.add(outputs(data), Indices(data.labels))
    return .init(
      scores: evaluate(classifier, objective(), on: data, batchSize: 256).scores,
      kind: .classification(confusion: confusion, classes: encoding.classNames))
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    guard paths.count == 1 else { throw DataError(paths[1], "a second input", expected: "one file") }
    guard options.interval == nil else { throw DataError(paths[0], "an interval", expected: "a model of a number") }
    let samples = try samples(file(paths[0], needsClasses: false))
    return Answers(logits: outputs(samples), classNames: encoding.classNames, targetName: encoding.target)
  }
}
