import Myelin

/// What a fingerprint can be made of.
protocol HashedContent {
  /// Adds all that the samples are.
  func addContent(to hash: inout ContentHash)
}

/// A fingerprint of data, by which a run sees that its data has changed: XXH64 (xxhash.com, seed 0) over
/// the bytes that are added, in their order.
///
/// Not cryptographic: it tells of accidents, not of somebody who wants two files to look the same.
package struct ContentHash {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  private var lanes: (UInt64, UInt64, UInt64, UInt64) = (prime1 &+ prime2, prime2, 0, 0 &- prime1)
  /// Bytes that do not fill a stripe of 32 yet.
  private var rest: [UInt8] = []
  private var count: UInt64 = 0

  package init() { rest.reserveCapacity(32) }

  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    count &+= UInt64(bytes.count)
    var position = 0
    if !rest.isEmpty {
      position = min(32 - rest.count, bytes.count)
      rest += bytes[..<position]
      guard rest.count == 32 else { return }
      rest.withUnsafeBytes { lanes = ContentHash.stripes($0, 0, 32, lanes) }
      rest.removeAll(keepingCapacity: true)
    }
    let end = position + (bytes.count - position) / 32 * 32
    lanes = ContentHash.stripes(bytes, position, end, lanes)
    rest += bytes[end...]
  }

  package mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

  /// The shape and the elements.
  package mutating func add(_ tensor: Tensor) {
    add(shape: tensor.shape)
    tensor.withUnsafeBufferPointer { add(UnsafeRawBufferPointer($0)) }
  }

  /// The shape and the elements.
  package mutating func add(_ indices: Indices) {
    add(shape: indices.shape)
    indices.values.withUnsafeBytes { add($0) }
  }

  private mutating func add(shape: Shape) {
    ([shape.rank] + Array(shape)).map { Int64($0).littleEndian }.withUnsafeBytes { add($0) }
  }

  /// Of a run's parts in their order, of which one that is missing counts, too.
  static func text(of parts: [(any HashedContent)?]) -> String {
    var hash = ContentHash()
    for part in parts {
      if let part { part.addContent(to: &hash) } else { hash.add([0]) }
    }
    return hash.text
  }

  /// 16 hexadecimal digits.
  package var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  var value: UInt64 {
    var hash: UInt64
    if count >= 32 {
      hash =
        ContentHash.rotated(lanes.0, 1) &+ ContentHash.rotated(lanes.1, 7) &+ ContentHash.rotated(lanes.2, 12)
        &+ ContentHash.rotated(lanes.3, 18)
      for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
        hash = (hash ^ ContentHash.round(0, lane)) &* ContentHash.prime1 &+ ContentHash.prime4
      }
    } else {
      hash = ContentHash.prime5
    }
    hash &+= count
    rest.withUnsafeBytes { bytes in
      var position = 0
      while position + 8 <= bytes.count {
        hash ^= ContentHash.round(0, ContentHash.word(bytes, position))
        hash = ContentHash.rotated(hash, 27) &* ContentHash.prime1 &+ ContentHash.prime4
        position += 8
      }
      if position + 4 <= bytes.count {
        let half = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
        hash ^= UInt64(half) &* ContentHash.prime1
        hash = ContentHash.rotated(hash, 23) &* ContentHash.prime2 &+ ContentHash.prime3
        position += 4
      }
      while position < bytes.count {
        hash ^= UInt64(bytes[position]) &* ContentHash.prime5
        hash = ContentHash.rotated(hash, 11) &* ContentHash.prime1
        position += 1
      }
    }
    hash = (hash ^ hash >> 33) &* ContentHash.prime2
    hash = (hash ^ hash >> 29) &* ContentHash.prime3
    return hash ^ hash >> 32
  }

  private static func stripes(
    _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ lanes: (UInt64, UInt64, UInt64, UInt64)
  ) -> (UInt64, UInt64, UInt64, UInt64) {
    var (a, b, c, d) = lanes
    for position in stride(from: start, to: end, by: 32) {
      a = round(a, word(bytes, position))
      b = round(b, word(bytes, position + 8))
      c = round(c, word(bytes, position + 16))
      d = round(d, word(bytes, position + 24))
    }
    return (a, b, c, d)
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }

  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotated(lane &+ word &* prime2, 31) &* prime1
  }

  private static func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }
}
