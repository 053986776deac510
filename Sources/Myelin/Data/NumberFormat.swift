/// The sign between a number's whole part and its decimals.
public enum DecimalMark: String, Codable, CaseIterable, Sendable {
  /// 1234.5
  case point = "."
  /// 1234,5
  case comma = ","

  var byte: UInt8 { self == .point ? UInt8(ascii: ".") : UInt8(ascii: ",") }
}

/// How the numbers of a column are written: `1,234.50`, `1.234,50 €`, `1'234.50`, `$29.85`, `5%`, `12 kg`, `(300)`.
struct NumberFormat: Equatable {
  var mark = DecimalMark.point
  /// What stands before or behind each number, the same in all: `€`, `%`, `kg`. Empty for none.
  var unit: [UInt8] = []

  /// A number in another form than plain digits.
  struct Parsed {
    var value: Double
    /// As `parseNumber` says.
    var isExact: Bool
    /// Where the unit is; empty for none.
    var unit: Range<Int>
    /// Whether the unit is a sign for money or per cent: then it may be missing in some rows.
    var isSymbol: Bool
    var isGrouped: Bool
  }

  /// Parses the whole of `bytes[range]` with this decimal mark. Thousands may be set off by a blank (also a narrow or
  /// unbreakable one), an apostrophe, or the point or comma that is not the decimal mark, in groups of three digits.
  static func parse(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, mark: DecimalMark) -> Parsed? {
    guard range.count > 0, range.count <= 64, let base = bytes.baseAddress else { return nil }
    var (index, end) = (range.lowerBound, range.upperBound)
    skipBlanks(base, &index, end)
    while end > index, let width = blankBefore(base, end, from: index) { end -= width }
    var isNegative = false
    if index + 2 < end, base[index] == UInt8(ascii: "("), base[end - 1] == UInt8(ascii: ")") {
      isNegative = true
      index += 1
      end -= 1
    }
    if takeSign(base, &index, end) { isNegative.toggle() }
    var unit = index..<index
    var isSymbol = false
    if let count = currency(base, index, end) {
      unit = index..<index + count
      isSymbol = true
      index += count
      skipBlanks(base, &index, end)
      if takeSign(base, &index, end) { isNegative.toggle() }
    }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 72) { plain -> Parsed? in
      var count = 0
      var isGrouped = false
      guard let stop = digits(base, index, end, mark: mark.byte, into: plain, &count, &isGrouped) else { return nil }
      index = stop
      guard
        let (value, parsedEnd, isExact) = parseNumber(UnsafeBufferPointer(plain), from: 0, to: count),
        parsedEnd == count
      else { return nil }
      skipBlanks(base, &index, end)
      if index < end {
        if index + 1 == end, base[index] == UInt8(ascii: "-"), !isNegative {
          isNegative = true
        } else {
          guard unit.isEmpty, isUnit(base, index, end) else { return nil }
          unit = index..<end
          isSymbol =
            base[index] == UInt8(ascii: "%") && end - index == 1 || currency(base, index, end) == end - index
        }
      }
      return Parsed(
        value: isNegative ? -value : value, isExact: isExact, unit: unit, isSymbol: isSymbol, isGrouped: isGrouped)
    }
  }

  /// The number that `bytes[range]` is in this format; of another unit it is none. A column without a unit takes money and
  /// per cent as they come.
  func number(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> (value: Double, isExact: Bool)? {
    guard let parsed = NumberFormat.parse(bytes, range, mark: mark) else { return nil }
    if !parsed.unit.isEmpty, !unit.elementsEqual(bytes[parsed.unit]), !(unit.isEmpty && parsed.isSymbol) { return nil }
    return (parsed.value, parsed.isExact)
  }

  /// Copies digits without their groups and with a point as mark. Returns where they end.
  private static func digits(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, mark: UInt8, into plain: UnsafeMutableBufferPointer<UInt8>,
    _ count: inout Int, _ isGrouped: inout Bool
  ) -> Int? {
    var index = start
    var groupSign: UInt8 = 0
    var sinceGroup = 0
    var afterMark = false
    while index < end {
      let byte = base[index]
      if byte &- 48 <= 9 {
        plain[count] = byte
        count += 1
        sinceGroup += 1
        index += 1
      } else if byte == mark, !afterMark {
        if isGrouped, sinceGroup != 3 { return nil }
        afterMark = true
        plain[count] = UInt8(ascii: ".")
        count += 1
        index += 1
      } else if !afterMark, let (sign, width) = groupSignAt(base, index, end), sign != mark, index + width < end,
        base[index + width] &- 48 <= 9
      {
        // 1,23,456 has groups of two before the last.
        let isWhole =
          isGrouped ? sinceGroup == 3 || sinceGroup == 2 && sign == UInt8(ascii: ",") : (1...3).contains(sinceGroup)
        guard isWhole, groupSign == 0 || groupSign == sign else { return nil }
        groupSign = sign
        isGrouped = true
        sinceGroup = 0
        index += width
      } else if byte | 0x20 == UInt8(ascii: "e"), !isGrouped, count > 0, exponent(base, index, end) == end {
        while index < end {
          plain[count] = base[index]
          count += 1
          index += 1
        }
        return index
      } else {
        break
      }
    }
    guard count > 0, afterMark || !isGrouped || sinceGroup == 3 else { return nil }
    return index
  }

  private static func exponent(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    var index = start + 1
    if index < end, base[index] == UInt8(ascii: "-") || base[index] == UInt8(ascii: "+") { index += 1 }
    let first = index
    while index < end, base[index] &- 48 <= 9 { index += 1 }
    return index > first ? index : nil
  }

  /// A sign that can stand between thousands, in a spelling of one byte, and its width.
  private static func groupSignAt(_ base: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> (UInt8, Int)? {
    switch base[index] {
    case UInt8(ascii: ","), UInt8(ascii: "."), UInt8(ascii: "'"), UInt8(ascii: " "): return (base[index], 1)
    // U+00A0
    case 0xc2 where index + 1 < end && base[index + 1] == 0xa0: return (UInt8(ascii: " "), 2)
    // U+202F and U+2009, narrow blanks; U+2019, an apostrophe.
    case 0xe2 where index + 2 < end && base[index + 1] == 0x80:
      switch base[index + 2] {
      case 0xaf, 0x89: return (UInt8(ascii: " "), 3)
      case 0x99: return (UInt8(ascii: "'"), 3)
      default: return nil
      }
    default: return nil
    }
  }

  private static func skipBlanks(_ base: UnsafePointer<UInt8>, _ index: inout Int, _ end: Int) {
    while index < end {
      if base[index] == UInt8(ascii: "\t") {
        index += 1
      } else if let (sign, width) = groupSignAt(base, index, end), sign == UInt8(ascii: " ") {
        index += width
      } else {
        return
      }
    }
  }

  private static func blankBefore(_ base: UnsafePointer<UInt8>, _ end: Int, from start: Int) -> Int? {
    for width in 1...3 where end - width >= start {
      if let (sign, found) = groupSignAt(base, end - width, end), sign == UInt8(ascii: " "), found == width {
        return width
      }
    }
    return base[end - 1] == UInt8(ascii: "\t") ? 1 : nil
  }

  /// Steps over a plus or a minus, also a true minus (U+2212). Whether it was a minus.
  private static func takeSign(_ base: UnsafePointer<UInt8>, _ index: inout Int, _ end: Int) -> Bool {
    guard index < end else { return false }
    if base[index] == UInt8(ascii: "-") || base[index] == UInt8(ascii: "+") {
      index += 1
      return base[index - 1] == UInt8(ascii: "-")
    }
    if index + 2 < end, base[index] == 0xe2, base[index + 1] == 0x88, base[index + 2] == 0x92 {
      index += 3
      return true
    }
    return false
  }

  /// Bytes of a sign or code of money at `index`, the longest.
  private static func currency(_ base: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> Int? {
    guard index < end, base[index] &- 48 > 9 else { return nil }
    return currencies.first { sign in
      sign.count <= end - index && sign.indices.allSatisfy { base[index + $0] == sign[$0] }
    }?.count
  }

  private static let currencies: [[UInt8]] = [
    "US$", "A$", "C$", "R$", "$", "€", "£", "¥", "₹", "₽", "₩", "₺", "₪", "₴", "฿", "zł", "Kč", "CHF", "Fr.", "USD",
    "EUR", "GBP", "JPY", "CNY", "INR", "SEK", "NOK", "DKK", "AUD", "CAD", "NZD", "PLN", "CZK", "HUF", "BRL", "MXN",
    "ZAR", "SGD", "HKD", "KRW", "TRY", "RUB", "Rs.", "Rs", "kr",
  ].map { Array($0.utf8) }.sorted { $0.count > $1.count }

  /// Letters, per cent, degrees and powers: no digits, which codes have.
  private static func isUnit(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
    guard end - start <= 12 else { return false }
    return (start..<end).allSatisfy { index in
      let byte = base[index]
      return byte | 0x20 &- 0x61 < 26 || byte >= 0x80 || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "/")
        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "$")
    }
  }
}
