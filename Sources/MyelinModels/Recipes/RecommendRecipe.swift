import Foundation
import Myelin

/// Films for people, by what they and others rated.
package struct RecommendRecipe: Recipe {
  package let name = "recommend"
  package let summary = "films for people, by what they and others rated"
  package let network: String? = "biased matrix factorisation, and vectors of alternating least squares for the order"
  package let settings: TrainingSettings = RecommendRecipe.usual
  package let optionsWithoutEffect: Set<String> = ["--balance", "--label-smoothing"]

  /// Weight decay is the pull of the users and items of each rating towards 0. Chosen with the rate and the epochs by the
  /// last fifth of each user's training ratings, of which 36 settings left a root mean squared error of 1.42 to 1.64.
  static let usual = TrainingSettings {
    $0.hiddenSizes = [16]
    $0.learningRate = 0.02
    $0.weightDecay = 0.3
    $0.optimizer = .adam
    $0.schedule = .cosine
    $0.dropout = 0
    $0.epochs = 20
    $0.batchSize = 1024
  }

  package init() {}

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let films = try ShippedColumns("movietweetings-movies.csv.gz", texts: ["movie", "title"])
    let titles = Dictionary(
      uniqueKeysWithValues: zip(
        try films.texts("movie"), zip(try films.texts("title"), try films.integers("year")).map { "\($0) (\($1))" }))
    let file = try ShippedData.file("movietweetings-ratings.csv.gz")
    return try RatingTask(
      Ratings(file, named: file.relativePath), source: name, titles: titles, options,
      origin: [
        ("data", "\(name): \(summary)"),
        ("source", "MovieTweetings; S. Dooms, T. De Pessemier, L. Martens, 2013"),
      ])
  }
}
