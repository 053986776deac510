import Foundation
import Myelin

/// Pairs of users and items with their ratings.
package struct RatingBatch: ModelBatch {
  package var inputs: RatingPairs
  package var ratings: Tensor
}

/// Ratings that are learned or judged.
package struct RatingSamples: Dataset, HashedContent {
  let user: [Int32]
  let item: [Int32]
  let value: [Float]
  let itemCount: Int
  /// Whether a pair of each user with an item by chance, of the value 0, stands beside each pair while training: where it is
  /// only known what somebody had.
  let drawsOthers: Bool

  package var count: Int { user.count }

  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> RatingBatch {
    RatingBatch(
      inputs: RatingPairs(
        users: Indices(rows.map { user[Int($0)] }), items: Indices(rows.map { item[Int($0)] })),
      ratings: Tensor(rows.map { value[Int($0)] }, shape: [rows.count, 1]))
  }

  package func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> RatingBatch {
    guard drawsOthers else { return batch(rows) }
    let users = rows.map { user[Int($0)] }
    let draws = place.random.uniform([rows.count]).scalars.map {
      min(Int32($0 * Float(itemCount)), Int32(itemCount) - 1)
    }
    return RatingBatch(
      inputs: RatingPairs(users: Indices(users + users), items: Indices(rows.map { item[Int($0)] } + draws)),
      ratings: Tensor(rows.map { value[Int($0)] } + draws.map { _ in 0 }, shape: [2 * rows.count, 1]))
  }

  package func batch(_ rows: Range<Int>, at place: BatchPlace) -> RatingBatch {
    rows.map(Int32.init).withUnsafeBufferPointer { batch($0, at: place) }
  }

  func addContent(to hash: inout ContentHash) {
    hash.add(Indices(user))
    hash.add(Indices(item))
    hash.add(Tensor(value))
  }
}

/// Names of users and items, and what is known of them.
package struct RatingEncoding: Codable, Equatable, Sendable {
  var users: [String]
  var items: [String]
  var hasRatings: Bool
  /// How often each item was had lately: each rating counts by how long before the last one it was.
  var popularity: [Float]
  /// What each user had, by number; training and watched ratings.
  var seen: [[Int32]]
  /// What people call the items, where that is known.
  var titles: [String: String]

  var isConsistent: Bool {
    !users.isEmpty && !items.isEmpty && popularity.count == items.count && seen.count == users.count
      && seen.allSatisfy { $0.allSatisfy { $0 >= 0 && Int($0) < items.count } } && popularity.allSatisfy(\.isFinite)
  }

  /// What is added to an item's product: the logarithm of its popularity, times this. Both it and the fading were chosen on
  /// ratings held out of the training's: of 3, 7, 14, 30 days and none, 0.1 and 0.3.
  static let popularityWeight: Float = 0.4
  var itemBias: Tensor { Tensor(popularity.map { RatingEncoding.popularityWeight * logf($0 + 1e-3) }) }
}

