import Foundation

/// Walks over the bytes of a CSV file: fields, numbers, line ends. Nothing is allocated for a field.
struct CSVScanner {
  let bytes: UnsafeBufferPointer<UInt8>
  let delimiter: UInt8
  let source: String
  private(set) var position = 0
  /// The line of `position`, from 1.
  private(set) var line = 1

  /// Starts at `position`, which is on line `line`.
  init(bytes: UnsafeBufferPointer<UInt8>, delimiter: UInt8, source: String, position: Int = 0, line: Int = 1) {
    self.bytes = bytes
    self.delimiter = delimiter
    self.source = source
    self.position = position
    self.line = line
  }

  /// Where a field's text is, without its quotes.
  struct Field {
    var start: Int
    var end: Int
    var hasDoubledQuotes = false

    /// Where the text is without blanks around it.
    @inline(__always)
    func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> (start: Int, end: Int) {
      var (start, end) = (start, end)
      while start < end, bytes[start] == space || bytes[start] == tab { start += 1 }
      while start < end, bytes[end - 1] == space || bytes[end - 1] == tab { end -= 1 }
      return (start, end)
    }
  }

  /// Reads the field at `position`, and stops at the delimiter or line end after it.
  mutating func field() throws -> Field {
    let count = bytes.count
    if position < count, bytes[position] <= quote {
      if bytes[position] == quote { return try quotedField() }
      // Blanks before the opening quote.
      if bytes[position] == space, delimiter != space {
        var index = position + 1
        while index < count, bytes[index] == space { index += 1 }
        if index < count, bytes[index] == quote {
          position = index
          return try quotedField()
        }
      }
    }
    let start = position
    var index = position
    while index < count {
      let byte = bytes[index]
      // Both line ends are below this bound; most bytes of text are above it.
      if byte == delimiter || (byte <= carriageReturn && (byte == lineFeed || byte == carriageReturn)) { break }
      index += 1
    }
    position = index
    return Field(start: start, end: index)
  }

  private mutating func quotedField() throws -> Field {
    let openingLine = line
    var field = Field(start: position + 1, end: 0)
    var index = position + 1
    while true {
      guard index < bytes.count else {
        throw DataError(source, line: openingLine, "a quoted field is never closed", expected: "\"")
      }
      let byte = bytes[index]
      if byte == quote {
        if index + 1 < bytes.count, bytes[index + 1] == quote {
          field.hasDoubledQuotes = true
          index += 1
        } else {
          break
        }
      } else if byte == lineFeed {
        line += 1
      }
      index += 1
    }
    field.end = index
    position = index + 1
    while delimiter != space, position < bytes.count, bytes[position] == space { position += 1 }
    guard position == bytes.count || isAtDelimiter || isAtLineEnd else {
      throw DataError(
        source, line: line, "after a closing quote", expected: "a delimiter or the end of the line",
        found: DataError.quoted(String(decoding: [bytes[position]], as: UTF8.self)))
    }
    return field
  }

  /// Steps over what follows a field. Whether the row has another field.
  mutating func nextField() -> Bool {
    guard position < bytes.count else { return false }
    let byte = bytes[position]
    position += 1
    if byte == delimiter { return true }
    if byte == carriageReturn, position < bytes.count, bytes[position] == lineFeed { position += 1 }
    line += 1
    return false
  }

  /// Behind a row's last delimiter.
  var isAtEmptyLastField: Bool { position == bytes.count || isAtLineEnd }

  var isAtDelimiter: Bool { position < bytes.count && bytes[position] == delimiter }

  var isAtLineEnd: Bool {
    position < bytes.count && (bytes[position] == lineFeed || bytes[position] == carriageReturn)
  }

  /// The number that is the whole field at `position`, or nil, then `position` is unchanged.
  @inline(__always)
  mutating func number(mark: UInt8) -> (value: Double, isExact: Bool)? {
    guard let (value, end, isExact) = parseNumber(bytes, from: position, to: bytes.count, mark: mark) else {
      return nil
    }
    if end < bytes.count {
      let byte = bytes[end]
      guard byte == delimiter || byte == lineFeed || byte == carriageReturn else { return nil }
    }
    position = end
    return (value, isExact)
  }

  /// The number in a field that may be quoted or have blanks around it.
  func paddedNumber(_ field: Field) -> (value: Double, isExact: Bool)? {
    let (start, end) = field.trimmed(bytes)
    guard start < end, let (value, stop, isExact) = parseNumber(bytes, from: start, to: end), stop == end else {
      return nil
    }
    return (value, isExact)
  }

