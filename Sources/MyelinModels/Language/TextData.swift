import Foundation
import Myelin

/// Text of one's own, a file or a folder of files, which a network learns to go on with.
package struct TextData: OwnData {
  package let name = "language"
  package let summary = "a text"
  package let taskName: String? = "language"
  package let network: String? = "a network of the next token (--network)"
  package let takesDropout = true
  package let settings = TrainingSettings.language
  package let sourceOptions: Set<RunSource.Option> = [.language]
  package let usualTestShare = 0.1
  package let optionsWithoutEffect: Set<String> = ["--balance", "--label-smoothing", "--threshold"]

  package init() {}

  /// A file by its name, a folder by its files: with texts and without pictures.
  package func accepts(_ path: String, target: String?) -> Bool {
    guard ClassFolders.isFolder(path) else { return TextFiles.isName(path) }
    guard let texts = try? TextFiles.paths(in: path), !texts.isEmpty else { return false }
    let all = FileManager.default.enumerator(atPath: path)?.lazy.compactMap { ($0 as? String)?.lowercased() }
    return all?.contains { [".png", ".jpg", ".jpeg"].contains(where: $0.hasSuffix) } == false
  }

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    guard let path = options.source.path?.located(near: folder) else {
      throw DataError(options.source.name, "no file or folder of text")
    }
    let documents = try TextFiles.read(path)
    return try LanguageTask(documents, named: path, origin: TextData.origin(path, documents), options)
  }

  static func origin(_ path: String, _ documents: [TextDocument]) -> [TrainingReport.Fact] {
    let encodings = Set(documents.map(\.encoding.rawValue)).sorted().joined(separator: ", ")
    let count = documents.count == 1 ? "" : ", \(documents.count) files with a token between them"
    return [("data", "\(path)\(count)"), ("read as", encodings)]
  }
}

extension TrainingSettings {
  /// For a text of which nothing is known.
  static let language = TrainingSettings {
    $0.language = LanguageSettings()
    $0.learningRate = 1e-3
    $0.weightDecay = 0.1
    $0.schedule = .cosine
    $0.warmupEpochs = 0.2
    $0.epochs = 10
    $0.batchSize = 32
  }
}
