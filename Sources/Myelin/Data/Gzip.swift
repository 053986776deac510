internal import CZlib

/// gzip and raw deflate (RFC 1951, 1952) through the system's zlib.
public enum Gzip {
  /// Whether `bytes` start with gzip's magic number.
  public static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b }

  /// What compressed data may unpack to where nothing else is said: 4 GiB, or half of the memory where that is less.
  ///
  /// Deflate packs up to 1032 times: six megabytes of zeros can be six gigabytes.
  public static let defaultLimit = min(4 << 30, MachineMemory.limit / 2)

  /// Inflates gzip data, of several members too (as `cat a.gz b.gz` makes them). Zero bytes may follow the last one.
  ///
  /// - Parameters:
  ///   - bytes: the compressed data.
  ///   - source: how errors name the data.
  ///   - limit: the most bytes that it may unpack to, all members together.
  /// - Throws: `DataError` with the byte of the compressed data at which it is truncated or corrupt, or goes beyond
  ///   `limit`.
  public static func inflate(_ bytes: [UInt8], source: String, limit: Int = defaultLimit) throws -> [UInt8] {
    // The last four bytes hold the size modulo 2^32. They may lie, but deflate cannot shrink by more than 1032.
    let told = bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    var inflater = Inflater(
      windowBits: 15 + 16, expectedSize: min(told, 1032 * bytes.count), limit: limit, source: source,
      excess: "the gzip data unpacks to more than \(MachineMemory.text(limit)), the limit for this file")
    var start = 0
    repeat {
      start = try inflater.member(of: bytes, from: start..<bytes.count, base: 0)
      let rest = bytes[start...]
      if rest.first == 0x1f { continue }
      guard rest.allSatisfy({ $0 == 0 }) else {
        throw DataError(source, byte: start, "data after the end of the gzip data")
      }
      break
    } while start < bytes.count
    return inflater.finish()
  }

  /// Inflates raw deflate data (as inside a zip file) that must give exactly `size` bytes.
  ///
  /// - Parameter base: the byte of the file at which `bytes` starts, for errors.
  static func inflateRaw(_ bytes: ArraySlice<UInt8>, size: Int, source: String, base: Int = 0) throws -> [UInt8] {
    let (most, overflow) = bytes.count.multipliedReportingOverflow(by: 1032)
    guard !overflow, size <= most + 64 else {
      throw DataError(source, byte: base, "\(bytes.count) bytes of deflate data cannot hold \(size) bytes")
    }
    var inflater = Inflater(
      windowBits: -15, expectedSize: size, limit: size, source: source,
      excess: "the deflate data unpacks to more than its \(size) bytes")
    let all = Array(bytes)
    let end = try inflater.member(of: all, from: 0..<all.count, base: base)
    guard inflater.count == size, end == all.count else {
      throw DataError(
        source, byte: base + end, "deflate data", expected: "\(size) bytes from \(all.count)",
        found: "\(inflater.count) bytes from \(end)")
    }
    return inflater.finish()
  }

  /// Compresses to gzip without a stored name or time: the same content gives the same bytes.
  public static func deflate(_ bytes: [UInt8], level: Int = 6) -> [UInt8] {
    deflate(bytes, level: level, windowBits: 15 + 16)
  }

  /// Compresses to raw deflate data.
  static func deflateRaw(_ bytes: [UInt8], level: Int = 6) -> [UInt8] { deflate(bytes, level: level, windowBits: -15) }

  /// Compresses to deflate data in zlib's form (RFC 1950).
  static func deflateZlib(_ bytes: [UInt8], level: Int = 6) -> [UInt8] { deflate(bytes, level: level, windowBits: 15) }

  /// The CRC-32 of zip, gzip and PNG.
  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var value = crc32(0, nil, 0)
    var done = 0
    while done < bytes.count {
      let count = min(bytes.count - done, 1 << 30)
      value = crc32(value, bytes.baseAddress!.assumingMemoryBound(to: UInt8.self) + done, UInt32(count))
      done += count
    }
    return UInt32(truncatingIfNeeded: value)
  }

  private static func deflate(_ bytes: [UInt8], level: Int, windowBits: Int32) -> [UInt8] {
    require((0...9).contains(level), "Gzip.deflate: level \(level) is not in 0...9")
    var stream = z_stream()
    let started = deflateInit2_(
      &stream, Int32(level), Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    require(started == Z_OK, "Gzip.deflate: zlib could not start (status \(started))")
    defer { deflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: max(64, bytes.count / 2))
    var produced = 0
    var consumed = 0
    bytes.withUnsafeBufferPointer { input in
      while true {
        if produced == output.count { output.append(contentsOf: repeatElement(0, count: output.count)) }
        let available = min(input.count - consumed, 1 << 30)
        let room = min(output.count - produced, 1 << 30)
        let flush = consumed + available == input.count ? Z_FINISH : Z_NO_FLUSH
        let status = output.withUnsafeMutableBufferPointer { buffer in
          stream.next_in = input.baseAddress.map { UnsafeMutablePointer(mutating: $0 + consumed) }
          stream.avail_in = UInt32(available)
          stream.next_out = buffer.baseAddress! + produced
          stream.avail_out = UInt32(room)
          return CZlib.deflate(&stream, flush)
        }
        consumed += available - Int(stream.avail_in)
        produced += room - Int(stream.avail_out)
        if status == Z_STREAM_END { return }
        require(status == Z_OK || status == Z_BUF_ERROR, "Gzip.deflate: zlib status \(status)")
      }
    }
    output.removeLast(output.count - produced)
    return output
  }
}

