import Foundation
import Myelin

/// A trained classifier of sequences.
package struct SequenceModel {
  let classifier: SequenceNetwork
  let encoding: SequenceEncoding
  package let options: RunOptions
  let dataHash: String

  func objective(classWeights: [Float]? = nil) -> Objective<Tensor, SequenceBatch> {
    let base = Objective<Tensor, TensorBatch>.classification(
      labelSmoothing: options.settings.labelSmoothing, classWeights: classWeights)
    return Objective(of: base) { ($0.labels, nil) }
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
    let encoding = try file.decode(SequenceEncoding.self, SavedModel.preprocessingKey) { $0.isConsistent }
    let options = try file.options
    let configuration = try file.decode(SequenceNetwork.Configuration.self, SavedModel.networkKey) {
      $0.isConsistent && $0.features == encoding.features && $0.classes == encoding.classNames.count
    }
    let classifier = try file.network(of: configuration.size) { SequenceNetwork(configuration) }
    self.init(classifier: classifier, encoding: encoding, options: options, dataHash: file.dataHash)
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
      try ModelFile.metadata(
        network: classifier.configuration, preprocessing: encoding, options: options, dataHash: dataHash)
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
    .init(
      scores: evaluate(classifier, objective(), on: data, batchSize: 256).scores,
      kind: .classes(encoding.classNames, predict(classifier, data), Indices(data.labels)))
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    let path = try onePath(paths, options)
    let samples = try samples(file(path, needsClasses: false))
    return Answers(logits: predict(classifier, samples), classNames: encoding.classNames, targetName: encoding.target)
  }
}
