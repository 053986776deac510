/// Which neighbouring tokens become one, and which first.
struct PairMerges: Sendable {
  /// Of a pair, `key`: its rank, lowest first, and the token that it becomes.
  private(set) var rules: [UInt64: (rank: Int32, result: Int32)] = [:]

  static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// A pair that is there already keeps its rank.
  mutating func add(_ left: Int32, _ right: Int32, result: Int32) {
    let key = PairMerges.key(left, right)
    if rules[key] == nil { rules[key] = (Int32(rules.count), result) }
  }

  /// The tokens of a piece after all merges: of the pairs that are there the one of the lowest rank first, of equals the
  /// leftmost.
  func merged(_ tokens: [Int32]) -> [Int32] {
    tokens.count <= 48 ? mergedBySearch(tokens) : mergedByQueue(tokens)
  }

  private func mergedBySearch(_ tokens: [Int32]) -> [Int32] {
    var tokens = tokens
    while tokens.count > 1 {
      var best: (rank: Int32, result: Int32)?
      var place = 0
      for index in 0..<tokens.count - 1 {
        if let rule = rules[PairMerges.key(tokens[index], tokens[index + 1])], rule.rank < best?.rank ?? .max {
          best = rule
          place = index
        }
      }
      guard let best else { break }
      tokens[place] = best.result
      tokens.remove(at: place + 1)
    }
    return tokens
  }

  private struct Candidate: Comparable {
    let rank: Int32
    let place: Int32
    let key: UInt64
    static func < (a: Candidate, b: Candidate) -> Bool { (a.rank, a.place) < (b.rank, b.place) }
  }

  /// For long pieces: n log n.
  private func mergedByQueue(_ tokens: [Int32]) -> [Int32] {
    var tokens = tokens
    var next = tokens.indices.map { Int32($0 + 1) }
    var previous = tokens.indices.map { Int32($0 - 1) }
    var queue = BinaryHeap<Candidate>()
    let count = Int32(tokens.count)
    func candidate(_ place: Int32) -> Candidate? {
      guard place >= 0, next[Int(place)] < count else { return nil }
      let key = PairMerges.key(tokens[Int(place)], tokens[Int(next[Int(place)])])
      return rules[key].map { Candidate(rank: $0.rank, place: place, key: key) }
    }
    for place in 0..<count { if let found = candidate(place) { queue.insert(found) } }
    while let first = queue.popFirst() {
      let place = Int(first.place)
      // What it was made for may have changed.
      guard tokens[place] >= 0, next[place] < count,
        PairMerges.key(tokens[place], tokens[Int(next[place])]) == first.key, let rule = rules[first.key]
      else { continue }
      let gone = Int(next[place])
      tokens[place] = rule.result
      tokens[gone] = -1
      next[place] = next[gone]
      if next[gone] < count { previous[Int(next[gone])] = Int32(place) }
      for changed in [previous[place], Int32(place)] { if let found = candidate(changed) { queue.insert(found) } }
    }
    return tokens.filter { $0 >= 0 }
  }
}
