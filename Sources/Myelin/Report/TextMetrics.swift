/// How much room a text needs in a picture. Whoever reads the picture has a font of their own from the stack
/// `system-ui, …, "Segoe UI", Roboto, sans-serif`: these are, character by character, the advance widths of the wider of
/// DejaVu Sans and Liberation Sans (which has Arial's), read from their `hmtx` tables. The other fonts are narrower.
package enum TextMetrics {
  /// The size of all texts but titles, in pixels.
  package static let size = 12.0
  package static let titleSize = 14.0
  /// From the baseline up to the tallest letters, and down below it; shares of the size.
  package static let ascent = 0.78
  package static let descent = 0.24
  static let lineHeight = 15.0

  /// In pixels. Titles are bold.
  package static func width(_ text: String, size: Double = TextMetrics.size, isBold: Bool = false) -> Double {
    var sum = 0
    for scalar in text.unicodeScalars { sum += advance(scalar, isBold) }
    return Double(sum) / 1000 * size
  }

  /// The text, cut with an ellipsis where it is wider than `width`.
  package static func shortened(_ text: String, width limit: Double) -> String {
    guard width(text) > limit else { return text }
    var result = text
    while !result.isEmpty, width(result + "…") > limit { result.removeLast() }
    return result + "…"
  }

  /// Lines no wider than `width`, broken between words; the last of `count` ends with an ellipsis where more would
  /// follow.
  package static func lines(
    _ text: String, width limit: Double, count: Int, size: Double = TextMetrics.size, isBold: Bool = false
  ) -> [String] {
    guard !text.isEmpty else { return [] }
    func fits(_ line: String) -> Bool { width(line, size: size, isBold: isBold) <= limit }
    var result: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      var word = String(word)
      if !line.isEmpty, fits(line + " " + word) {
        line += " " + word
        continue
      }
      if !line.isEmpty { result.append(line) }
      while !fits(word), word.count > 1 {
        var part = word
        while part.count > 1, !fits(part) { part.removeLast() }
        result.append(part)
        word.removeFirst(part.count)
      }
      line = word
    }
    result.append(line)
    guard result.count > count else { return result }
    result = Array(result.prefix(count))
    while !fits(result[count - 1] + "…"), result[count - 1].count > 1 { result[count - 1].removeLast() }
    result[count - 1] += "…"
    return result
  }

  private static func advance(_ scalar: Unicode.Scalar, _ isBold: Bool) -> Int {
    let value = Int(scalar.value)
    if (32..<127).contains(value) { return (isBold ? bold : regular)[value - 32] }
    let width =
      switch scalar.value {
      case 0x2070...0x209F, 0xB2, 0xB3, 0xB9: 530
      // Primes, dashes and points.
      case 0x2010...0x2015, 0x2018...0x2023, 0x2032, 0xB7: 520
      case 0x2026, 0x2190...0x22FF, 0xD7: 1000
      // East Asian scripts, full-width forms and pictographs take a square.
      case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60: 1000
      case 0x1F000...0x1FAFF: 1300
      default:
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: 0
        case .uppercaseLetter, .titlecaseLetter: 950
        default: 720
        }
      }
    return isBold ? width * 11 / 10 : width
  }

  /// U+0020 … U+007E, in thousandths of the size.
  private static let regular = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 556, 1015, 684, 686, 722, 770, 667, 611, 778, 752, 295, 500, 667, 557, 863,
    748, 787, 667, 787, 722, 667, 611, 732, 684, 989, 685, 667, 685, 390, 337, 390, 838, 556, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
  ]
  private static let bold = [
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696, 696, 696,
    696, 696, 696, 400, 400, 838, 838, 838, 611, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 556, 775, 637, 995,
    837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 556, 500, 675, 716, 593, 716,
    678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712,
    365, 712, 838,
  ]
}
