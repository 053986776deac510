/// A zip file (PKWARE APPNOTE 6.3.9) with stored or deflated entries, Zip64 included; no encryption, one disk.
struct ZipArchive {
  struct Entry {
    var name: String
    /// Where its local header is.
    var offset: Int
    var compressedSize: Int
    var size: Int
    var isDeflated: Bool
    var checksum: UInt32
  }

  let bytes: [UInt8]
  let source: String
  private(set) var entries: [Entry] = []

  init(_ bytes: [UInt8], source: String) throws {
    self.bytes = bytes
    self.source = source
    guard bytes.starts(with: [0x50, 0x4b]) else {
      throw DataError(source, byte: 0, "not a zip file", expected: "\"PK\"")
    }
    var (count, size, offset, end) = try directory()
    guard offset <= end, size <= end - offset else {
      throw DataError(source, byte: end, "the zip directory lies outside of the file")
    }
    // An entry takes at least 46 bytes, so a lying count cannot make a long loop.
    guard count <= size / 46 else {
      throw DataError(source, byte: end, "zip directory", expected: "\(count) entries", found: "\(size) bytes")
    }
    let directoryEnd = offset + size
    // Bytes, not characters: two names that look alike may be encoded differently.
    var names: Set<[UInt8]> = []
    var total = 0
    while count > 0 {
      let entry = try readEntry(&offset, end: directoryEnd)
      guard names.insert(Array(entry.name.utf8)).inserted else {
        throw DataError(source, byte: entry.offset, "two entries are named \(DataError.quoted(entry.name))")
      }
      // Entries that share their data could unpack to much more than the file holds.
      total += entry.compressedSize
      guard total <= bytes.count else { throw DataError(source, byte: entry.offset, "the zip entries overlap") }
      entries.append(entry)
      count -= 1
    }
    guard offset == directoryEnd else {
      throw DataError(
        source, byte: offset, "zip directory",
        expected: "its end after \(entries.count) entries, as its end record tells",
        found: "\(directoryEnd - offset) more bytes")
    }
  }

  /// The bytes that all entries unpack to; those that are stored stay slices of the file.
  var unpackedSize: Int? {
    var total = 0
    for entry in entries where entry.isDeflated {
      let (sum, overflow) = total.addingReportingOverflow(entry.size)
      if overflow { return nil }
      total = sum
    }
    return total
  }

  /// An entry's content, checked against its CRC-32.
  func content(of entry: Entry) throws -> ArraySlice<UInt8> {
    let header = entry.offset
    guard header + 30 <= bytes.count, number(header, 4) == 0x0403_4b50 else {
      throw DataError(source, byte: header, "no zip entry where the directory tells", expected: "\"PK\\x03\\x04\"")
    }
    let nameEnd = header + 30 + number(header + 26, 2)
    guard nameEnd <= bytes.count, bytes[header + 30..<nameEnd].elementsEqual(entry.name.utf8),
      number(header + 8, 2) == (entry.isDeflated ? 8 : 0)
    else {
      throw DataError(
        source, byte: header, "the entry that the zip directory names \(DataError.quoted(entry.name))",
        expected: "the same name and compression in its own header")
    }
    let start = nameEnd + number(header + 28, 2)
    guard start <= bytes.count, entry.compressedSize <= bytes.count - start else {
      throw DataError(
        source, byte: bytes.count, "entry \(DataError.quoted(entry.name)) is truncated",
        expected: "\(entry.compressedSize) bytes", found: "\(max(0, bytes.count - start))")
    }
    let stored = bytes[start..<start + entry.compressedSize]
    let content =
      entry.isDeflated
      ? try Gzip.inflateRaw(stored, size: entry.size, source: source, base: start)[...] : stored
    guard content.count == entry.size else {
      throw DataError(
        source, byte: start, "entry \(DataError.quoted(entry.name))", expected: "\(entry.size) bytes",
        found: "\(content.count)")
    }
    guard content.withUnsafeBytes(Gzip.checksum) == entry.checksum else {
      throw DataError(source, byte: start, "entry \(DataError.quoted(entry.name)) does not match its checksum")
    }
    return content
  }

  /// Count, size and offset of the directory's entries, and the byte before which it must end.
  private func directory() throws -> (count: Int, size: Int, offset: Int, end: Int) {
    // The end record is 22 bytes and a comment of up to 65535.
    var position = bytes.count - 22
    let first = max(0, position - 0xffff)
    while position >= first,
      number(position, 4) != 0x0605_4b50 || position + 22 + number(position + 20, 2) != bytes.count
    { position -= 1 }
    guard position >= first else {
      throw DataError(source, byte: bytes.count, "truncated or not a zip file: it has no directory at its end")
    }
    var count = number(position + 10, 2)
    guard number(position + 8, 2) == count, number(position + 4, 4) == 0 else {
      throw DataError(source, byte: position + 4, "zip end record", expected: "one disk with all \(count) entries")
    }
    var size = number(position + 12, 4)
    var offset = number(position + 16, 4)
    var end = position
    if position >= 20, number(position - 20, 4) == 0x0706_4b50 {
      let record = number(position - 12, 8)
      guard record >= 0, record <= position - 20 - 56, number(record, 4) == 0x0606_4b50 else {
        throw DataError(source, byte: position - 20, "the Zip64 directory is not where the file tells")
      }
      count = number(record + 32, 8)
      size = number(record + 40, 8)
      offset = number(record + 48, 8)
      end = record
    }
    guard count >= 0, size >= 0, offset >= 0 else {
      throw DataError(source, byte: position, "the zip directory lies outside of the file")
    }
    return (count, size, offset, end)
  }

