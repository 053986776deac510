/// A measure of how good a model is, apart from its value: what it is called, how it is shown, which way is better.
///
/// Logs, progress, reports, early stopping and schedules ask a metric for these; none of them knows a metric by name. A new
/// one is a value, and a ``MetricAccumulator`` that adds it up:
///
/// ```swift
/// extension Metric {
///   static let perplexity = Metric("perplexity", direction: .lowerIsBetter)
/// }
/// ```
public struct Metric: Sendable, Hashable {
  /// Which way is better.
  public enum Direction: String, Sendable, Codable {
    /// As for a share of right answers.
    case higherIsBetter
    /// As for an error.
    case lowerIsBetter
  }

  /// How values are shown.
  public enum Format: String, Sendable, Codable {
    /// Four significant digits; from 10⁴ on a whole number.
    case number
    /// A share of 1 in per cent, with two decimals.
    case percent
  }

  /// As it is logged and asked for: lower case, `_` between words.
  public let name: String
  /// As people read it.
  public let title: String
  /// How values are shown.
  public let format: Format
  /// Which way is better.
  public let direction: Direction

  /// - Parameters:
  ///   - name: as it is logged and asked for: lower case, `_` between words.
  ///   - title: nil takes the name with blanks for `_`.
  ///   - format: how values are shown.
  ///   - direction: which way is better.
  public init(_ name: String, title: String? = nil, format: Format = .number, direction: Direction) {
    self.name = name
    self.title = title ?? name.map { $0 == "_" ? " " : String($0) }.joined()
    self.format = format
    self.direction = direction
  }

  /// A value as people read it; never by the host's locale.
  public func text(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    switch format {
    case .percent: return PlotNumber.fixed(100 * value, decimals: 2) + "%"
    case .number:
      return abs(value) >= 1e4 && abs(value) < 1e15
        ? PlotNumber.fixed(value, decimals: 0) : PlotNumber.short(value, digits: 4)
    }
  }

  /// How much better `value` is than `other`; negative where it is worse.
  public func gain(of value: Double, over other: Double) -> Double {
    direction == .higherIsBetter ? value - other : other - value
  }
}

extension Metric {
  /// What training makes small.
  public static let loss = Metric("loss", direction: .lowerIsBetter)
  /// The share of rows whose largest score stands at the label.
  public static let accuracy = Metric("accuracy", format: .percent, direction: .higherIsBetter)
  /// The share of rows with the label among the k largest scores.
  public static func topAccuracy(_ k: Int) -> Metric {
    Metric("top_\(k)_accuracy", title: "top-\(k) accuracy", format: .percent, direction: .higherIsBetter)
  }
  /// Area under the ROC curve.
  public static let rocAUC = Metric("roc_auc", title: "ROC AUC", direction: .higherIsBetter)
  /// Area under the precision-recall curve: the average precision.
  public static let averagePrecision = Metric("pr_auc", title: "PR AUC", direction: .higherIsBetter)
  /// The mean over the classes of 2 precision recall / (precision + recall).
  public static let macroF1 = Metric("macro_f1", title: "macro F1", direction: .higherIsBetter)
  /// The mean of |p − t|.
  public static let meanAbsoluteError = Metric("mae", title: "mean absolute error", direction: .lowerIsBetter)
  /// The square root of the mean of (p − t)².
  public static let rootMeanSquaredError = Metric(
    "rmse", title: "root mean squared error", direction: .lowerIsBetter)
  /// The mean over classes of the average precision of found boxes that overlap a true one by at least 0.5.
  public static let meanAveragePrecision50 = Metric(
    "map50", title: "mAP@0.5", format: .percent, direction: .higherIsBetter)
  /// The mean over classes, and over overlaps of 0.5, 0.55, … 0.95, of the average precision of found boxes: COCO's own.
  public static let meanAveragePrecision = Metric(
    "map", title: "mAP@[.5:.95]", format: .percent, direction: .higherIsBetter)
  /// 1 − Σ (p − t)² / Σ (t − mean t)²; not defined where all targets are equal.
  public static let rSquared = Metric("r2", title: "R²", direction: .higherIsBetter)
}

/// Written as one text, since a history holds it with every value.
extension Metric: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let parts = try container.decode(String.self).split(separator: "|", omittingEmptySubsequences: false)
    guard parts.count == 4, let format = Format(rawValue: String(parts[2])),
      let direction = Direction(rawValue: String(parts[3]))
    else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected a metric as name|title|format|direction")
    }
    self.init(String(parts[0]), title: String(parts[1]), format: format, direction: direction)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    let texts = [name, title].map { $0.map { $0 == "|" ? "/" : String($0) }.joined() }
    try container.encode("\(texts[0])|\(texts[1])|\(format.rawValue)|\(direction.rawValue)")
  }
}
