/// Dates and times as texts: ISO 8601, `03.09.2023`, `9/3/2023`, `3 Sep 2023`, `Sept. 3, 2023`, each with or without a
/// time, and times alone.
struct DateText {
  /// Whether `3/9/2023` is in September, where the texts leave it open.
  var isDayFirst: Bool

  /// What a text says of the order of day and month.
  enum Order {
    case said, dayFirst, monthFirst, open
  }

  struct Value {
    /// Since 1970-01-01 00:00 UTC; a text without a zone is taken for UTC.
    var seconds: Double
    var hasTime: Bool
    var order: Order
  }

  /// The date that the whole of `bytes` is, blanks around it aside.
  func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Value? {
    // The shortest is `1:05`, the longest a weekday, a month's name, a time with a fraction and a zone.
    guard bytes.count >= 4, bytes.count <= 48 else { return nil }
    var cursor = Cursor(bytes: bytes)
    cursor.skipBlanks()
    cursor.skipWeekday()
    guard var value = date(&cursor) ?? timeOfDay(&cursor) else { return nil }
    if !value.hasTime, !cursor.isAtEnd {
      let hadSeparator = cursor.skipTimeSeparator()
      if !cursor.isAtEnd {
        guard hadSeparator, let time = cursor.time() else { return nil }
        value.seconds += time
        value.hasTime = true
      }
    }
    cursor.skipBlanks()
    return cursor.isAtEnd ? value : nil
  }

  private func timeOfDay(_ cursor: inout Cursor) -> Value? {
    cursor.time().map { Value(seconds: $0, hasTime: true, order: .said) }
  }

  private func date(_ cursor: inout Cursor) -> Value? {
    let start = cursor
    if let value = numericDate(&cursor) { return value }
    cursor = start
    if let value = namedDate(&cursor) { return value }
    cursor = start
    return nil
  }

  private func numericDate(_ cursor: inout Cursor) -> Value? {
    guard let first = cursor.number(), first.digits <= 4, let separator = cursor.separator(),
      let second = cursor.number(), second.digits <= 2
    else { return nil }
    if first.digits == 4 {
      var day = 1
      if cursor.take(separator) {
        guard let third = cursor.number(), third.digits <= 2 else { return nil }
        day = third.value
      } else if separator != UInt8(ascii: "-") || second.digits != 2 {
        return nil
      }
      return DateText.seconds(first.value, second.value, day).map { Value(seconds: $0, hasTime: false, order: .said) }
    }
    guard first.digits <= 2, cursor.take(separator), let year = cursor.year() else { return nil }
    let dayFirst = DateText.seconds(year, second.value, first.value)
    let monthFirst = DateText.seconds(year, first.value, second.value)
    switch (dayFirst, monthFirst) {
    case (let day?, let month?):
      return Value(seconds: isDayFirst ? day : month, hasTime: false, order: day == month ? .said : .open)
    case (let day?, nil): return Value(seconds: day, hasTime: false, order: .dayFirst)
    case (nil, let month?): return Value(seconds: month, hasTime: false, order: .monthFirst)
    case (nil, nil): return nil
    }
  }

  private func namedDate(_ cursor: inout Cursor) -> Value? {
    var day = 1
    if let number = cursor.number() {
      guard number.digits <= 2 else { return nil }
      day = number.value
      cursor.skipPunctuation()
      guard let month = cursor.month() else { return nil }
      cursor.skipPunctuation()
      guard let year = cursor.year() else { return nil }
      return DateText.seconds(year, month, day).map { Value(seconds: $0, hasTime: false, order: .said) }
    }
    guard let month = cursor.month() else { return nil }
    cursor.skipPunctuation()
    let start = cursor
    if let number = cursor.number(), number.digits <= 2, cursor.skipPunctuation() {
      let year = cursor
      if let found = cursor.year() {
        return DateText.seconds(found, month, number.value).map { Value(seconds: $0, hasTime: false, order: .said) }
      }
      cursor = year
    }
    cursor = start
    guard let year = cursor.year() else { return nil }
    return DateText.seconds(year, month, day).map { Value(seconds: $0, hasTime: false, order: .said) }
  }

  /// Seconds from 1970 to a day of the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").
  static func seconds(_ year: Int, _ month: Int, _ day: Int) -> Double? {
    guard (1...12).contains(month), (1000...9999).contains(year), day >= 1 else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = month == 2 ? (isLeap ? 29 : 28) : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
    guard day <= lengths else { return nil }
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Double((era * 146097 + dayOfEra - 719468) * 86400)
  }

  private struct Cursor {
    let bytes: UnsafeBufferPointer<UInt8>
    var index = 0

    var isAtEnd: Bool { index >= bytes.count }
    private var byte: UInt8 { isAtEnd ? 0 : bytes[index] }

    mutating func skipBlanks() { while byte == 0x20 || byte == 0x09 { index += 1 } }

    mutating func take(_ wanted: UInt8) -> Bool {
      guard byte == wanted else { return false }
      index += 1
      return true
    }

