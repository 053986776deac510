import Foundation
import Myelin

/// Shipped sequences of different lengths and their classes.
package struct SequenceRecipe: Recipe {
  package let name: String
  package let summary: String
  package let network: String? = "GRU in both directions, mean and largest of its steps"
  package let takesDropout = true
  package let settings: TrainingSettings
  package let optionsWithoutEffect: Set<String> = ["--threshold"]
  package let hasOwnTest: Bool
  package let usualTestShare: Double
  private let fileName: String
  private let columns: (field: String, target: String)
  /// Of texts.
  private let letters: String?
  private let citation: String

  /// Who speaks a vowel.
  package static let vowels = SequenceRecipe(
    name: "vowels", summary: "nine speakers by how they say two Japanese vowels",
    settings: TrainingSettings {
      $0.hiddenSizes = [64]
      $0.dropout = 0.3
      $0.learningRate = 3e-3
      $0.weightDecay = 0.05
      $0.epochs = 60
      $0.batchSize = 16
      $0.labelSmoothing = 0.1
      $0.averaging = 0.99
    }, hasOwnTest: true, usualTestShare: 0.2, fileName: "japanese-vowels.jsonl.gz", columns: ("frames", "speaker"),
    letters: nil, citation: "M. Kudo, J. Toyama, M. Shimbo, 1999; UCI")

  /// Whether a first name is a woman's or a man's; 331 are both.
  package static let names = SequenceRecipe(
    name: "names", summary: "first names of the United States, of women or of men",
    settings: TrainingSettings {
      $0.hiddenSizes = [64]
      $0.dropout = 0.3
      $0.learningRate = 3e-3
      $0.weightDecay = 0.05
      $0.epochs = 15
      $0.batchSize = 32
      $0.averaging = 0.99
    }, hasOwnTest: false, usualTestShare: 0.2, fileName: "names.csv.gz", columns: ("name", "sex"),
    letters: "abcdefghijklmnopqrstuvwxyz", citation: "US Census Bureau, 1990")

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let file = try SequenceFile(
      ShippedData.file(fileName), source: fileName, field: columns.field, target: columns.target,
      isText: letters != nil, needsClasses: true)
    return try SequenceTask(
      file, field: columns.field, target: columns.target, letters: letters, options,
      origin: [("data", "\(name): \(summary)"), ("source", citation)])
  }
}

/// JSON lines of one's own, each with frames of numbers and a class: `myelin train FILE.jsonl --target CLASS`.
package struct SequenceData: OwnData {
  package let name = "sequences"
  package let summary = "a file of sequences"
  package let network: String? = "GRU in both directions, mean and largest of its steps"
  package let takesDropout = true
  package let settings = SequenceRecipe.vowels.settings
  package let sourceOptions: Set<RunSource.Option> = [.target]
  package let optionsWithoutEffect: Set<String> = ["--threshold"]

  package init() {}

  package func accepts(_ path: String, target: String?) -> Bool {
    guard target != nil else { return false }
    return path.lowercased().hasSuffix(".jsonl") || path.lowercased().hasSuffix(".jsonl.gz")
  }

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    guard let dataPath = options.source.path, let target = options.source.target else {
      throw DataError(options.source.name, "no file or no class to predict", expected: "both")
    }
    let path = dataPath.located(near: folder)
    let field = try SequenceData.field(of: path)
    let file = try SequenceFile(path, field: field, target: target, isText: false, needsClasses: true)
    return try SequenceTask(
      file, field: field, target: target, letters: nil, options, origin: [("data", path), ("frames", field)])
  }

  /// The key of the first line under which a list of lists or of numbers stands.
  private static func field(of path: String) throws -> String {
    let bytes = try DataFile.read(DataPath.input(path), isText: true)
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else {
      throw DataError(path, line: 1, "no JSON object", expected: "a line of JSON for each sequence")
    }
    let lists = object.keys.filter { object[$0] is [Any] }.sorted()
    guard lists.count == 1 else {
      throw DataError(path, line: 1, "lists", expected: "one, with the frames", found: "\(lists.count)")
    }
    return lists[0]
  }
}
