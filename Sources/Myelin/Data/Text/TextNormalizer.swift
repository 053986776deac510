import Foundation

/// A change of a text before it is cut.
struct TextNormalizer: Sendable {
  private let change: @Sendable (String) -> String

  func callAsFunction(_ text: String) -> String { change(text) }

  static func read(_ field: JSONField) throws -> [TextNormalizer] {
    let type = try field.required("type")
    switch try type.text() {
    case "Sequence": return try field.required("normalizers").list().flatMap(read)
    case "BertNormalizer": return [try bert(field)]
    case "Lowercase": return [TextNormalizer { $0.lowercased() }]
    case "NFC": return [TextNormalizer { $0.precomposedStringWithCanonicalMapping }]
    case "NFD": return [TextNormalizer { $0.decomposedStringWithCanonicalMapping }]
    case "NFKC": return [TextNormalizer { $0.precomposedStringWithCompatibilityMapping }]
    case "NFKD": return [TextNormalizer { $0.decomposedStringWithCompatibilityMapping }]
    case "StripAccents": return [TextNormalizer(change: withoutMarks)]
    case "Strip":
      let (left, right) = (try field.required("strip_left").flag(), try field.required("strip_right").flag())
      return [TextNormalizer { stripped($0, left, right) }]
    case "Prepend":
      let prefix = try field.required("prepend").text()
      return [TextNormalizer { $0.isEmpty ? $0 : prefix + $0 }]
    case "Replace":
      let pattern = try field.required("pattern")
      guard let text = pattern[key: "String"] else { throw pattern.error(expected: "{\"String\": …}") }
      let (from, to) = (try text.text(), try field.required("content").text())
      if from.isEmpty { throw text.error(expected: "a text that is not empty") }
      return [TextNormalizer { replaced($0, from, to) }]
    default:
      throw type.error(
        expected:
          "BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, StripAccents, Strip, Prepend, Replace or Sequence")
    }
  }

  private static func bert(_ field: JSONField) throws -> TextNormalizer {
    func flag(_ key: String) throws -> Bool? { try field[key: key]?.flag() }
    let (cleans, separates) = (try flag("clean_text") ?? true, try flag("handle_chinese_chars") ?? true)
    let lowers = try flag("lowercase") ?? true
    let strips = try flag("strip_accents") ?? lowers
    return TextNormalizer { text in
      var text = text
      if cleans { text = cleaned(text) }
      if separates { text = separatingIdeographs(text) }
      if strips { text = withoutMarks(text.decomposedStringWithCanonicalMapping) }
      return lowers ? text.lowercased() : text
    }
  }

  private static func mapped(
    _ text: String, _ body: (Unicode.Scalar, inout String.UnicodeScalarView) -> Void
  ) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { body(scalar, &result) }
    return String(result)
  }

  private static func cleaned(_ text: String) -> String {
    mapped(text) { scalar, result in
      if scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar.properties.isWhitespace {
        result.append(" ")
        return
      }
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned: break
      default: if scalar.value != 0, scalar.value != 0xfffd { result.append(scalar) }
      }
    }
  }

  /// The blocks of CJK unified ideographs.
  private static let ideographs: [ClosedRange<UInt32>] = [
    0x4e00...0x9fff, 0x3400...0x4dbf, 0x20000...0x2a6df, 0x2a700...0x2b73f, 0x2b740...0x2b81f, 0x2b920...0x2ceaf,
    0xf900...0xfaff, 0x2f800...0x2fa1f,
  ]

  private static func separatingIdeographs(_ text: String) -> String {
    mapped(text) { scalar, result in
      let isIdeograph = scalar.value >= 0x3400 && ideographs.contains { $0.contains(scalar.value) }
      if isIdeograph { result.append(" ") }
      result.append(scalar)
      if isIdeograph { result.append(" ") }
    }
  }

  private static func withoutMarks(_ text: String) -> String {
    mapped(text) { scalar, result in
      if scalar.properties.generalCategory != .nonspacingMark { result.append(scalar) }
    }
  }

  private static func stripped(_ text: String, _ left: Bool, _ right: Bool) -> String {
    var scalars = Substring(text).unicodeScalars
    if left { scalars = scalars.drop { $0.properties.isWhitespace } }
    if right { while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() } }
    return String(Substring(scalars))
  }

  /// By bytes: of characters that are put together of several, a part may be what is meant.
  static func replaced(_ text: String, _ from: String, _ to: String) -> String {
    let (bytes, wanted, new) = (Array(text.utf8), Array(from.utf8), Array(to.utf8))
    var result: [UInt8] = []
    var place = 0
    while place < bytes.count {
      if bytes[place...].starts(with: wanted) {
        result += new
        place += wanted.count
      } else {
        result.append(bytes[place])
        place += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
