import Myelin

/// A shipped table of texts and their classes.
package struct TextRecipe: Recipe {
  package let name: String
  package let summary: String
  package let network: String? = "a bag of n-grams' vectors"
  package let takesDropout = true
  package let settings: TrainingSettings
  package let usualTestShare = 0.1
  package let optionsWithoutEffect = TextTableData().optionsWithoutEffect
  private let fileName: String
  /// The rows of the test, where the data has its own.
  private let testFileName: String?
  private let columns: (text: String, target: String)
  private let citation: String

  package var hasOwnTest: Bool { testFileName != nil }

  /// Sentences of reviews: for or against a film. Terms and their weights were chosen by cross-validation of linear models
  /// within four fifths of the rows.
  package static let reviews = TextRecipe(
    name: "reviews", summary: "sentences of film reviews, for or against",
    settings: TrainingSettings {
      $0.texts = TextSettings(form: .init(letters: [3, 5], weighting: .ratio), features: 16)
      $0.learningRate = 3e-3
      $0.weightDecay = 0.5
      $0.dropout = 0.3
      $0.epochs = 4
      $0.batchSize = 64
    }, fileName: "movie-snippets.csv.gz", testFileName: nil, columns: ("snippet", "sentiment"),
    citation: "B. Pang and L. Lee: Seeing stars, ACL 2005; nltk_data")

  /// Questions to a bank, by what is asked. Settings were chosen on a part of the training file.
  package static let intents = TextRecipe(
    name: "intents", summary: "questions to a bank, by what is asked",
    settings: TrainingSettings {
      $0.texts = TextSettings(form: .init(letters: [3, 5]), features: 64)
      $0.learningRate = 5e-3
      $0.weightDecay = 0.1
      $0.dropout = 0.3
      $0.epochs = 15
      $0.batchSize = 32
    }, fileName: "banking77-train.csv.gz", testFileName: "banking77-test.csv.gz", columns: ("text", "intent"),
    citation: "I. Casanueva and others: Efficient intent detection with dual sentence encoders, 2020")

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    func rows(_ fileName: String) throws -> LabelledTexts {
      try LabelledTexts(
        ShippedData.file(fileName).path, text: columns.text, target: columns.target, TableOptions.Reading())
    }
    return try TextClassificationTask(
      rows(fileName), given: testFileName.map(rows), text: columns.text, target: columns.target,
      origin: [("data", "\(name): \(summary)"), ("source", citation)], options)
  }
}
