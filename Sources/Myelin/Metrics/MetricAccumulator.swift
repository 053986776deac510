/// Adds up what one or several metrics are computed from: a batch at a time, so that nothing keeps all outputs of a data
/// set.
///
/// An objective gives one for each batch, filled with that batch; they are merged in the order of the batches. It is
/// `Codable` so that a run that is stopped within an epoch goes on with the same sums.
public protocol MetricAccumulator: Sendable, Codable {
  /// The metrics and their values so far; nil where one is not defined, as an R² of equal targets.
  var measurements: [(metric: Metric, value: Double?)] { get }
  /// Adds what `other` has, which comes after it.
  mutating func merge(_ other: Self)
}

/// A metric that is a weighted mean over samples, tokens, pixels: Σ wᵢ xᵢ / Σ wᵢ.
///
/// ```swift
/// MeanMetric(.perplexityBits, sum: bits, weight: Double(tokens))
/// ```
public struct MeanMetric: MetricAccumulator, Hashable {
  /// What it is the mean of.
  public let metric: Metric
  /// Σ wᵢ xᵢ.
  public private(set) var sum: Double
  /// Σ wᵢ.
  public private(set) var weight: Double

  /// - Parameters:
  ///   - metric: what it is the mean of.
  ///   - sum: Σ wᵢ xᵢ of the batch.
  ///   - weight: Σ wᵢ.
  public init(_ metric: Metric, sum: Double, weight: Double) {
    self.metric = metric
    self.sum = sum
    self.weight = weight
  }

  public var measurements: [(metric: Metric, value: Double?)] { [(metric, weight == 0 ? nil : sum / weight)] }

  public mutating func merge(_ other: MeanMetric) {
    sum += other.sum
    weight += other.weight
  }
}

/// The accumulators of a run or an evaluation, merged place by place.
struct MetricTotals: Sendable {
  private(set) var accumulators: [any MetricAccumulator] = []
  /// Of a checkpoint, by place: their types are known when the next batch comes.
  private var saved: [String] = []

  var isEmpty: Bool { accumulators.isEmpty && saved.isEmpty }

  mutating func merge(_ batch: [any MetricAccumulator]) {
    if !saved.isEmpty {
      // Saved by another objective they fit nothing, and what was measured so far is lost.
      accumulators = zip(batch, saved).compactMap(MetricTotals.restored)
      if accumulators.count != batch.count { accumulators = [] }
      saved = []
    }
    if accumulators.isEmpty {
      accumulators = batch
      return
    }
    require(
      accumulators.count == batch.count,
      "an objective must give the same metrics for each batch: \(accumulators.count) and then \(batch.count)")
    for index in batch.indices { merge(batch[index], at: index) }
  }

  private mutating func merge<Accumulator: MetricAccumulator>(_ other: Accumulator, at index: Int) {
    guard var own = accumulators[index] as? Accumulator else {
      misuse("metric \(index) was \(type(of: accumulators[index])), now it is \(Accumulator.self)")
    }
    // Let go of the old one first: merging into the only copy does not copy it.
    accumulators[index] = MeanMetric(.loss, sum: 0, weight: 0)
    own.merge(other)
    accumulators[index] = own
  }

  private static func restored(_ like: any MetricAccumulator, _ json: String) -> (any MetricAccumulator)? {
    func decode<Accumulator: MetricAccumulator>(_: Accumulator) -> Accumulator? {
      try? JSONCoding.decode(Accumulator.self, json)
    }
    return decode(like)
  }

  var measurements: [Scores.Measurement] {
    accumulators.flatMap(\.measurements).compactMap { metric, value in value.map { Scores.Measurement(metric, $0) } }
  }
}

extension MetricTotals: Codable, Equatable {
  private var texts: [String] {
    saved.isEmpty ? accumulators.map { (try? JSONCoding.encode($0)) ?? "" } : saved
  }

  init(from decoder: any Decoder) throws { saved = try decoder.singleValueContainer().decode([String].self) }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(texts)
  }

  static func == (a: MetricTotals, b: MetricTotals) -> Bool { a.texts == b.texts }
}
