extension BytePairTokenizer {
  /// Learns merges from texts: again and again the two neighbouring tokens that occur most often become one; of equally
  /// frequent ones those of the smaller numbers.
  ///
  /// Words are counted once; a merge looks only at the words that it occurs in. The same texts give the same merges.
  /// - Parameters:
  ///   - texts: their bytes.
  ///   - vocabularySize: tokens in the end, at least 256; fewer where the texts are used up.
  ///   - minimumCount: how often a pair must occur.
  public init(training texts: [[UInt8]], vocabularySize: Int, minimumCount: Int = 2) {
    require(vocabularySize >= 256, "BytePairTokenizer: \(vocabularySize) tokens, of which 256 are the bytes")
    var counts: [[UInt8]: Int] = [:]
    for text in texts {
      text.withUnsafeBufferPointer { bytes in
        TextPieces.forEachByGPT2(bytes) { counts[Array(bytes[$0]), default: 0] += 1 }
      }
    }
    var learning = PairLearning(counts.sorted { $0.key.lexicographicallyPrecedes($1.key) })
    var merges: [Merge] = []
    while 256 + merges.count < vocabularySize, let pair = learning.mostFrequent(atLeast: max(minimumCount, 1)) {
      learning.merge(pair, into: Int32(256 + merges.count))
      merges.append(pair)
    }
    self.init(merges: merges)
  }
}

/// Words with their counts, and which pairs occur in which of them.
private struct PairLearning {
  private struct Candidate: Comparable {
    let count: Int
    let key: UInt64
    /// The most frequent comes first, of equals the one of the smaller tokens.
    static func < (a: Candidate, b: Candidate) -> Bool { (b.count, a.key) < (a.count, b.key) }
  }

  private var words: [[Int32]]
  private let wordCounts: [Int]
  private var pairCounts: [UInt64: Int] = [:]
  /// Words in which a pair has occurred; it may be gone from some.
  private var places: [UInt64: [Int32]] = [:]
  private var queue = BinaryHeap<Candidate>()

  init(_ counts: [(key: [UInt8], value: Int)]) {
    words = counts.map { $0.key.map { Int32($0) } }
    wordCounts = counts.map(\.value)
    for (index, word) in words.enumerated() {
      for place in 0..<max(word.count - 1, 0) {
        add(PairMerges.key(word[place], word[place + 1]), wordCounts[index], index)
      }
    }
    for (key, count) in pairCounts { queue.insert(Candidate(count: count, key: key)) }
  }

  private mutating func add(_ key: UInt64, _ count: Int, _ word: Int) {
    pairCounts[key, default: 0] += count
    if places[key]?.last != Int32(word) { places[key, default: []].append(Int32(word)) }
  }

  mutating func mostFrequent(atLeast minimum: Int) -> BytePairTokenizer.Merge? {
    while let first = queue.popFirst() {
      let count = pairCounts[first.key] ?? 0
      if count != first.count {
        // It has lost some since it was put there.
        if count > 0 { queue.insert(Candidate(count: count, key: first.key)) }
        continue
      }
      if count < minimum { return nil }
      return .init(Int32(bitPattern: UInt32(first.key >> 32)), Int32(bitPattern: UInt32(truncatingIfNeeded: first.key)))
    }
    return nil
  }

  mutating func merge(_ pair: BytePairTokenizer.Merge, into token: Int32) {
    let key = PairMerges.key(pair.left, pair.right)
    let touched = places.removeValue(forKey: key) ?? []
    pairCounts[key] = nil
    var gained: Set<UInt64> = []
    for index in touched.map({ Int($0) }) {
      let (old, count) = (words[index], wordCounts[index])
      var new: [Int32] = []
      var place = 0
      while place < old.count {
        if place + 1 < old.count, old[place] == pair.left, old[place + 1] == pair.right {
          new.append(token)
          place += 2
        } else {
          new.append(old[place])
          place += 1
        }
      }
      if new.count == old.count { continue }
      for place in 0..<old.count - 1 {
        let lost = PairMerges.key(old[place], old[place + 1])
        if lost != key { pairCounts[lost]! -= count }
      }
      for place in 0..<max(new.count - 1, 0) {
        let found = PairMerges.key(new[place], new[place + 1])
        add(found, count, index)
        gained.insert(found)
      }
      words[index] = new
    }
    // Those that were there before may have lost a few and got them back.
    for found in gained { queue.insert(Candidate(count: pairCounts[found]!, key: found)) }
  }
}
