/// How the bytes of a text file stand for characters.
public enum TextEncoding: String, Codable, CaseIterable, Sendable {
  /// UTF-8, with or without a byte-order mark; plain ASCII is UTF-8 too.
  case utf8 = "UTF-8"
  /// Two bytes a unit, the low one first: what Excel calls Unicode text.
  case utf16LittleEndian = "UTF-16LE"
  /// Two bytes a unit, the high one first.
  case utf16BigEndian = "UTF-16BE"
  /// One byte a character: Latin-1, with Windows' letters, quotes and € in 0x80 to 0x9f.
  case windows1252 = "Windows-1252"

  /// The encoding by one of its usual names, in any case: `utf8`, `UTF-16`, `latin1`, `ISO-8859-1`, `cp1252`, ….
  public init?(name: String) {
    switch name.lowercased().filter({ $0 != "-" && $0 != "_" && $0 != " " }) {
    case "utf8", "utf8sig", "ascii": self = .utf8
    case "utf16", "utf16le", "unicode": self = .utf16LittleEndian
    case "utf16be": self = .utf16BigEndian
    case "windows1252", "cp1252", "latin1", "iso88591", "ansi": self = .windows1252
    default: return nil
    }
  }
}

/// A text file's bytes as UTF-8.
struct DecodedText {
  /// UTF-8 from `start` on.
  let bytes: [UInt8]
  /// Behind a byte-order mark.
  let start: Int
  let encoding: TextEncoding
  let hasByteOrderMark: Bool

  /// Decodes a file; the encoding is found where it is not given.
  ///
  /// A byte-order mark decides, else zeros in every second byte tell UTF-16. What is not UTF-8 is Windows-1252, unless
  /// more characters of several bytes are right than wrong: then it is UTF-8 that was damaged, and an error.
  ///
  /// - Parameter form: what errors say was expected.
  init(_ raw: [UInt8], as given: TextEncoding?, source: String, form: String = "CSV") throws {
    let mark = DecodedText.byteOrderMark(raw)
    let found = given ?? mark?.encoding ?? DecodedText.zeroPattern(raw)
    // "UTF-16" is what a user says; the mark knows which.
    let isWide = found == .utf16LittleEndian || found == .utf16BigEndian
    let wide = isWide && mark != nil && mark?.encoding != .utf8 ? mark?.encoding : found
    if isWide, let wide {
      bytes = try DecodedText.fromUTF16(raw, wide, start: wide == mark?.encoding ? 2 : 0, source: source)
      start = 0
      encoding = wide
      hasByteOrderMark = mark?.encoding == wide
      return
    }
    let first = mark?.encoding == .utf8 ? 3 : 0
    // Binary files have zeros soon; text has none.
    if let zero = raw.prefix(1 << 16).firstIndex(of: 0) {
      throw DataError(source, byte: zero, "not a text file", expected: form, found: "a zero byte")
    }
    if found != .windows1252 {
      let census = raw.withUnsafeBufferPointer { UTF8Census($0, from: first) }
      if census.invalid == 0 || found == .utf8 && given != nil || census.valid > census.invalid {
        if census.invalid > 0 {
          let line = raw[..<census.firstInvalid].reduce(1) { $0 + ($1 == 0x0a ? 1 : 0) }
          throw DataError(
            source, line: line, "text encoding", expected: "UTF-8",
            found: "the byte 0x\(String(raw[census.firstInvalid], radix: 16))")
        }
        bytes = raw
        start = first
        encoding = .utf8
        hasByteOrderMark = first > 0
        return
      }
    }
    bytes = DecodedText.fromWindows1252(raw)
    start = 0
    encoding = .windows1252
    hasByteOrderMark = false
  }

  private static func byteOrderMark(_ raw: [UInt8]) -> (encoding: TextEncoding, count: Int)? {
    if raw.starts(with: [0xef, 0xbb, 0xbf]) { return (.utf8, 3) }
    if raw.starts(with: [0xff, 0xfe]) { return (.utf16LittleEndian, 2) }
    if raw.starts(with: [0xfe, 0xff]) { return (.utf16BigEndian, 2) }
    return nil
  }

