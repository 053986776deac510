import Foundation

extension Reference {
  /// Philox4x32-10 as in figure 2 of Salmon et al. 2011: one block of four words.
  public static func philox(counter: [UInt32], key: [UInt32]) -> [UInt32] {
    var c = counter
    var k = key
    for _ in 0..<10 {
      let a = c[0].multipliedFullWidth(by: 0xD251_1F53)
      let b = c[2].multipliedFullWidth(by: 0xCD9E_8D57)
      c = [b.high ^ c[1] ^ k[0], b.low, a.high ^ c[3] ^ k[1], a.low]
      k = [k[0] &+ 0x9E37_79B9, k[1] &+ 0xBB67_AE85]
    }
    return c
  }

  /// Word number `element` of the sequence of a 64-bit key.
  public static func randomWord(key: UInt64, element: UInt64) -> UInt32 {
    let block = element / 4
    let words = philox(
      counter: [UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32), 0, 0],
      key: [UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)])
    return words[Int(element % 4)]
  }

  /// [0, 1) with 24 bits.
  public static func randomUnit(key: UInt64, element: UInt64) -> Double {
    Double(randomWord(key: key, element: element) >> 8) / 16_777_216
  }

  /// Box & Muller 1958: words 2k and 2k + 1 give r cos θ and r sin θ with r² = −2 ln((w + 1) / 2³²), θ = 2π w′ / 2³².
  public static func randomNormal(key: UInt64, element: UInt64) -> Double {
    let first = randomWord(key: key, element: element & ~1)
    let second = randomWord(key: key, element: element | 1)
    let radius = (-2 * log((Double(first) + 1) / 4_294_967_296)).squareRoot()
    let angle = 2 * Double.pi * Double(second) / 4_294_967_296
    return radius * (element % 2 == 0 ? cos(angle) : sin(angle))
  }
}
