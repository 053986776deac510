import Foundation
import Myelin

/// The n-grams of texts that a model knows: runs of words, and runs of letters within a word.
///
/// A text is lower-cased and cut into words (letters and digits) and signs; each term counts once. Weights of a text's runs
/// of words have norm 1 together, as have those of its runs of letters, so that long texts count no more than short ones.
package struct TextTerms: Codable, Equatable, Sendable {
  /// What the terms are made of.
  package struct Form: Codable, Hashable, Sendable {
    /// The longest run of words.
    package var words = 2
    /// The shortest and the longest run of letters of a word with its ends; empty for none.
    package var letters: [Int] = []
    /// Texts that a term must stand in.
    package var minimumCount = 1
    package var weighting = Weighting.rarity
    /// Terms at most: the most frequent ones.
    package var limit = 200_000

    /// What a term weighs before a text's weights are brought to their norm.
    package enum Weighting: String, Codable, Sendable {
      /// The inverse document frequency log((1 + n) / (1 + nₜ)) + 1.
      case rarity
      /// The largest |log ratio| of the term's share in a class to its share in the others, each count one more than it is
      /// (S. Wang and C. Manning, "Baselines and bigrams", 2012): for few classes with many texts.
      case ratio
    }

    var isConsistent: Bool {
      (1...8).contains(words) && (letters.isEmpty || letters.count == 2 && letters[0] >= 1 && letters[1] <= 16)
    }
  }

  let form: Form
  /// In their order, each on a line.
  private let text: String
  /// Of each term.
  let weights: [Float]

  /// Terms that stand in texts for training.
  ///
  /// - Parameter labels: the class of each text.
  init(training texts: [String], labels: [Int32], _ form: Form) {
    self.form = form
    let classes = Int(labels.max() ?? 0) + 1
    var numbers: [String: Int] = [:]
    var counts: [[Int32]] = []
    for (text, label) in zip(texts, labels) {
      for term in TextTerms.terms(of: text, form) {
        let number = numbers[term] ?? counts.count
        if number == counts.count {
          numbers[term] = number
          counts.append([Int32](repeating: 0, count: form.weighting == .ratio ? classes : 1))
        }
        counts[number][form.weighting == .ratio ? Int(label) : 0] += 1
      }
    }
    let totals = counts.map { $0.reduce(0) { $0 + Int($1) } }
    let frequent = numbers.filter { totals[$0.value] >= form.minimumCount }
      .sorted { (totals[$1.value], $0.key) < (totals[$0.value], $1.key) }
    let kept = frequent.prefix(form.limit).sorted { $0.key < $1.key }
    text = kept.map(\.key).joined(separator: "\n")
    switch form.weighting {
    case .rarity: weights = kept.map { Float(log(Double(1 + texts.count) / Double(1 + totals[$0.value])) + 1) }
    case .ratio:
      var sums = [Double](repeating: 0, count: classes)
      for term in kept { for label in 0..<classes { sums[label] += Double(counts[term.value][label]) + 1 } }
      let total = kept.reduce(0.0) { $0 + Double(totals[$1.value]) + 1 }
      weights = kept.map { term in
        (0..<classes).reduce(Float(1e-3)) { largest, label in
          let inside = (Double(counts[term.value][label]) + 1) / sums[label]
          let count = Double(totals[term.value]) - Double(counts[term.value][label]) + 1
          let outside = count / max(total + Double(kept.count) - sums[label], 1)
          return max(largest, Float(abs(log(inside / outside))))
        }
      }
    }
  }

  /// How many terms there are.
  var count: Int { weights.count }
  var terms: [String] {
    text.isEmpty ? [] : text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
  var isConsistent: Bool { form.isConsistent && terms.count == count && weights.allSatisfy { $0.isFinite && $0 > 0 } }

  /// Terms by name, to encode many texts.
  var places: [String: Int32] {
    Dictionary(terms.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { a, _ in a })
  }

  static func words(of text: String) -> [String] {
    var words: [String] = []
    var word = String.UnicodeScalarView()
    func end() {
      if !word.isEmpty { words.append(String(word)) }
      word = String.UnicodeScalarView()
    }
    for scalar in text.lowercased().unicodeScalars {
      let properties = scalar.properties
      if properties.isWhitespace {
        end()
      } else if properties.isAlphabetic || properties.numericType != nil
        || properties.generalCategory == .nonspacingMark
      {
        word.append(scalar)
      } else {
        end()
        words.append(String(Character(scalar)))
      }
    }
    end()
    return words
  }

  /// In the order of the text, each once. Runs of letters begin with `#`.
  static func terms(of text: String, _ form: Form) -> [String] {
    let words = words(of: text)
    var terms: [String] = []
    var seen: Set<String> = []
    func add(_ term: String) { if seen.insert(term).inserted { terms.append(term) } }
    for length in 1...form.words where length <= words.count {
      for start in 0...words.count - length { add(words[start..<start + length].joined(separator: " ")) }
    }
    guard form.letters.count == 2 else { return terms }
    for word in words {
      let letters = ["<"] + word.unicodeScalars.map { String(Character($0)) } + [">"]
      for length in form.letters[0]...form.letters[1] where length <= letters.count {
        for start in 0...letters.count - length { add("#" + letters[start..<start + length].joined()) }
      }
    }
    return terms
  }
}

/// Texts as the terms that they have, and their classes.
package struct TextSamples: Dataset, HashedContent {
  /// Terms and weights of a batch: what a network of them takes.
  package struct Inputs: Sendable {
    /// The texts' terms, one text after another.
    let terms: Indices
    /// [terms, 1]
    let weights: Tensor
    /// The text that each term stands in.
    let rows: Indices
    let count: Int
  }

  package struct Batch: ModelBatch {
    package let inputs: Inputs
    let labels: Indices
    /// Of each sample in its part.
    let numbers: [Int32]
  }

  let texts: [String]
  let labels: [Int32]
  private let terms: [[Int32]]
  private let weights: [[Float]]
  /// Share of the terms that each epoch leaves out.
  private let dropped: Float

  init(_ texts: [String], labels: [Int32], _ vocabulary: TextTerms, dropped: Float = 0) {
    self.texts = texts
    self.labels = labels
    self.dropped = dropped
    let places = vocabulary.places
    terms = texts.map { TextTerms.terms(of: $0, vocabulary.form).compactMap { places[$0] } }
    let isRun = vocabulary.terms.map { $0.utf8.count > 1 && $0.hasPrefix("#") }
    weights = terms.map { terms in
      var norms: [Float] = [0, 0]
      for term in terms {
        norms[isRun[Int(term)] ? 1 : 0] += vocabulary.weights[Int(term)] * vocabulary.weights[Int(term)]
      }
      return terms.map { vocabulary.weights[Int($0)] / max(norms[isRun[Int($0)] ? 1 : 0].squareRoot(), 1e-6) }
    }
  }

  package var count: Int { texts.count }

  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> Batch { batch(rows, chosen: nil) }

  package func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> Batch {
    if dropped == 0 { return batch(rows) }
    let total = rows.reduce(0) { $0 + terms[Int($1)].count }
    return batch(rows, chosen: place.random.uniform([max(total, 1)]).scalars)
  }

  package func batch(_ rows: Range<Int>, at place: BatchPlace) -> Batch {
    rows.map { Int32($0) }.withUnsafeBufferPointer { batch($0, at: place) }
  }

  /// - Parameter chosen: a number of 0 ..< 1 for each term; small ones are left out.
  private func batch(_ rows: UnsafeBufferPointer<Int32>, chosen: [Float]?) -> Batch {
    var (places, factors, owners): ([Int32], [Float], [Int32]) = ([], [], [])
    var seen = 0
    for (place, row) in rows.enumerated() {
      for (term, weight) in zip(terms[Int(row)], weights[Int(row)]) {
        seen += 1
        if let chosen, chosen[seen - 1] < dropped { continue }
        places.append(term)
        factors.append(weight)
        owners.append(Int32(place))
      }
    }
    return Batch(
      inputs: Inputs(
        terms: Indices(places), weights: Tensor(factors, shape: Shape(factors.count, 1)), rows: Indices(owners),
        count: rows.count),
      labels: Indices(rows.map { labels[Int($0)] }), numbers: Array(rows))
  }

  func addContent(to hash: inout ContentHash) {
    for text in texts { hash.add(Array(text.utf8) + [0]) }
    hash.add(Indices(labels))
  }
}