    mutating func number() -> (value: Int, digits: Int)? {
      var value = 0
      let start = index
      while byte &- 48 <= 9, index - start < 9 {
        value = value * 10 + Int(byte &- 48)
        index += 1
      }
      return index == start ? nil : (value, index - start)
    }

    mutating func separator() -> UInt8? {
      guard byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/") else { return nil }
      index += 1
      return bytes[index - 1]
    }

    /// Four digits, or two of 1970 to 2069.
    mutating func year() -> Int? {
      guard let number = number() else { return nil }
      switch number.digits {
      case 4: return number.value
      case 2: return number.value + (number.value < 70 ? 2000 : 1900)
      default: return nil
      }
    }

    /// Blanks, dots, commas, hyphens between the parts of a date in words. Whether there were any.
    @discardableResult
    mutating func skipPunctuation() -> Bool {
      let start = index
      while byte == 0x20 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "-") {
        index += 1
      }
      return index > start
    }

    mutating func skipTimeSeparator() -> Bool {
      let start = index
      if byte == UInt8(ascii: ",") { index += 1 }
      skipBlanks()
      if index == start, byte == UInt8(ascii: "T") || byte == UInt8(ascii: "t") { index += 1 }
      return index > start
    }

    private mutating func word() -> Substring.UTF8View? {
      let start = index
      while byte | 0x20 &- 0x61 < 26 || byte >= 0x80 { index += 1 }
      guard index > start, index - start <= 12 else { return nil }
      return Substring(String(decoding: bytes[start..<index], as: UTF8.self).lowercased()).utf8
    }

    mutating func skipWeekday() {
      let start = index
      if let word = word(), word.count >= 2, DateText.weekdays.contains(where: { word.starts(with: $0.utf8) }) {
        if skipPunctuation() { return }
      }
      index = start
    }

    mutating func month() -> Int? {
      guard let word = word(), word.count >= 3 else { return nil }
      return DateText.months.first { word.starts(with: $0.name.utf8) }?.number
    }

    /// `HH:MM`, seconds and their fraction, AM or PM, and a zone, which is taken off.
    mutating func time() -> Double? {
      guard let hour = number(), hour.digits <= 2, hour.value <= 24, take(UInt8(ascii: ":")), let minute = number(),
        minute.digits == 2, minute.value < 60
      else { return nil }
      var hours = hour.value
      var seconds = 0.0
      if take(UInt8(ascii: ":")) {
        guard let second = number(), second.digits == 2, second.value <= 60 else { return nil }
        seconds = Double(second.value)
        if byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",") {
          index += 1
          var scale = 0.1
          guard byte &- 48 <= 9 else { return nil }
          while byte &- 48 <= 9 {
            seconds += scale * Double(byte &- 48)
            scale /= 10
            index += 1
          }
        }
      }
      skipBlanks()
      if (byte | 0x20 == UInt8(ascii: "a") || byte | 0x20 == UInt8(ascii: "p")), index + 1 < bytes.count,
        bytes[index + 1] | 0x20 == UInt8(ascii: "m")
      {
        guard (1...12).contains(hours) else { return nil }
        hours = hours % 12 + (byte | 0x20 == UInt8(ascii: "p") ? 12 : 0)
        index += 2
        skipBlanks()
      }
      guard hours < 24 || minute.value == 0 && seconds == 0 else { return nil }
      var offset = 0
      if byte == UInt8(ascii: "Z") || byte == UInt8(ascii: "z") {
        index += 1
      } else if index + 3 <= bytes.count,
        bytes[index...].starts(with: "UTC".utf8) || bytes[index...].starts(with: "GMT".utf8)
      {
        index += 3
      } else if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") {
        let sign = byte == UInt8(ascii: "-") ? -1 : 1
        index += 1
        guard let zone = number(), zone.digits == 2 || zone.digits == 4 else { return nil }
        var minutes = zone.digits == 4 ? zone.value / 100 * 60 + zone.value % 100 : zone.value * 60
        if zone.digits == 2, take(UInt8(ascii: ":")) {
          guard let rest = number(), rest.digits == 2 else { return nil }
          minutes += rest.value
        }
        offset = sign * minutes * 60
      }
      return Double(hours * 3600 + minute.value * 60 - offset) + seconds
    }
  }

  /// The first letters, in English, German and French.
  private static let months: [(name: String, number: Int)] = [
    ("jan", 1), ("jän", 1), ("feb", 2), ("fév", 2), ("fev", 2), ("mar", 3), ("mär", 3), ("mrz", 3), ("apr", 4),
    ("avr", 4), ("may", 5), ("mai", 5), ("jun", 6), ("juin", 6), ("jul", 7), ("juil", 7), ("aug", 8), ("aoû", 8),
    ("aou", 8), ("sep", 9), ("oct", 10), ("okt", 10), ("nov", 11), ("dec", 12), ("dez", 12), ("déc", 12),
  ]
  private static let weekdays = [
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "mo", "di", "mi", "do", "fr", "sa", "so", "lun", "mar", "mer",
    "jeu", "ven", "sam", "dim",
  ]
}