/// Inflated bytes that grow in pieces, each as large as all before: no zeros are written and nothing is copied while it
/// is not known how many there are.
private struct Inflater {
  let windowBits: Int32
  let source: String
  let limit: Int
  let excess: String
  private var pieces: [[UInt8]] = []
  private var nextPiece: Int
  private(set) var count = 0

  init(windowBits: Int32, expectedSize: Int, limit: Int, source: String, excess: String) {
    self.windowBits = windowBits
    self.source = source
    self.limit = limit
    self.excess = excess
    // With one more the end is seen in the first piece.
    nextPiece = expectedSize + 1
  }

  /// Inflates one member that starts at `range`'s start, and returns where it ends.
  mutating func member(of bytes: [UInt8], from range: Range<Int>, base: Int) throws -> Int {
    var stream = z_stream()
    let started = inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    require(started == Z_OK, "Gzip.inflate: zlib could not start (status \(started))")
    defer { inflateEnd(&stream) }
    var consumed = range.lowerBound
    while true {
      // One more than the limit, so that data that goes on is told from data that ends there.
      let room = min(max(nextPiece, 1 << 16), limit - count + 1)
      var status = Z_OK
      let piece = [UInt8](unsafeUninitializedCapacity: room) { output, produced in
        produced = 0
        bytes.withUnsafeBufferPointer { input in
          repeat {
            let available = min(range.upperBound - consumed, 1 << 30)
            let free = min(room - produced, 1 << 30)
            stream.next_in = input.baseAddress.map { UnsafeMutablePointer(mutating: $0 + consumed) }
            stream.avail_in = UInt32(available)
            stream.next_out = output.baseAddress! + produced
            stream.avail_out = UInt32(free)
            status = CZlib.inflate(&stream, Z_NO_FLUSH)
            consumed += available - Int(stream.avail_in)
            produced += free - Int(stream.avail_out)
          } while status == Z_OK && produced < room
        }
      }
      count += piece.count
      nextPiece = count
      if !piece.isEmpty { pieces.append(piece) }
      guard count <= limit else { throw DataError(source, byte: base + consumed, excess) }
      switch status {
      case Z_STREAM_END: return consumed
      case Z_OK: continue
      case Z_BUF_ERROR:
        throw DataError(
          source, byte: base + consumed, "truncated: the file ends inside the compressed data")
      case Z_MEM_ERROR: throw DataError(source, byte: base + consumed, "not enough memory to inflate")
      default:
        let reason = stream.msg.map { String(cString: $0) } ?? "zlib status \(status)"
        throw DataError(source, byte: base + consumed, "corrupt compressed data (\(reason))")
      }
    }
  }

  mutating func finish() -> [UInt8] {
    if pieces.count == 1 { return pieces[0] }
    var all: [UInt8] = []
    all.reserveCapacity(count)
    for index in pieces.indices {
      all += pieces[index]
      pieces[index] = []
    }
    return all
  }
}