  /// UTF-16 without a mark: text that is mostly ASCII has zeros in every second byte and nowhere else.
  private static func zeroPattern(_ raw: [UInt8]) -> TextEncoding? {
    let head = raw.prefix(min(raw.count, 1 << 12) & ~1)
    guard head.count >= 4 else { return nil }
    var zeros = (even: 0, odd: 0)
    for (index, byte) in head.enumerated() where byte == 0 {
      if index % 2 == 0 { zeros.even += 1 } else { zeros.odd += 1 }
    }
    if zeros.even == 0, zeros.odd > head.count / 4 { return .utf16LittleEndian }
    if zeros.odd == 0, zeros.even > head.count / 4 { return .utf16BigEndian }
    return nil
  }

  private static func fromUTF16(
    _ raw: [UInt8], _ encoding: TextEncoding, start: Int, source: String
  ) throws -> [UInt8] {
    guard raw.count % 2 == 0 else {
      throw DataError(source, byte: raw.count - 1, "truncated: \(encoding.rawValue) text of an odd number of bytes")
    }
    let low = encoding == .utf16LittleEndian ? 0 : 1
    func unit(_ index: Int) -> UInt32 { UInt32(raw[index + low]) | UInt32(raw[index + 1 - low]) << 8 }
    var result: [UInt8] = []
    result.reserveCapacity(raw.count / 2 + raw.count / 16)
    var index = start
    while index < raw.count {
      var scalar = unit(index)
      index += 2
      if scalar & 0xf800 == 0xd800 {
        guard scalar < 0xdc00, index < raw.count, unit(index) & 0xfc00 == 0xdc00 else {
          throw DataError(source, byte: index - 2, "half of a surrogate pair", expected: "\(encoding.rawValue) text")
        }
        scalar = 0x10000 + (scalar & 0x3ff) << 10 + unit(index) & 0x3ff
        index += 2
      } else if scalar == 0 {
        throw DataError(source, byte: index - 2, "not a text file", expected: "CSV", found: "a zero character")
      }
      append(scalar, to: &result)
    }
    return result
  }

  private static func fromWindows1252(_ raw: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(raw.count + raw.count / 16)
    for byte in raw {
      if byte < 0x80 {
        result.append(byte)
      } else {
        append(byte < 0xa0 ? windowsLetters[Int(byte) - 0x80] : UInt32(byte), to: &result)
      }
    }
    return result
  }

  private static func append(_ scalar: UInt32, to result: inout [UInt8]) {
    result.append(contentsOf: UTF8.encode(Unicode.Scalar(scalar) ?? "\u{fffd}").unsafelyUnwrapped)
  }

  /// 0x80 to 0x9f; the five that Windows leaves open are the control characters of Latin-1.
  private static let windowsLetters: [UInt32] = [
    0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d,
    0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,
    0x017e, 0x0178,
  ]
}

/// How much of a file is UTF-8: characters of several bytes that are right, and bytes that belong to none.
struct UTF8Census {
  var valid = 0
  var invalid = 0
  var firstInvalid = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) {
    guard let base = bytes.baseAddress else { return }
    let raw = UnsafeRawPointer(base)
    let count = bytes.count
    var index = start
    while index < count {
      // Most text is ASCII: 32 bytes at a time.
      while index + 32 <= count,
        (raw.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self) & SIMD4(repeating: 0x8080_8080_8080_8080))
          == SIMD4(repeating: 0)
      { index += 32 }
      guard index < count else { break }
      let first = base[index]
      if first < 0x80 {
        index += 1
        continue
      }
      let length = UTF8Census.length(base + index, available: count - index)
      if length > 0 {
        valid += 1
        index += length
      } else {
        if invalid == 0 { firstInvalid = index }
        invalid += 1
        index += 1
      }
    }
  }

  /// Bytes of the character of more than one byte at `text`, by the table of well-formed sequences (Unicode 15, 3-7);
  /// 0 where there is none.
  static func length(_ text: UnsafePointer<UInt8>, available: Int) -> Int {
    let first = text[0]
    let length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
    guard length > 0, length <= available else { return 0 }
    let second = text[1]
    let bounds: ClosedRange<UInt8> =
      switch first {
      case 0xe0: 0xa0...0xbf
      case 0xed: 0x80...0x9f
      case 0xf0: 0x90...0xbf
      case 0xf4: 0x80...0x8f
      default: 0x80...0xbf
      }
    guard bounds.contains(second) else { return 0 }
    for offset in 2..<max(length, 2) where text[offset] & 0xc0 != 0x80 { return 0 }
    return length
  }
}