  private func readEntry(_ position: inout Int, end: Int) throws -> Entry {
    let start = position
    guard start + 46 <= end, number(start, 4) == 0x0201_4b50 else {
      throw DataError(source, byte: start, "zip directory", expected: "an entry, \"PK\\x01\\x02\"")
    }
    let flags = number(start + 8, 2)
    let method = number(start + 10, 2)
    let nameEnd = start + 46 + number(start + 28, 2)
    let extraEnd = nameEnd + number(start + 30, 2)
    position = extraEnd + number(start + 32, 2)
    guard position <= end, let name = String(validating: bytes[start + 46..<nameEnd], as: UTF8.self) else {
      throw DataError(source, byte: start, "zip directory", expected: "the name of an entry in UTF-8")
    }
    guard flags & 1 == 0 else { throw DataError(source, byte: start, "entry \(DataError.quoted(name)) is encrypted") }
    guard method == 0 || method == 8 else {
      throw DataError(
        source, byte: start, "entry \(DataError.quoted(name)): compression method",
        expected: "0 (stored) or 8 (deflate)",
        found: "\(method)")
    }
    var size = number(start + 24, 4)
    var compressedSize = number(start + 20, 4)
    var offset = number(start + 42, 4)
    // The Zip64 field (id 1) holds, in this order, those values that are all ones in the entry.
    var extra = nameEnd
    while extra + 4 <= extraEnd {
      let fieldEnd = extra + 4 + number(extra + 2, 2)
      if number(extra, 2) == 1, fieldEnd <= extraEnd {
        var value = extra + 4
        func next(_ field: inout Int) {
          guard field == 0xffff_ffff, value + 8 <= fieldEnd else { return }
          field = number(value, 8)
          value += 8
        }
        next(&size)
        next(&compressedSize)
        next(&offset)
      }
      extra = fieldEnd
    }
    guard size >= 0, (0...bytes.count).contains(compressedSize), (0...bytes.count).contains(offset) else {
      throw DataError(source, byte: start, "entry \(DataError.quoted(name)) lies outside of the file")
    }
    return Entry(
      name: name, offset: offset, compressedSize: compressedSize, size: size, isDeflated: method == 8,
      checksum: UInt32(number(start + 16, 4)))
  }

  /// A little-endian number of `size` bytes; one of 8 bytes may come out negative.
  private func number(_ position: Int, _ size: Int) -> Int {
    bytes[position..<position + size].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}

/// Writes a zip file in memory, each entry with the time 1980-01-01 00:00, zip's earliest.
struct ZipWriter {
  let source: String
  private var bytes: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0

  init(source: String) { self.source = source }

  mutating func append(_ name: String, _ content: [UInt8], isCompressed: Bool) throws {
    let stored = isCompressed ? Gzip.deflateRaw(content) : content
    guard bytes.count + stored.count < 0xffff_ff00, count < 0xffff, content.count < 0xffff_ffff else {
      throw DataError(source, "an NPZ file here holds up to 4 GiB; write safetensors instead")
    }
    // Version 2.0, names in UTF-8.
    var common: [UInt8] = [20, 0, 0, 8, isCompressed ? 8 : 0, 0, 0, 0, 0x21, 0]
    common += number(Int(content.withUnsafeBytes(Gzip.checksum)), 4) + number(stored.count, 4)
    common += number(content.count, 4) + number(name.utf8.count, 2) + [0, 0]
    directory += number(0x0201_4b50, 4) + [20, 0] + common + [UInt8](repeating: 0, count: 10)
    directory += number(bytes.count, 4) + Array(name.utf8)
    bytes += number(0x0403_4b50, 4) + common + Array(name.utf8) + stored
    count += 1
  }

  func finish() throws -> [UInt8] {
    guard bytes.count + directory.count < 0xffff_ffff else {
      throw DataError(source, "an NPZ file here holds up to 4 GiB; write safetensors instead")
    }
    return bytes + directory + number(0x0605_4b50, 4) + [0, 0, 0, 0] + number(count, 2) + number(count, 2)
      + number(directory.count, 4) + number(bytes.count, 4) + [0, 0]
  }

  private func number(_ value: Int, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
