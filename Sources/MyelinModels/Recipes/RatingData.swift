import Foundation
import Myelin

/// A file of one's own that says who rated or had what: `--task recommend`.
package struct RatingData: OwnData {
  package let name = "ratings"
  package let summary = "a file of ratings"
  package let network: String? = "biased matrix factorisation, and vectors of alternating least squares for the order"
  package let settings: TrainingSettings = RecommendRecipe.usual
  package let sourceOptions: Set<RunSource.Option> = []
  package let optionsWithoutEffect: Set<String> = ["--balance", "--label-smoothing"]

  package let taskName: String? = "recommend"

  package init() {}

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    guard let path = options.source.path?.located(near: folder) else {
      throw DataError(options.source.name, "no file", expected: "one of ratings")
    }
    return try RatingTask(
      Ratings(DataPath.input(path), named: path), source: path, options, origin: [("data", path)])
  }
}
