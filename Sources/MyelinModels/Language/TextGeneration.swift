import Myelin

/// A text that a network makes, token by token, as it is asked for: to be gone through once.
package struct TextGeneration: Sequence, IteratorProtocol {
  /// What it began with.
  package let prompt: String
  private let stream: any LanguageStream
  private let tokenizer: any Tokenizer
  private let separator: Int32?
  private let sampling: Sampling
  private var logits: Tensor
  private var left: Int
  /// Bytes of a character that is not complete yet.
  private var waiting: [UInt8] = []

  init(
    prompt: String, start: [Int32], stream: any LanguageStream, tokenizer: any Tokenizer, separator: Int32?,
    sampling: Sampling, length: Int
  ) {
    self.prompt = prompt
    self.stream = stream
    self.tokenizer = tokenizer
    self.separator = separator
    self.sampling = sampling
    left = length
    logits = stream.append(start)
  }

  /// More of the text, in whole characters; nil at its end.
  package mutating func next() -> String? {
    while left > 0 {
      left -= 1
      let token = sampling.draw(logits)
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
