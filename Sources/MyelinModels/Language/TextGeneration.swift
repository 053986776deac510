import Foundation
import Myelin

/// A text that a network makes, token by token, as it is asked for.
package struct TextGeneration: Sequence, IteratorProtocol {
  /// What it began with.
  package let prompt: String
  private let stream: any LanguageStream
  private let tokenizer: any Tokenizer
  private let separator: Int32?
  private var sampler: TokenSampler
  private var logits: Tensor
  private var left: Int
  /// Bytes of a character that is not complete yet.
  private var waiting: [UInt8] = []

  init(
    prompt: String, start: [Int32], stream: any LanguageStream, tokenizer: any Tokenizer, separator: Int32?,
    sampler: TokenSampler, length: Int
  ) {
    self.prompt = prompt
    self.stream = stream
    self.tokenizer = tokenizer
    self.separator = separator
    self.sampler = sampler
    left = length
    logits = stream.append(start)
  }

  /// More of the text, in whole characters; nil at its end.
  package mutating func next() -> String? {
    while left > 0 {
      left -= 1
      let token = sampler.next(logits)
      if token == separator { left = 0 } else { waiting += tokenizer.bytes(of: token) }
      if left > 0 { logits = stream.append([token]) }
      let whole = TextGeneration.completeCount(waiting)
      if whole > 0 {
        defer { waiting.removeFirst(whole) }
        return String(decoding: waiting.prefix(whole), as: UTF8.self)
      }
    }
    defer { waiting = [] }
    return waiting.isEmpty ? nil : String(decoding: waiting, as: UTF8.self)
  }

  /// Bytes before a last character of which some are missing.
  static func completeCount(_ bytes: [UInt8]) -> Int {
    guard let first = bytes.lastIndex(where: { $0 & 0xc0 != 0x80 }) else { return bytes.count > 3 ? bytes.count : 0 }
    let needed = bytes[first] < 0xc0 ? 1 : bytes[first] < 0xe0 ? 2 : bytes[first] < 0xf0 ? 3 : 4
    return bytes.count - first >= needed ? bytes.count : first
  }
}

/// A token drawn by its logits.
struct TokenSampler {
  /// Logits are divided by it; 0 takes the most probable token.
  let temperature: Double
  /// Only so many of the most probable; nil for all.
  let topK: Int?
  /// Only the most probable that have this share together (A. Holtzman and others, 2020); nil for all.
  let topP: Double?
  private var random: SplitMix

  init(temperature: Double = 1, topK: Int? = nil, topP: Double? = nil, seed: UInt64) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    random = SplitMix(state: seed)
  }

  mutating func next(_ logits: Tensor) -> Int32 {
    let values = logits.scalars
    // Of equals the first, so that nothing depends on how they are sorted.
    let order = values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
    if temperature <= 0 { return Int32(order[0]) }
    let top = Double(values[order[0]])
    var weights = order.prefix(topK ?? order.count).map { exp((Double(values[$0]) - top) / temperature) }
    if let topP {
      let limit = topP * weights.reduce(0, +)
      var sum = 0.0
      let kept = weights.firstIndex {
        sum += $0
        return sum >= limit
      }
      weights = Array(weights.prefix((kept ?? weights.count - 1) + 1))
    }
    var rest = random.uniform() * weights.reduce(0, +)
    for (place, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0 { return Int32(order[place]) }
    }
    return Int32(order[weights.count - 1])
  }
}

/// SplitMix64 (G. Steele, D. Lea and C. Flood, 2014).
private struct SplitMix {
  var state: UInt64

  /// In 0 ..< 1.
  mutating func uniform() -> Double {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return Double((z ^ z >> 31) >> 11) * 0x1p-53
  }
}
