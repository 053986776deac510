import Foundation

/// What the terminal (or the file that stands in for it) can show.
public struct TerminalStyle: Sendable, Equatable {
  /// Braille, blocks and box lines; else plain ASCII.
  public var usesUnicode: Bool
  /// ANSI colours.
  public var usesColor: Bool

  /// A style by hand; ``detect(isTerminal:environment:)`` finds the one that fits.
  public init(usesUnicode: Bool = true, usesColor: Bool = false) {
    self.usesUnicode = usesUnicode
    self.usesColor = usesColor
  }

  /// From the environment: no colour when the output is not a terminal, with `NO_COLOR` (no-color.org) or `TERM=dumb`;
  /// ASCII where the locale is not UTF-8.
  public static func detect(
    isTerminal: Bool, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> TerminalStyle {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    let isUTF8 = locale.map { $0.lowercased().contains("utf-8") || $0.lowercased().contains("utf8") } ?? true
    let term = environment["TERM"] ?? ""
    let asksForNone = !(environment["NO_COLOR"] ?? "").isEmpty
    return TerminalStyle(usesUnicode: isUTF8, usesColor: isTerminal && !asksForNone && term != "dumb" && !term.isEmpty)
  }

  func colored(_ text: String, _ color: Int?) -> String {
    guard usesColor, let color, !text.isEmpty else { return text }
    return "\u{1B}[38;5;\(color)m\(text)\u{1B}[0m"
  }

  package func bold(_ text: String) -> String { usesColor ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

  package func faint(_ text: String) -> String { usesColor ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
}
