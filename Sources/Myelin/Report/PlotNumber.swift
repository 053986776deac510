/// How numbers are written on axes and in tables.
package enum PlotNumber {
  /// At most `digits` significant digits, without trailing zeros: 0.25, 1200, 3.1e-07.
  package static func short(_ value: Double, digits: Int = 4) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-∞" : "∞" }
    let text = NumberText.general(value, digits: digits)
    return text == "-0" ? "0" : text
  }

  /// Exactly `decimals` digits after the point.
  package static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return short(value) }
    let text = NumberText.fixed(value, decimals: decimals)
    return text.hasPrefix("-") && !text.contains(where: { ("1"..."9").contains($0) }) ? String(text.dropFirst()) : text
  }
}