  /// Calls `body` with the field's bytes, doubled quotes made single.
  func withBytes<R>(of field: Field, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    let raw = UnsafeBufferPointer(rebasing: bytes[field.start..<field.end])
    if !field.hasDoubledQuotes { return body(raw) }
    var text: [UInt8] = []
    var index = 0
    while index < raw.count {
      text.append(raw[index])
      index += raw[index] == quote ? 2 : 1
    }
    return text.withUnsafeBufferPointer(body)
  }

  /// The field as a string, or nil when it is not UTF-8.
  func string(_ field: Field) -> String? { withBytes(of: field) { String(validating: $0, as: UTF8.self) } }
}

private let quote = UInt8(ascii: "\"")
private let lineFeed = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
private let space = UInt8(ascii: " ")
private let tab = UInt8(ascii: "\t")

/// Parses `[+-] digits [mark digits] [e [+-] digits]` at `start`: the correctly rounded value and where it ends, or nil
/// when there is no such number or it is too large for a Double.
///
/// Up to 19 digits are gathered in an integer. When it is at most 2^53 and the power of ten at most 22, both are exact
/// as Doubles and one multiplication or division rounds correctly (W. Clinger, "How to read floating point numbers
/// accurately", 1990); the rest takes the standard library's way.
///
/// `isExact` is false for a text that is more likely a name than a number, because the number does not give it back:
/// whole numbers that a Double rounds (`1234567890123456789`) or that begin with a zero (`00501`), and texts like
/// `0e46209` that come out as 0. Decimals are rounded without a word.
@inline(__always)
func parseNumber(
  _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, mark: UInt8 = UInt8(ascii: ".")
) -> (value: Double, end: Int, isExact: Bool)? {
  guard start < end, let base = bytes.baseAddress else { return nil }
  var index = start
  let isNegative = base[index] == UInt8(ascii: "-")
  if isNegative || base[index] == UInt8(ascii: "+") { index += 1 }
  var mantissa: UInt64 = 0
  let firstDigit = index
  while index < end {
    let digit = base[index] &- 48
    if digit > 9 { break }
    mantissa = mantissa &* 10 &+ UInt64(digit)
    index += 1
  }
  var digits = index - firstDigit
  var exponent = 0
  var isWhole = true
  if index < end, base[index] == mark {
    index += 1
    isWhole = false
    let firstDecimal = index
    while index < end {
      let digit = base[index] &- 48
      if digit > 9 { break }
      mantissa = mantissa &* 10 &+ UInt64(digit)
      index += 1
    }
    exponent = firstDecimal - index
    digits -= exponent
  }
  if digits == 0 { return nil }
  var hasExponent = false
  if index < end, base[index] | 0x20 == UInt8(ascii: "e") {
    var cursor = index + 1
    var isDivisor = false
    if cursor < end, base[cursor] == UInt8(ascii: "-") || base[cursor] == UInt8(ascii: "+") {
      isDivisor = base[cursor] == UInt8(ascii: "-")
      cursor += 1
    }
    let firstExponentDigit = cursor
    var value = 0
    while cursor < end {
      let digit = base[cursor] &- 48
      if digit > 9 { break }
      value = min(value * 10 + Int(digit), 100_000)
      cursor += 1
    }
    if cursor == firstExponentDigit { return nil }
    exponent += isDivisor ? -value : value
    index = cursor
    isWhole = false
    hasExponent = value != 0
  }
  if digits <= 19, mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
    var value = Double(mantissa)
    if exponent < 0 { value /= powersOfTen[-exponent] } else if exponent > 0 { value *= powersOfTen[exponent] }
    let isName = isWhole ? digits > 1 && base[firstDigit] == UInt8(ascii: "0") : hasExponent && mantissa == 0
    return (isNegative ? -value : value, index, !isName)
  }
  var text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
  if mark != UInt8(ascii: ".") { text = text.replacingOccurrences(of: ",", with: ".") }
  guard let value = Double(text), value.isFinite else { return nil }
  let isExact = isWhole ? digits <= 19 && UInt64(exactly: abs(value)) == mantissa : value != 0 || !hasExponent
  return (value, index, isExact)
}

private let powersOfTen: [Double] = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]

extension String {
  /// The number that the whole text is, blanks around it aside; nil where it is none or does not give the text back.
  var exactNumber: Double? {
    var copy = self
    return copy.withUTF8 { bytes in
      let scanner = CSVScanner(bytes: bytes, delimiter: 0, source: "")
      let number = scanner.paddedNumber(CSVScanner.Field(start: 0, end: bytes.count))
      return number.flatMap { $0.isExact ? $0.value : nil }
    }
  }
}
