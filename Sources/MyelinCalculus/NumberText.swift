import Foundation

extension Double {
  /// At most `digits` significant digits, without trailing zeros: 0.25, 0.333, 12. The same in every locale.
  func text(digits: Int) -> String {
    guard self != 0 else { return "0" }
    let exponent = floor(log10(magnitude))
    let unit = pow(10, Double(digits - 1) - exponent)
    let rounded = unit.isNormal ? (self * unit).rounded() / unit : self
    let text = "\(rounded.isFinite ? rounded : self)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