/// Ratings, of which a ``Recommender`` learns what users think of items and what they will have next.
package struct RatingTask: RunTask, Sendable {
  package let training: RatingSamples
  package let validation: RatingSamples?
  package let test: RatingSamples
  package let facts: [TrainingReport.Fact]
  package let hash: String
  let ratingEncoding: RatingEncoding
  private let configuration: Recommender.Configuration

  /// Days after which a rating counts 1/e for an item's popularity: what people see next is what many saw of late.
  static let fadingDays = 30.0

  /// - Parameters:
  ///   - titles: of items, by their names.
  ///   - origin: what is told of where it comes from.
  /// - Throws: `DataError` for ratings that leave nothing to learn or to test.
  init(
    _ ratings: Ratings, source: String, titles: [String: String] = [:], _ options: RunOptions,
    origin: [TrainingReport.Fact]
  ) throws {
    guard ratings.users.count >= 2, ratings.items.count >= 2, ratings.user.count >= 10 else {
      throw DataError(
        source, "ratings", expected: "at least 10, of two users and two items",
        found: "\(ratings.user.count) of \(ratings.users.count) users and \(ratings.items.count) items")
    }
    let split = ratings.divided(validation: options.validationShare, test: options.testShare, seed: options.seed)
    guard !split.training.isEmpty, !split.test.isEmpty else {
      throw DataError(source, "the shares leave no ratings for training or the test, of \(ratings.user.count)")
    }
    let values = ratings.value ?? [Float](repeating: 1, count: ratings.user.count)
    func samples(_ rows: [Int], draws: Bool = false) -> RatingSamples {
      RatingSamples(
        user: rows.map { ratings.user[$0] }, item: rows.map { ratings.item[$0] }, value: rows.map { values[$0] },
        itemCount: ratings.items.count, drawsOthers: draws)
    }
    training = samples(split.training, draws: ratings.value == nil)
    validation = split.validation.isEmpty ? nil : samples(split.validation)
    test = samples(split.test)
    let known = split.training.map { Double(values[$0]) }
    let mean = ratings.value == nil ? 0.5 : known.reduce(0, +) / Double(known.count)
    let variance =
      ratings.value == nil ? 0.25 : known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(known.count)
    let last = ratings.time.map { time in split.training.map { time[$0] }.max() ?? 0 }
    var popularity = [Float](repeating: 0, count: ratings.items.count)
    for row in split.training {
      // Times in seconds fade; ranks and other numbers do not say how long ago.
      let isSeconds = (last ?? 0) > 1e8
      let age = isSeconds ? (last! - ratings.time![row]) / 86400 / RatingTask.fadingDays : 0
      popularity[Int(ratings.item[row])] += Float(exp(-age))
    }
    var seen = [[Int32]](repeating: [], count: ratings.users.count)
    for row in split.training + split.validation { seen[Int(ratings.user[row])].append(ratings.item[row]) }
    ratingEncoding = RatingEncoding(
      users: ratings.users, items: ratings.items, hasRatings: ratings.value != nil, popularity: popularity, seen: seen,
      titles: titles)
    configuration = Recommender.Configuration(
      users: ratings.users.count, items: ratings.items.count, factors: options.settings.hiddenSizes.first ?? 16,
      rankingFactors: 16, mean: Float(mean), deviation: max(Float(variance.squareRoot()), 1e-6))
    facts =
      origin + [
        ("users and items", "\(ratings.users.count) and \(ratings.items.count)"),
        (
          "ratings",
          "\(ratings.user.count)\(ratings.value == nil ? ", without values: what somebody had" : ""): \(split.training.count) for training"
            + (split.validation.isEmpty ? "" : ", \(split.validation.count) to watch")
            + ", \(split.test.count) for the test"
        ),
        (
          "division",
          ratings.time == nil
            ? "no times: of each user's ratings some by chance are for the test"
            : "of each user's ratings the last are for the test"
        ),
      ]
    hash = ContentHash.text(of: [training, validation, test])
  }

  package var learning: LearningTask { .regression }
  package var encoding: String { get throws { try JSONCoding.encode(ratingEncoding) } }
  package func size(_ options: RunOptions) -> NetworkSize { configuration.size }

  package func makeModel(_ options: RunOptions) -> RatingModel {
    RatingModel(Recommender(configuration), encoding: ratingEncoding, options: options, dataHash: hash)
  }

  package func finished(_ model: RatingModel, _ options: RunOptions) throws -> RatingModel {
    let (seen, _) = SparseMatrix.compressed(
      pairs: (training.user, training.item), rows: ratingEncoding.users.count, columns: ratingEncoding.items.count)
    model.recommender.fitRanking(seen, RankingForm(seed: options.seed))
    return model
  }

  package func makeTrainer(_ model: RatingModel, _ options: RunOptions) -> Trainer<RatingBatch> {
    Trainer(
      model.recommender,
      objective: RatingModel.objective(model.recommender.configuration, ridge: options.settings.weightDecay),
      // What pulls towards 0 is part of the objective, for the users and items of the batch alone.
      optimizer: options.settings.optimizer.make(
        model.recommender.parameters, learningRate: options.settings.learningRate))
  }
}
