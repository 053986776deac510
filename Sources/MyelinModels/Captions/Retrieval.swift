import Myelin

/// Pictures and their texts in one space: how well each finds the other, by the cosine of their vectors.
struct Retrieval {
  /// [N, dimension], each of length 1.
  let pictures: Tensor
  let texts: Tensor

  static let textRecall1 = recall("text", 1)
  private static func recall(_ found: String, _ k: Int) -> Metric {
    Metric("\(found)_recall_\(k)", title: "\(found)s, recall@\(k)", format: .percent, direction: .higherIsBetter)
  }

  init(pictures: Tensor, texts: Tensor) {
    self.pictures = SimilarityModel.normalized(pictures)
    self.texts = SimilarityModel.normalized(texts)
  }

  /// The shares of pictures whose text, and of texts whose picture is the nearest, or among the nearest ten.
  var scores: [(metric: Metric, value: Double)] {
    let (text, picture) = (Retrieval.ranks(of: texts, for: pictures), Retrieval.ranks(of: pictures, for: texts))
    return [("text", text), ("picture", picture)].flatMap { name, ranks in
      [1, 10].map { k in
        (Retrieval.recall(name, k), Double(ranks.count { $0 < k }) / Double(max(ranks.count, 1)))
      }
    }
  }

  var accumulators: [MeanMetric] {
    let count = Double(pictures.shape[0])
    return scores.map { MeanMetric($0.metric, sum: $0.value * count, weight: count) }
  }

  /// The numbers of the nearest of `others` for each of `queries`, the nearest first; of equals the first.
  static func nearest(_ count: Int, of others: Tensor, for queries: Tensor) -> [[Int]] {
    cosines(of: others, for: queries) { _, row in
      Array(row.indices.sorted { (row[$1], $0) < (row[$0], $1) }.prefix(count))
    }
  }

  /// How many others are nearer to each query than its own, the one of its number, or are as near and come before it. A
  /// query with a NaN finds nothing.
  static func ranks(of others: Tensor, for queries: Tensor) -> [Int] {
    cosines(of: others, for: queries) { own, row in
      row.indices.count { $0 != own && !(row[$0] < row[own] || (row[$0] == row[own] && $0 > own)) }
    }
  }

  private static func cosines<Result>(
    of others: Tensor, for queries: Tensor, _ body: (Int, [Float]) -> Result
  ) -> [Result] {
    // Not all at once, which is N² numbers.
    let (count, step) = (queries.shape[0], 512)
    let columns = withoutGradient { others.transposed() }
    return stride(from: 0, to: count, by: step).flatMap { start -> [Result] in
      let rows = start..<min(start + step, count)
      let products = withoutGradient { matmul(queries.sliced(rows), columns) }.scalars
      let width = others.shape[0]
      return rows.map { body($0, Array(products[($0 - start) * width..<($0 - start + 1) * width])) }
    }
  }
}

/// Pictures with the texts that are nearest to them, and texts with their nearest pictures, of a report.
struct CaptionPictures {
  private let samples: CaptionSamples
  private let retrieval: Retrieval
  /// Of each kind.
  private static let shown = 12

  init(_ samples: CaptionSamples, _ retrieval: Retrieval) {
    self.samples = samples
    self.retrieval = retrieval
  }

  private func shown(_ row: Int) -> Picture {
    let picture = samples.pictures.picture(row)
    return picture.channels == 1 || picture.channels == 3 ? picture : picture.converted(channels: 1)
  }

  var groups: [PictureGroup] {
    let texts = Retrieval.nearest(3, of: retrieval.texts, for: retrieval.pictures)
    let pictures = Retrieval.nearest(5, of: retrieval.pictures, for: retrieval.texts)
    // As they come, right and wrong.
    let rows = Array(samples.names.indices.prefix(4 * CaptionPictures.shown))
    return [
      PictureGroup(
        "Words for pictures",
        caption: "Test pictures with what they are called; below, the three texts of the test part that are nearest.",
        items: rows.map { row in
          .init(
            shown(row), label: samples.names[row],
            note: texts[row].map { samples.names[$0] }.joined(separator: "; "))
        }, tileWidth: 7),
      PictureGroup(
        "Pictures for words",
        caption: "Test texts with the five pictures of the test part that are nearest, from left to right.",
        items: rows.map { row in
          let place = pictures[row].firstIndex(of: row)
          return .init(
            Picture.sheet(pictures[row].map(shown), columns: 5), label: samples.names[row],
            note: place.map { "its own is number \($0 + 1)" } ?? "its own is not among them")
        }, tileWidth: 14),
    ]
  }
}
