import Myelin

/// A novel, character by character: its last tenth is the test; `--validation 0.1` watches the tenth before it.
package struct LanguageRecipe: Recipe {
  package let name: String
  package let summary = "Pride and Prejudice, character by character"
  package let network: String?
  package let takesDropout = true
  package let settings: TrainingSettings
  package let hasOwnTest = true
  package let usualTestShare = 0.1
  package let sourceOptions: Set<RunSource.Option> = [.language]
  package let optionsWithoutEffect = TextData().optionsWithoutEffect

  /// By a small GPT.
  package static let gpt = LanguageRecipe(
    name: "gpt", network: "GPT of rotary positions (--network)",
    settings: TrainingSettings {
      $0.language = LanguageSettings {
        $0.network = "gpt"
        $0.context = 256
        $0.width = 256
        $0.depth = 4
        $0.heads = 4
      }
      $0.learningRate = 2e-3
      $0.weightDecay = 0.1
      $0.dropout = 0.2
      $0.warmupEpochs = 0.3
      $0.epochs = 13
      $0.batchSize = 8
    })

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let path = try ShippedData.file("pride-and-prejudice.txt.gz").path
    return try LanguageTask(
      TextFiles.read(path), named: name,
      origin: [("data", "\(name): \(summary)"), ("source", "J. Austen 1813; Project Gutenberg, text 1342")], options)
  }
}
