#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Numbers as text that every program reads: the same whatever locale the host has set.
///
/// `String(format:)` and `printf` write the decimal sign of the process's locale, so that a program with a German one
/// would write commas into a CSV or SVG file. Here C's own conversions run under the "C" locale of this thread alone.
package enum NumberText {
  /// C's `%.*f`: exactly `decimals` digits after the point, rounded to nearest.
  package static func fixed(_ value: Double, decimals: Int) -> String { formatted("%.*f", decimals, value) }

  /// C's `%.*g`: at most `digits` significant digits, without trailing zeros.
  package static func general(_ value: Double, digits: Int) -> String { formatted("%.*g", digits, value) }

  private static func formatted(_ format: String, _ precision: Int, _ value: Double) -> String {
    let previous = uselocale(plainLocale)
    defer { uselocale(previous) }
    return withVaList([Int32(truncatingIfNeeded: precision), value]) { arguments in
      // The largest Double has 309 digits before the point.
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 330 + max(0, precision)) { buffer in
        _ = vsnprintf(buffer.baseAddress, buffer.count, format, arguments)
        return String(cString: buffer.baseAddress!)
      }
    }
  }

  /// Never freed or changed. Without a base the other categories are those of "C" too.
  nonisolated(unsafe) private static let plainLocale = newlocale(numericMask, "C", nil)

  #if canImport(Darwin)
    private static let numericMask = LC_NUMERIC_MASK
  #else
    private static let numericMask: Int32 = 1 << LC_NUMERIC
  #endif
}
