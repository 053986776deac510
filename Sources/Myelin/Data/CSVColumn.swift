/// The values of one column while a CSV file is read.
///
/// Kept in plain memory (`CSVColumns`), because a field costs little more than a few nanoseconds: references and checked
/// accesses to class properties would take longer than reading the number.
struct CSVColumn {
  let name: String
  /// nil: the column is stepped over.
  let kind: ColumnKind?
  /// Whether `kind` was given, not guessed.
  let isDeclared: Bool
  fileprivate var capacity = 0
  /// Doubles or Int32 codes.
  fileprivate var values: UnsafeMutableRawPointer?
  /// Bytes before `values` in its allocation.
  fileprivate var offset = 0
  var levels = LevelTable()

  var numberCount = 0
  var textCount = 0
  var firstTextLine = 0
  var firstText = ""

  init(_ name: String, _ kind: ColumnKind?, isDeclared: Bool) {
    self.name = name
    self.kind = kind
    self.isDeclared = isDeclared
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

  /// The column with its levels sorted.
  func finish(rows: Int, source: String) throws -> Table.Column {
    if kind == .number {
      let numbers = UnsafeBufferPointer(start: values?.assumingMemoryBound(to: Double.self), count: rows)
      return Table.Column(name: name, values: .numbers(Array(numbers)))
    }
    let found = try levels.strings(column: name, source: source)
    // Two levels may differ only in how an accented letter is encoded: then they are equal, and one level.
    let sorted = Table.sorted(levels: Array(Set(found)))
    let place = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, Int32($0)) })
    let newCode = found.map { place[$0]! }
    let old = UnsafeBufferPointer(start: values?.assumingMemoryBound(to: Int32.self), count: rows)
    return Table.Column(
      name: name, values: .categories(levels: sorted, codes: old.map { $0 < 0 ? -1 : newCode[Int($0)] }))
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
    for column in all { column.values.map { ($0 - column.offset).deallocate() } }
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
    var hash: UInt64
    var start: Int
    var end: Int
    var firstLine: Int
    var count: Int
  }

  mutating func code(of bytes: UnsafeBufferPointer<UInt8>, line: Int) -> Int32 {
    // FNV-1a, with its high bits folded down because the slot is taken from the low ones.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash ^= hash >> 32
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
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

  func strings(column: String, source: String) throws -> [String] {
    try levels.map { level in
      guard let string = String(validating: text[level.start..<level.end], as: UTF8.self) else {
        throw DataError(
          source, line: level.firstLine, "column \(DataError.quoted(column))", expected: "UTF-8 text",
          found: "other bytes")
      }
      return string
    }
  }

  /// How many of the values are numbers and how many are not, with the first of the latter.
  func census() -> (numbers: Int, texts: Int, firstText: String, firstTextLine: Int) {
    var result = (numbers: 0, texts: 0, firstText: "", firstTextLine: Int.max)
    text.withUnsafeBufferPointer { text in
      for level in levels {
        let field = CSVScanner.Field(start: level.start, end: level.end)
        if CSVScanner(bytes: text, delimiter: 0, source: "").paddedNumber(field) != nil {
          result.numbers += level.count
        } else {
          result.texts += level.count
          if level.firstLine < result.firstTextLine {
            result.firstTextLine = level.firstLine
            result.firstText = String(decoding: text[level.start..<level.end], as: UTF8.self)
          }
        }
      }
    }
    return result
  }

  private func equals(_ level: Level, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard level.end - level.start == bytes.count else { return false }
    for i in 0..<bytes.count where text[level.start + i] != bytes[i] { return false }
    return true
  }

  private mutating func rehash() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    for (code, level) in levels.enumerated() {
      var slot = Int(truncatingIfNeeded: level.hash) & (slots.count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(code)
    }
  }
}
