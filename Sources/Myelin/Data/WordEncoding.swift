import Foundation

/// Texts: their words, and runs of four letters of them, hashed into a fixed number of features and weighted by how few
/// texts have them.
///
/// Feature j of a text is s · Σ tf(t) · idf_j / ‖·‖₂ over the terms t whose hash is j, with tf(t) = 1 + log(count) and
/// idf_j = log((1 + n) / (1 + n_j)) + 1, where n_j of the n training texts have a term of hash j (K. Weinberger and others,
/// "Feature hashing for large scale multitask learning", 2009; weights as scikit-learn's). s brings the features' root
/// mean square to one half, so that they weigh as much as one-hot ones.
struct WordEncoding: Codable, Equatable, Sendable {
  /// One weight a feature: first those of words, then those of their parts.
  var weights: [Float]
  var scale: Float

  var featureCount: Int { weights.count }
  var isConsistent: Bool { weights.count > 1 && weights.count % 2 == 0 && scale.isFinite }

  /// nil where no text has a word.
  init?(levels: [String], codes: [Int32]) {
    var counts = [Int](repeating: 0, count: levels.count)
    for code in codes where code >= 0 { counts[Int(code)] += 1 }
    let texts = counts.reduce(0, +)
    // A feature for about eight texts, within 64 and 512 in all.
    var half = 32
    while half < 256, half * 16 < texts { half *= 2 }
    weights = [Float](repeating: 1, count: 2 * half)
    scale = 1
    var frequencies = [Int](repeating: 0, count: 2 * half)
    for (level, count) in zip(levels, counts) where count > 0 {
      for feature in terms(level).keys { frequencies[feature] += count }
    }
    guard frequencies.contains(where: { $0 > 0 }) else { return nil }
    weights = frequencies.map { Float(log(Double(1 + texts) / Double(1 + $0)) + 1) }
    // Each text has norm 1 for words and 1 for parts: the mean square is 1 / half.
    scale = 0.5 * Float(half).squareRoot()
  }

  func encode(levels: [String], codes: [Int32], into result: inout [Float], offset: Int, width: Int) {
    var rows = [[Int]](repeating: [], count: levels.count)
    for (row, code) in codes.enumerated() where code >= 0 { rows[Int(code)].append(row) }
    let half = weights.count / 2
    for (level, places) in zip(levels, rows) where !places.isEmpty {
      var features = [Float](repeating: 0, count: weights.count)
      // In the order of the features, so that sums have the same bits in each process.
      for (feature, count) in terms(level).sorted(by: { $0.key < $1.key }) {
        features[feature] = (1 + Float(log(Double(count)))) * weights[feature]
      }
      for part in [0..<half, half..<2 * half] {
        let norm = features[part].reduce(0) { $0 + $1 * $1 }.squareRoot()
        if norm > 0 { for feature in part { features[feature] *= scale / norm } }
      }
      for row in places {
        for feature in features.indices { result[row * width + offset + feature] = features[feature] }
      }
    }
  }

  /// How often each feature's terms stand in a text.
  private func terms(_ text: String) -> [Int: Int] {
    let half = weights.count / 2
    var counts: [Int: Int] = [:]
    for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
      let bytes = Array(word.utf8)
      counts[WordEncoding.hash(bytes[...]) & (half - 1), default: 0] += 1
      let padded = [0x20] + bytes + [0x20]
      if padded.count < 4 { continue }
      for start in 0...padded.count - 4 {
        counts[half + WordEncoding.hash(padded[start..<start + 4]) & (half - 1), default: 0] += 1
      }
    }
    return counts
  }

  /// FNV-1a, folded: the same in every process, as a model's file needs it.
  private static func hash(_ bytes: ArraySlice<UInt8>) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return Int(truncatingIfNeeded: (hash ^ hash >> 32) & 0x7fff_ffff)
  }
}
