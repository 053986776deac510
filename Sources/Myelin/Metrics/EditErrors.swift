extension Metric {
  /// Symbols that must be put in, left out or replaced to make answers right, as a share of the right ones.
  public static let symbolErrorRate = Metric(
    "symbol_errors", title: "symbol errors", format: .percent, direction: .lowerIsBetter)
  /// The share of sequences with any error.
  public static let sequenceErrorRate = Metric(
    "sequence_errors", title: "sequence errors", format: .percent, direction: .lowerIsBetter)
}

/// How far sequences are from the right ones, by the Levenshtein distance: of symbols and of whole sequences.
public struct EditErrors: MetricAccumulator, Hashable {
  private var edits = 0
  private var symbols = 0
  private var wrong = 0
  private var sequences = 0

  /// Of no sequence yet.
  public init() {}

  /// Adds a sequence.
  public mutating func add<Symbol: Equatable>(_ answer: [Symbol], reference: [Symbol]) {
    let distance = EditErrors.distance(answer, reference)
    edits += distance
    symbols += reference.count
    wrong += distance > 0 ? 1 : 0
    sequences += 1
  }

  /// Insertions, deletions and replacements that turn `a` into `b`.
  public static func distance<Symbol: Equatable>(_ a: [Symbol], _ b: [Symbol]) -> Int {
    var row = Array(0...b.count)
    for i in a.indices {
      var diagonal = row[0]
      row[0] = i + 1
      for j in b.indices {
        let replaced = diagonal + (a[i] == b[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[b.count]
  }

  public var measurements: [(metric: Metric, value: Double?)] {
    [
      (.symbolErrorRate, symbols > 0 ? Double(edits) / Double(symbols) : nil),
      (.sequenceErrorRate, sequences > 0 ? Double(wrong) / Double(sequences) : nil),
    ]
  }

  public mutating func merge(_ other: EditErrors) {
    edits += other.edits
    symbols += other.symbols
    wrong += other.wrong
    sequences += other.sequences
  }
}
