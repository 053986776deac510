/// Byte-pair encoding (R. Sennrich, B. Haddow and A. Birch, "Neural machine translation of rare words with subword units",
/// 2016) of bytes: what stands together most often becomes a token.
///
/// Tokens 0 ..< 256 are the bytes; 256 + i is what `merges[i]` puts together. Text is cut into words by GPT-2's rule first,
/// with the blank before a word, and nothing is merged across them.
public struct BytePairTokenizer: Tokenizer {
  /// Two tokens that become one.
  public struct Merge: Hashable, Sendable {
    /// The first of them.
    public var left: Int32
    /// What follows it.
    public var right: Int32

    /// Two tokens that become one.
    public init(_ left: Int32, _ right: Int32) { (self.left, self.right) = (left, right) }
  }

  /// In the order in which they are done.
  public let merges: [Merge]
  private let rules: PairMerges
  private let pieces: [[UInt8]]

  /// - Parameter merges: in the order in which they are done. Precondition: each is of tokens that are there before it.
  public init(merges: [Merge]) {
    var rules = PairMerges()
    var pieces = (0..<256).map { [UInt8($0)] }
    for merge in merges {
      require(
        [merge.left, merge.right].allSatisfy { $0 >= 0 && $0 < pieces.count },
        "BytePairTokenizer: a merge of \(merge.left) and \(merge.right) where there are \(pieces.count) tokens")
      rules.add(merge.left, merge.right, result: Int32(pieces.count))
      pieces.append(pieces[Int(merge.left)] + pieces[Int(merge.right)])
    }
    (self.merges, self.rules, self.pieces) = (merges, rules, pieces)
  }

  public var vocabularySize: Int { pieces.count }

  public func bytes(of token: Int32) -> [UInt8] {
    require(token >= 0 && token < pieces.count, "BytePairTokenizer: token \(token) of \(pieces.count)")
    return pieces[Int(token)]
  }

  public func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] {
    var result: [Int32] = []
    var known: [[UInt8]: [Int32]] = [:]
    TextPieces.forEachByGPT2(text) { range in
      let word = Array(text[range])
      if let tokens = known[word] { return result += tokens }
      let tokens = rules.merged(word.map { Int32($0) })
      known[word] = tokens
      result += tokens
    }
    return result
  }
}

extension BytePairTokenizer: Codable, Hashable {
  /// From the tokens of all merges, two by two.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let tokens = try container.decode([Int32].self)
    let isConsistent =
      tokens.count % 2 == 0 && tokens.enumerated().allSatisfy { (0..<Int32(256 + $0 / 2)).contains($1) }
    guard isConsistent else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "merges of tokens that are not there")
    }
    self.init(merges: stride(from: 0, to: tokens.count, by: 2).map { Merge(tokens[$0], tokens[$0 + 1]) })
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(merges.flatMap { [$0.left, $0.right] })
  }

  public static func == (a: BytePairTokenizer, b: BytePairTokenizer) -> Bool { a.merges == b.merges }
  public func hash(into hasher: inout Hasher) { hasher.combine(merges) }
}
