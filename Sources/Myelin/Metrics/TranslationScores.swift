#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Metric {
  /// Runs of one to four words that a translation shares with the reference, 0…100 (K. Papineni and others, 2002).
  public static let bleu = Metric("bleu", title: "BLEU", direction: .higherIsBetter)
  /// Runs of one to six characters that it shares, 0…100 (M. Popović, 2015).
  public static let chrF = Metric("chrf", title: "chrF", direction: .higherIsBetter)
}

/// BLEU of a corpus with one reference a sentence, as sacreBLEU computes it (M. Post, "A call for clarity in reporting BLEU
/// scores", 2018): words by mteval-v13a's rules, exponential smoothing, case counts. Its signature is
/// `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp`.
public struct BLEU: MetricAccumulator, Hashable {
  private static let longest = 4
  /// Runs of each length that are in the reference too, each as often as there.
  private var matches = [Int](repeating: 0, count: longest)
  /// Runs of each length in the translations.
  private var totals = [Int](repeating: 0, count: longest)
  private var length = 0
  private var referenceLength = 0

  /// Of no sentence yet.
  public init() {}

  /// Adds a sentence.
  public mutating func add(_ translation: String, reference: String) {
    let (words, other) = (BLEU.words(of: translation), BLEU.words(of: reference))
    length += words.count
    referenceLength += other.count
    for n in 1...BLEU.longest {
      totals[n - 1] += max(0, words.count - n + 1)
      matches[n - 1] += sharedRuns(words, other, n)
    }
  }

  /// 0…100; nil without a sentence.
  public var score: Double? {
    if length == 0 && referenceLength == 0 { return nil }
    if matches.allSatisfy({ $0 == 0 }) { return 0 }
    var smoothing = 1.0
    var sum = 0.0
    for (match, total) in zip(matches, totals) {
      // No translation is as long as the run: its share counts as none.
      guard total > 0 else { return 0 }
      if match == 0 { smoothing *= 2 }
      sum += log(match == 0 ? 1 / (smoothing * Double(total)) : Double(match) / Double(total))
    }
    let brevity = length < referenceLength ? exp(1 - Double(referenceLength) / Double(length)) : 1
    return 100 * brevity * exp(sum / Double(BLEU.longest))
  }

  public var measurements: [(metric: Metric, value: Double?)] { [(.bleu, score)] }

  public mutating func merge(_ other: BLEU) {
    for n in 0..<BLEU.longest {
      matches[n] += other.matches[n]
      totals[n] += other.totals[n]
    }
    length += other.length
    referenceLength += other.referenceLength
  }

  /// The words and signs of a sentence by mteval-v13a's rules.
  public static func words(of sentence: String) -> [String] {
    var text = sentence
    for (from, to) in [
      ("<skipped>", ""), ("-\n", ""), ("\n", " "), ("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"),
    ] { text = TextNormalizer.replaced(text, from, to) }
    var scalars: [Unicode.Scalar] = [" "] + Array(text.unicodeScalars) + [" "]
    func isDigit(_ scalar: Unicode.Scalar) -> Bool { (48...57).contains(scalar.value) }
    func isPoint(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }
    scalars = scalars.flatMap { scalar -> [Unicode.Scalar] in
      switch scalar.value {
      case 0x20...0x26, 0x28...0x2b, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e, 0x2f: [" ", scalar, " "]
      default: [scalar]
      }
    }
    /// Two neighbours that belong together for a rule are changed, and the search goes on behind them.
    func changed(
      _ applies: (Unicode.Scalar, Unicode.Scalar) -> Bool,
      _ change: (Unicode.Scalar, Unicode.Scalar) -> [Unicode.Scalar]
    ) {
      var result: [Unicode.Scalar] = []
      var place = 0
      while place < scalars.count {
        if place + 1 < scalars.count, applies(scalars[place], scalars[place + 1]) {
          result += change(scalars[place], scalars[place + 1])
          place += 2
        } else {
          result.append(scalars[place])
          place += 1
        }
      }
      scalars = result
    }
    changed({ !isDigit($0) && isPoint($1) }) { [$0, " ", $1, " "] }
    changed({ isPoint($0) && !isDigit($1) }) { [" ", $0, " ", $1] }
    changed({ isDigit($0) && $1 == "-" }) { [$0, " ", $1, " "] }
    return scalars.split { $0.properties.isWhitespace }.map { String(String.UnicodeScalarView($0)) }
  }
}

/// chrF of a corpus with one reference a sentence, as sacreBLEU computes it: F₂ of the mean precision and the mean recall over
/// runs of 1 to 6 characters, blanks left out. Its signature is `nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no`.
public struct ChrF: MetricAccumulator, Hashable {
  private static let longest = 6
  private var matches = [Int](repeating: 0, count: longest)
  private var totals = [Int](repeating: 0, count: longest)
  private var referenceTotals = [Int](repeating: 0, count: longest)
  private var count = 0

  /// Of no sentence yet.
  public init() {}

  /// Adds a sentence.
  public mutating func add(_ translation: String, reference: String) {
    func characters(_ text: String) -> [UInt32] {
      text.unicodeScalars.filter { !$0.properties.isWhitespace }.map(\.value)
    }
    let (own, other) = (characters(translation), characters(reference))
    count += 1
    for n in 1...ChrF.longest {
      totals[n - 1] += max(0, own.count - n + 1)
      referenceTotals[n - 1] += max(0, other.count - n + 1)
      matches[n - 1] += sharedRuns(own, other, n)
    }
  }

  /// 0…100; nil without a sentence.
  public var score: Double? {
    if count == 0 { return nil }
    var (precision, recall, orders) = (0.0, 0.0, 0.0)
    for n in 0..<ChrF.longest where totals[n] > 0 && referenceTotals[n] > 0 {
      precision += Double(matches[n]) / Double(totals[n])
      recall += Double(matches[n]) / Double(referenceTotals[n])
      orders += 1
    }
    guard precision + recall > 0 else { return 0 }
    (precision, recall) = (precision / orders, recall / orders)
    return 100 * 5 * precision * recall / (4 * precision + recall)
  }

  public var measurements: [(metric: Metric, value: Double?)] { [(.chrF, score)] }

  public mutating func merge(_ other: ChrF) {
    for n in 0..<ChrF.longest {
      matches[n] += other.matches[n]
      totals[n] += other.totals[n]
      referenceTotals[n] += other.referenceTotals[n]
    }
    count += other.count
  }
}

/// Runs of n that both have, each as often as in the one that has it less often.
private func sharedRuns<Element: Hashable>(_ a: [Element], _ b: [Element], _ n: Int) -> Int {
  guard a.count >= n, b.count >= n else { return 0 }
  var counts: [ArraySlice<Element>: Int] = [:]
  for start in 0...b.count - n { counts[b[start..<start + n], default: 0] += 1 }
  var shared = 0
  for start in 0...a.count - n {
    if let left = counts[a[start..<start + n]], left > 0 {
      counts[a[start..<start + n]] = left - 1
      shared += 1
    }
  }
  return shared
}
