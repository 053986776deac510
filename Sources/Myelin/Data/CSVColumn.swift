/// The values of one column while a CSV file is read.
final class CSVColumn {
  let name: String
  /// nil: the column is stepped over.
  let kind: ColumnKind?
  private(set) var count = 0
  private var capacity = 0
  private var numbers: UnsafeMutablePointer<Double>?
  private var codes: UnsafeMutablePointer<Int32>?
  let levels: LevelTable?

  var numberCount = 0
  var textCount = 0
  var firstTextLine = 0
  var firstText = ""

  private init(_ name: String, _ kind: ColumnKind?) {
    self.name = name
    self.kind = kind
    levels = kind == .category ? LevelTable() : nil
  }

  deinit {
    numbers?.deallocate()
    codes?.deallocate()
  }

  static func number(_ name: String) -> CSVColumn { CSVColumn(name, .number) }
  static func category(_ name: String) -> CSVColumn { CSVColumn(name, .category) }
  static func skipped(_ name: String) -> CSVColumn { CSVColumn(name, nil) }

  var isCategory: Bool { kind == .category }

  @inline(__always)
  func append(number: Double, row: Int) {
    if row == capacity { grow(&numbers) }
    numbers![row] = number
    count = row + 1
  }

  @inline(__always)
  func append(code: Int32, row: Int) {
    if row == capacity { grow(&codes) }
    codes![row] = code
    count = row + 1
  }

  private func grow<T>(_ values: inout UnsafeMutablePointer<T>?) {
    let larger = max(256, capacity * 2)
    let new = UnsafeMutablePointer<T>.allocate(capacity: larger)
    if let values {
      new.update(from: values, count: capacity)
      values.deallocate()
    }
    values = new
    capacity = larger
  }

  /// The column with its levels sorted.
  func finish(count rows: Int, source: String, lines: [Int]) throws -> Table.Column {
    precondition(count == rows, "CSVColumn: \(count) values for \(rows) rows")
    if kind == .number {
      return Table.Column(name: name, values: .numbers(Array(UnsafeBufferPointer(start: numbers, count: rows))))
    }
    let found = try levels!.strings(column: name, source: source)
    // Two levels may differ only in how an accented letter is encoded: then they are equal, and one level.
    let sorted = Table.sorted(levels: Array(Set(found)))
    let place = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, Int32($0)) })
    let newCode = found.map { place[$0]! }
    let old = UnsafeBufferPointer(start: codes, count: rows)
    return Table.Column(
      name: name, values: .categories(levels: sorted, codes: old.map { $0 < 0 ? -1 : newCode[Int($0)] }))
  }
}

/// Gives each different text a code, in the order of appearance: a hash table over bytes, so that no String is made
/// for a field.
final class LevelTable {
  /// Codes, or -1 for an empty slot; a power of two of them, at most half full.
  private var slots = [Int32](repeating: -1, count: 64)
  private var hashes: [UInt64] = []
  private var text: [UInt8] = []
  private var ends: [Int] = []
  private var firstLines: [Int] = []

  func code(of bytes: UnsafeBufferPointer<UInt8>, line: Int) -> Int32 {
    // FNV-1a, with its high bits folded down because the slot is taken from the low ones.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash ^= hash >> 32
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] >= 0 {
      let code = Int(slots[slot])
      if hashes[code] == hash, equals(code, bytes) { return Int32(code) }
      slot = (slot + 1) & (slots.count - 1)
    }
    let code = Int32(hashes.count)
    slots[slot] = code
    hashes.append(hash)
    text.append(contentsOf: bytes)
    ends.append(text.count)
    firstLines.append(line)
    if hashes.count * 2 > slots.count { rehash() }
    return code
  }

  func strings(column: String, source: String) throws -> [String] {
    try ends.indices.map { code in
      guard let level = String(validating: text[range(code)], as: UTF8.self) else {
        throw DataError(
          source, line: firstLines[code], "column \(DataError.quoted(column))", expected: "UTF-8 text",
          found: "other bytes")
      }
      return level
    }
  }

  private func range(_ code: Int) -> Range<Int> { (code == 0 ? 0 : ends[code - 1])..<ends[code] }

  private func equals(_ code: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let range = range(code)
    guard range.count == bytes.count else { return false }
    for i in 0..<bytes.count where text[range.lowerBound + i] != bytes[i] { return false }
    return true
  }

  private func rehash() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    for (code, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(code)
    }
  }
}
