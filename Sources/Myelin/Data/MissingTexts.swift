/// The fields that stand for a missing value. Most others are told apart by their length or first byte.
struct MissingTexts {
  /// Sorted, so that the empty one is the first.
  let texts: [String]
  private let candidates: [[UInt8]]
  private let longest: Int
  private let includesEmpty: Bool
  /// For each first byte the candidates that have it.
  private let byFirstByte: [[Int]]

  init(_ fields: Set<String>) {
    texts = fields.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    candidates = texts.map { Array($0.utf8) }
    longest = candidates.map(\.count).max() ?? -1
    includesEmpty = fields.contains("")
    var byFirstByte = [[Int]](repeating: [], count: 256)
    for (index, candidate) in candidates.enumerated() {
      if let first = candidate.first { byFirstByte[Int(first)].append(index) }
    }
    self.byFirstByte = byFirstByte
  }

  /// Which of `texts` the field is, blanks around it aside.
  func find(_ field: CSVScanner.Field, _ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    let (start, end) = field.trimmed(bytes)
    if start == end { return includesEmpty ? 0 : nil }
    guard end - start <= longest else { return nil }
    return byFirstByte[Int(bytes[start])].first { candidates[$0].elementsEqual(bytes[start..<end]) }
  }

  /// Whether a text, where numbers or dates are expected, says that there is none.
  static func isWord(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard bytes.count <= 19, !bytes.isEmpty else { return bytes.isEmpty }
    return words.contains(String(decoding: bytes, as: UTF8.self).lowercased())
  }

  private static let words: Set<String> = [
    "na", "n/a", "nan", "null", "none", "nil", "unknown", "missing", "undefined", "unspecified", "not available",
    "not applicable", "not known", "no data", "nodata", "tbd", "n.a.", "n.a", "n.d.", "n/d", "n.s.", ".", "..", "...",
    "--", "---", "–", "—", "?", "??", "*", "(null)", "[null]", "<null>", "<na>", "\\n", "#n/a", "#value!",
    "#div/0!", "#ref!", "#num!", "#name?", "#null!", "unbekannt", "k.a.", "k. a.", "keine angabe", "fehlt",
    "inconnu", "manquant", "desconocido", "sin dato", "s/d", "0000-00-00", "0000-00-00 00:00:00",
  ]
}
