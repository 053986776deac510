import Foundation
import Myelin

/// A trained ``Recommender``: predicts ratings, and tells what somebody will like next.
package struct RatingModel: RunModel {
  package static let kind = "ratings"

  package let recommender: Recommender
  package let encoding: RatingEncoding
  package let options: RunOptions
  /// Fingerprint of the data that it was trained from.
  package let dataHash: String

  init(_ recommender: Recommender, encoding: RatingEncoding, options: RunOptions, dataHash: String) {
    self.recommender = recommender
    self.encoding = encoding
    self.options = options
    self.dataHash = dataHash
  }

  package init(_ file: ModelFile) throws {
    let encoding = try file.decode(RatingEncoding.self, SavedModel.preprocessingKey) { $0.isConsistent }
    let options = try file.options
    let configuration = try file.decode(Recommender.Configuration.self, SavedModel.networkKey) {
      $0.isConsistent && $0.users == encoding.users.count && $0.items == encoding.items.count
    }
    let recommender = try file.network(of: configuration.size) { Recommender(configuration) }
    self.init(recommender, encoding: encoding, options: options, dataHash: file.dataHash)
  }

  package var network: any Module { recommender }
  package var summary: ModelSummary {
    recommender.summary(input: RatingPairs(users: Indices([0]), items: Indices([0])))
  }

  package var description: ModelDescription {
    ModelDescription(
      task: "recommendation", target: "rating", classNames: [], inputCount: 2, inputColumns: ["user", "item"])
  }

  package var metadata: [String: String] {
    get throws {
      try ModelFile.metadata(
        network: recommender.configuration, preprocessing: encoding, options: options, dataHash: dataHash)
    }
  }

  /// The squared error of the standardised rating, and `ridge` times the squares of what it is made of. Measures the error in
  /// the ratings' own units.
  static func objective(_ configuration: Recommender.Configuration, ridge: Float) -> Objective<Tensor, RatingBatch> {
    Objective("squared error") { outputs, batch in
      let ratings = outputs.sliced(0..<1, axis: 1)
      let scale = configuration.deviation * configuration.deviation
      let loss = meanSquaredError(ratings, batch.ratings) / scale
      if isRecordingGradients {
        return BatchLoss(
          loss: loss + outputs.sliced(1..<2, axis: 1).mean() * ridge, weight: Double(batch.ratings.count))
      }
      var errors = RegressionErrors()
      errors.add(ratings, batch.ratings)
      return BatchLoss(loss: loss, weight: Double(batch.ratings.count), metrics: [errors])
    }
  }

  // MARK: Samples

  /// Pairs of a file, of users and items that training had; others are left out.
  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> RatingSamples {
    let ratings = try Ratings(DataPath.input(path), named: path)
    let (users, items) = (RatingModel.numbers(encoding.users), RatingModel.numbers(encoding.items))
    var rows: [Int] = []
    for row in ratings.user.indices
    where users[ratings.users[Int(ratings.user[row])]] != nil && items[ratings.items[Int(ratings.item[row])]] != nil {
      rows.append(row)
    }
    guard let values = ratings.value, !rows.isEmpty else {
      throw DataError(path, "nothing to judge", expected: "ratings of users and items that training had")
    }
    if rows.count < values.count {
      warn("\(path): \(values.count - rows.count) ratings are of users or items that training did not have: left out")
    }
    return RatingSamples(
      user: rows.map { users[ratings.users[Int(ratings.user[$0])]]! },
      item: rows.map { items[ratings.items[Int(ratings.item[$0])]]! }, value: rows.map { values[$0] },
      itemCount: encoding.items.count, drawsOthers: false)
  }

  static func numbers(_ names: [String]) -> [String: Int32] {
    Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0)) })
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: RatingSamples, hasChanged: Bool) {
    let data = try taskAgain(RatingTask.self, near: folder) { $0.ratingEncoding == encoding }
    return (data.test, data.hash != dataHash)
  }

  // MARK: Scores

  static let ndcg = Metric("ndcg_10", title: "NDCG@10", direction: .higherIsBetter)
  static let recall = Metric("recall_10", title: "recall@10", direction: .higherIsBetter)

  package func test(on samples: RatingSamples) -> TrainingReport.Test {
    let c = recommender.configuration
    let evaluation = evaluate(
      recommender, RatingModel.objective(c, ridge: 0), on: samples, batchSize: 8192)
    var wanted = [Set<Int32>](repeating: [], count: c.users)
    for (user, item) in zip(samples.user, samples.item) { wanted[Int(user)].insert(item) }
    let judged = wanted.indices.filter { !wanted[$0].isEmpty }.map(Int32.init)
    let own = ranking(best(for: judged, count: 10).indices, judged, wanted)
    let nothing = Tensor(zeros: [judged.count, 1])
    let popular = ranking(
      nothing.topProducts(
        10, among: Tensor(zeros: [c.items, 1]), bias: Tensor(encoding.popularity), excluded: seen(by: judged)
      ).indices, judged, wanted)
    var scores = evaluation.scores
    scores.metrics =
      [.init(RatingModel.ndcg, own.ndcg), .init(RatingModel.recall, own.recall)]
      + (encoding.hasRatings ? scores.metrics : [])
    func text(_ value: Double) -> String { PlotNumber.fixed(value, decimals: 4) }
    let table = TrainingReport.Test.ScoreTable(
      ["ten items for each of \(judged.count) users", "NDCG@10", "recall@10"],
      rows: [
        ["this model", text(own.ndcg), text(own.recall)],
        ["the items most had lately", text(popular.ndcg), text(popular.recall)],
      ])
    var tables = [table]
    if encoding.hasRatings {
      func error(_ prediction: (Int) -> Float) -> String {
        let squares = samples.value.indices.reduce(0.0) {
          $0 + pow(Double(prediction($1) - samples.value[$1]), 2)
        }
        return text((squares / Double(max(samples.count, 1))).squareRoot())
      }
      let (userBias, itemBias) = (recommender.userBias.value.scalars, recommender.itemBias.value.scalars)
      tables.append(
        .init(
          ["the rating as", "root mean squared error"],
          rows: [
            ["this model has it", evaluation.scores[.rootMeanSquaredError].map(text) ?? "not defined"],
            [
              "its offsets of user and item alone",
              error { c.mean + c.deviation * (userBias[Int(samples.user[$0])] + itemBias[Int(samples.item[$0])]) },
            ],
            ["the mean of all", error { _ in c.mean }],
          ]))
    }
    return .init(scores: scores, kind: .measured(headline: RatingModel.ndcg, tables: tables))
  }

  private func seen(by users: [Int32]) -> SparseMatrix {
    SparseMatrix(users.map { encoding.seen[Int($0)] }, columns: encoding.items.count)
  }

  /// The items for each of some users that they have not had, best first.
  func best(for users: [Int32], count: Int) -> (indices: Indices, products: Tensor) {
    recommender.rankingUsers.value.gathered(Indices(users)).topProducts(
      count, among: recommender.rankingItems.value, bias: encoding.itemBias, excluded: seen(by: users))
  }

  /// Means over users: the discounted gain of the wanted items among those that are named by the most that could be had
  /// (Järvelin and Kekäläinen 2002), and the share of the wanted that is named.
  private func ranking(
    _ named: Indices, _ users: [Int32], _ wanted: [Set<Int32>]
  ) -> (ndcg: Double, recall: Double) {
    let count = named.shape[1]
    var (gain, recall) = (0.0, 0.0)
    for (row, user) in users.enumerated() {
      let items = wanted[Int(user)]
      var (found, hits, most) = (0.0, 0, 0.0)
      for place in 0..<count {
        let discount = 1 / log2(Double(place) + 2)
        if place < items.count { most += discount }
        if items.contains(named[row * count + place]) {
          found += discount
          hits += 1
        }
      }
      gain += found / most
      recall += Double(hits) / Double(items.count)
    }
    let users = Double(max(users.count, 1))
    return (gain / users, recall / users)
  }

  // MARK: Answers

  /// What is recommended to somebody.
  package struct Recommendation: Encodable, Sendable {
    package let item: String
    package let title: String?
    /// What the items are ordered by.
    package let score: Float
    /// Nil where there are no ratings, or the user is not known.
    package let rating: Float?
  }

  /// What somebody has not had and will like, best first. To a user that training did not have: what most had lately.
  ///
  /// - Returns: nil for `known` where the user is not known.
  package func recommendations(to user: String, count: Int) -> (items: [Recommendation], isKnown: Bool) {
    let count = min(count, encoding.items.count)
    guard let number = encoding.users.firstIndex(of: user).map(Int32.init) else {
      let order = encoding.popularity.indices.sorted {
        (encoding.popularity[$1], $0) < (encoding.popularity[$0], $1)
      }
      return (
        order.prefix(count).map {
          Recommendation(
            item: encoding.items[$0], title: encoding.titles[encoding.items[$0]], score: encoding.popularity[$0],
            rating: nil)
        }, false
      )
    }
    let found = best(for: [number], count: count)
    let items = found.indices.values.filter { $0 >= 0 }
    let ratings = withoutGradient {
      recommender(
        RatingPairs(users: Indices([Int32](repeating: number, count: items.count)), items: Indices(items)))
    }
    return (
      items.enumerated().map { place, item in
        Recommendation(
          item: encoding.items[Int(item)], title: encoding.titles[encoding.items[Int(item)]],
          score: found.products[0, place], rating: encoding.hasRatings ? ratings[place, 0] : nil)
      }, true
    )
  }

  /// The rating of each pair of a file. A user or an item that training did not have counts as one of whom nothing is known:
  /// what is left is the offset of the other, or the mean.
  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    let path = try onePath(paths, options, expected: "one file of users and items")
    let pairs = try Ratings(DataPath.input(path), named: path)
    let (users, items) = (RatingModel.numbers(encoding.users), RatingModel.numbers(encoding.items))
    let user = pairs.user.map { users[pairs.users[Int($0)]] }
    let item = pairs.item.map { items[pairs.items[Int($0)]] }
    let unknown = zip(user, item).count { $0 == nil || $1 == nil }
    if unknown > 0 {
      warn("\(path): \(unknown) of \(user.count) pairs are of a user or an item that training did not have")
    }
    let outputs = withoutGradient {
      recommender(RatingPairs(users: Indices(user.map { $0 ?? 0 }), items: Indices(item.map { $0 ?? 0 })))
    }
    let c = recommender.configuration
    let (userBias, itemBias) = (recommender.userBias.value.scalars, recommender.itemBias.value.scalars)
    let values = user.indices.map { row -> Double in
      if user[row] != nil && item[row] != nil { return Double(outputs[row, 0]) }
      let offset = (user[row].map { userBias[Int($0)] } ?? 0) + (item[row].map { itemBias[Int($0)] } ?? 0)
      return Double(c.mean + c.deviation * offset)
    }
    return Answers(values: values, targetName: "rating")
  }
}
