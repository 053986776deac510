import Foundation

/// The values of one column while a CSV file is read.
///
/// Kept in plain memory (`CSVColumns`), because a field costs little more than a few nanoseconds: references and checked
/// accesses to class properties would take longer than reading the number.
struct CSVColumn {
  let name: String
  /// nil: the column is stepped over.
  let form: ColumnForm?
  /// `form` by its case alone, and the decimal sign of numbers without anything about them.
  let reading: Reading
  let plainMark: UInt8
  /// A text in that form, where it is not plain.
  let example: String?
  fileprivate var capacity = 0
  /// Doubles or Int32 codes.
  fileprivate var values: UnsafeMutableRawPointer?
  /// Bytes before `values` in its allocation.
  fileprivate var offset = 0
  var levels = LevelTable()

  /// Values that are no missing ones.
  var numberCount = 0
  /// Those of them that do not give their text back (`parseNumber`).
  var inexactCount = 0
  var textCount = 0
  /// How often each of the reader's texts for a missing value stands there.
  var missing: [Int] = []
  /// Words that stand for a missing value among numbers or dates.
  var missingWords: [String: Int] = [:]

  enum Reading {
    case none, number, date, category
  }

  init(_ name: String, _ form: ColumnForm?, delimiter: UInt8, example: String? = nil) {
    self.name = name
    self.form = form
    self.example = example
    var mark = DecimalMark.point.byte
    switch form {
    case .number(let format):
      reading = .number
      mark = format.mark.byte
    case .date: reading = .date
    case .category: reading = .category
    case nil: reading = .none
    }
    // A delimiter ends the field; UTF-8 has no such byte.
    plainMark = mark == delimiter ? 0xff : mark
  }

  var isTyped: Bool { reading == .number || reading == .date }

  var missingCount: Int { missing.reduce(0, +) + missingWords.values.reduce(0, +) }

  /// A number or date that is written in the column's form.
  func parse(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> (value: Double, isExact: Bool)? {
    switch form {
    case .number(let format): format.number(bytes, range)
    case .date(let isDayFirst):
      DateText(isDayFirst: isDayFirst).parse(UnsafeBufferPointer(rebasing: bytes[range])).map { ($0.seconds, true) }
    case .category, nil: nil
    }
  }

  @inline(__always)
  mutating func append(number: Double, row: Int) {
    if row == capacity { grow(stride: 8) }
    values.unsafelyUnwrapped.storeBytes(of: number, toByteOffset: row &* 8, as: Double.self)
  }

  @inline(__always)
  mutating func append(code: Int32, row: Int) {
    if row == capacity { grow(stride: 4) }
    values.unsafelyUnwrapped.storeBytes(of: code, toByteOffset: row &* 4, as: Int32.self)
  }

  private mutating func grow(stride: Int) {
    let larger = max(256, capacity * 2)
    let allocation = UnsafeMutableRawPointer.allocate(byteCount: larger * stride + offset, alignment: 64)
    if let values {
      (allocation + offset).copyMemory(from: values, byteCount: capacity * stride)
      (values - offset).deallocate()
    }
    values = allocation + offset
    capacity = larger
  }

  mutating func countMissing(_ candidate: Int, of count: Int) {
    if missing.isEmpty { missing = [Int](repeating: 0, count: count) }
    missing[candidate] += 1
  }

  /// Gives the values' memory back, once they are where they belong.
  mutating func free() {
    values.map { ($0 - offset).deallocate() }
    values = nil
    levels = LevelTable()
  }

  private func countedTexts(_ missingTexts: [String]) -> [String: Int] {
    var texts = missingWords
    for (text, count) in zip(missingTexts, missing) where count > 0 { texts[text] = count }
    return texts
  }

  /// The numbers or dates.
  ///
  /// - Parameter missingTexts: the texts for a missing value, in the order of `missing`.
  func values(rows: Int, missingTexts: [String]) -> Table.Column {
    let numbers = Array(UnsafeBufferPointer(start: values?.assumingMemoryBound(to: Double.self), count: rows))
    return Table.Column(
      name: name, values: reading == .date ? .dates(numbers) : .numbers(numbers),
      missingTexts: countedTexts(missingTexts), form: form, example: example)
  }

  /// The values of texts that were read as levels: sorted levels, or the numbers or dates that they all are.
  func values(
    rows: Int, missingTexts: [String], source: String, census: ColumnCensus
  ) throws -> Table.Column {
    var texts = countedTexts(missingTexts)
    let old = UnsafeBufferPointer(start: values?.assumingMemoryBound(to: Int32.self), count: rows)
    if census.form == .category {
      let (sorted, places) = try levels.sorted(column: name, source: source)
      let codes = places.withUnsafeBufferPointer { places in old.map { $0 < 0 ? -1 : places[Int($0)] } }
      return Table.Column(name: name, values: .categories(levels: sorted, codes: codes), missingTexts: texts)
    }
    let parser = CSVColumn(name, census.form, delimiter: 0)
    var numbers: [Double] = []
    levels.forEach { code, text, count, _ in
      if census.missing.contains(code) {
        texts[String(decoding: text, as: UTF8.self)] = count
        numbers.append(.nan)
      } else {
        numbers.append(parser.parse(text, text.indices)?.value ?? .nan)
      }
    }
    let values = old.map { $0 < 0 ? .nan : numbers[Int($0)] }
    return Table.Column(
      name: name, values: census.form.kind == .date ? .dates(values) : .numbers(values), missingTexts: texts,
      form: census.form, example: census.example)
  }
}

/// The columns of a file, in memory of their own.
final class CSVColumns {
  let all: UnsafeMutableBufferPointer<CSVColumn>

  init(_ columns: [CSVColumn]) {
    all = .allocate(capacity: columns.count)
    _ = all.initialize(from: columns)
    // Large blocks start at the same place in a page: without an offset, the columns' ends would share few cache sets.
    for index in all.indices { all[index].offset = index % 60 * 64 }
  }

  deinit {
    for index in all.indices { all[index].free() }
    all.deinitialize()
    all.deallocate()
  }
}

/// Gives each different text a code, in the order of appearance: a hash table over bytes, so that no String is made
/// for a field.
struct LevelTable {
  /// Codes, or -1 for an empty slot; a power of two of them, at most half full.
  private var slots = [Int32](repeating: -1, count: 64)
  private var levels: [Level] = []
  private var text: [UInt8] = []

  private struct Level {
    var hash: Int
    var start: Int
    var end: Int
    var firstLine: Int
    var count: Int
  }

  mutating func code(of bytes: UnsafeBufferPointer<UInt8>, line: Int) -> Int32 {
    // The standard library's hash has a seed of its own in each process: no file can be made whose levels collide.
    var hasher = Hasher()
    hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
    let hash = hasher.finalize()
    var slot = hash & (slots.count - 1)
    while slots[slot] >= 0 {
      let code = Int(slots[slot])
      if levels[code].hash == hash, equals(levels[code], bytes) {
        levels[code].count += 1
        return Int32(truncatingIfNeeded: code)
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    let code = Int32(levels.count)
    slots[slot] = code
    let start = text.count
    text.append(contentsOf: bytes)
    levels.append(Level(hash: hash, start: start, end: text.count, firstLine: line, count: 1))
    if levels.count * 2 > slots.count { rehash() }
    return code
  }

  /// The levels in the order of `Table.sorted`, and for each code its place there.
  func sorted(column: String, source: String) throws -> (levels: [String], places: [Int32]) {
    let strings = try strings(column: column, source: source)
    var places = [Int32](repeating: 0, count: levels.count)
    // Two levels may differ only in how an accented letter is encoded: then they are equal, and one level, named as the
    // first. Bytes below 0xcc are those of scalars that have only one encoding.
    var distinct = Array(levels.indices)
    if text.contains(where: { $0 >= 0xcc }) {
      var first: [String: Int] = [:]
      let same = strings.indices.map { index in
        let code = first[strings[index], default: index]
        if code == index { first[strings[index]] = index }
        return code
      }
      distinct = distinct.filter { same[$0] == $0 }
      let order = sort(distinct, strings)
      for (place, code) in order.enumerated() { places[code] = Int32(place) }
      for code in same.indices { places[code] = places[same[code]] }
      return (order.map { strings[$0] }, places)
    }
    let order = sort(distinct, strings)
    for (place, code) in order.enumerated() { places[code] = Int32(place) }
    return (order.map { strings[$0] }, places)
  }

  /// Codes by the value of their levels when all are numbers, else by their bytes.
  private func sort(_ codes: [Int], _ strings: [String]) -> [Int] {
    var numbers: [(value: Double, code: Int)] = []
    for code in codes {
      guard let value = strings[code].exactNumber else { break }
      numbers.append((value, code))
    }
    return text.withUnsafeBufferPointer { text in
      func precedes(_ a: Int, _ b: Int) -> Bool {
        let (a, b) = (levels[a], levels[b])
        let (aCount, bCount) = (a.end - a.start, b.end - b.start)
        let order = memcmp(text.baseAddress! + a.start, text.baseAddress! + b.start, min(aCount, bCount))
        return order < 0 || order == 0 && aCount < bCount
      }
      if numbers.count == codes.count {
        return numbers.sorted { $0.value < $1.value || $0.value == $1.value && precedes($0.code, $1.code) }.map(\.code)
      }
      // The first eight bytes as a number decide most comparisons without a look at the text.
      let keys = codes.map { code -> (prefix: UInt64, code: Int) in
        let level = levels[code]
        var prefix: UInt64 = 0
        for index in level.start..<level.start + 8 {
          prefix = prefix << 8 | (index < level.end ? UInt64(text[index]) : 0)
        }
        return (prefix, code)
      }
      return keys.sorted { $0.prefix < $1.prefix || $0.prefix == $1.prefix && precedes($0.code, $1.code) }.map(\.code)
    }
  }

  private func strings(column: String, source: String) throws -> [String] {
    try levels.map { level in
      guard let string = String(validating: text[level.start..<level.end], as: UTF8.self) else {
        throw DataError(
          source, line: level.firstLine, "column \(DataError.quoted(column))", expected: "UTF-8 text",
          found: "other bytes")
      }
      return string
    }
  }

  var isEmpty: Bool { levels.isEmpty }
  var count: Int { levels.count }

  /// Whether one of the first levels is of a kind.
  func firstContain(_ count: Int, where isWanted: (UnsafeBufferPointer<UInt8>) -> Bool) -> Bool {
    text.withUnsafeBufferPointer { text in
      levels.prefix(count).contains { isWanted(UnsafeBufferPointer(rebasing: text[$0.start..<$0.end])) }
    }
  }

  /// Calls `body` with each level: its code, text, how often it stands there and where first.
  func forEach(_ body: (Int, UnsafeBufferPointer<UInt8>, _ count: Int, _ line: Int) -> Void) {
    text.withUnsafeBufferPointer { text in
      for (code, level) in levels.enumerated() {
        body(code, UnsafeBufferPointer(rebasing: text[level.start..<level.end]), level.count, level.firstLine)
      }
    }
  }

  func text(_ code: Int) -> ArraySlice<UInt8> {
    levels.indices.contains(code) ? text[levels[code].start..<levels[code].end] : []
  }

  private func equals(_ level: Level, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard level.end - level.start == bytes.count else { return false }
    for i in 0..<bytes.count where text[level.start + i] != bytes[i] { return false }
    return true
  }

  private mutating func rehash() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    for (code, level) in levels.enumerated() {
      var slot = level.hash & (slots.count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(code)
    }
  }
}
