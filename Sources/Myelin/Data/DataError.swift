import Foundation

/// Data from outside that cannot be used: which file, where in it, and what was expected there.
///
/// `description` is one line, ready to be printed:
/// `iris.csv, line 17: column "petal width (cm)": expected a number, found "abc"`.
public struct DataError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
  /// Where in the file: a line of a text file (from 1) or a byte of a binary one (from 0).
  public enum Position: Equatable, Sendable {
    /// A line of a text file, from 1.
    case line(Int)
    /// A byte of a binary file, from 0.
    case byte(Int)
  }

  /// The file's path as it was given, or another name for where the data came from.
  public var source: String
  /// Where in the source; nil where it is about the whole.
  public var position: Position?
  /// What is wrong, or what part of the file `expected` and `found` are about.
  public var message: String
  /// What would have been right; nil where the message says all.
  public var expected: String?
  /// What stands there instead.
  public var found: String?

  /// An error about a line, a byte, or (with neither) the whole of `source`.
  public init(
    _ source: String, line: Int? = nil, byte: Int? = nil, _ message: String = "", expected: String? = nil,
    found: String? = nil
  ) {
    self.source = source
    position = line.map(Position.line) ?? byte.map(Position.byte)
    self.message = message
    self.expected = expected
    self.found = found
  }

  public var description: String {
    var text = source
    switch position {
    case .line(let line): text += ", line \(line)"
    case .byte(let byte): text += ", byte \(byte)"
    case nil: break
    }
    let comparison = [expected.map { "expected \($0)" }, found.map { "found \($0)" }].compactMap { $0 }
    let parts = [message, comparison.joined(separator: ", ")].filter { !$0.isEmpty }
    return ([text] + parts).joined(separator: ": ")
  }

  public var errorDescription: String? { description }
}

extension DataError {
  /// A value from a file as an error shows it: quoted, on one line, shortened when long.
  package static func quoted(_ value: String) -> String {
    let limit = 60
    var text = ""
    for scalar in value.unicodeScalars.prefix(limit) {
      text += scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return "\"\(text)\(value.unicodeScalars.count > limit ? "…" : "")\""
  }

  /// The candidates that `name` may be a misspelling of, best first, at most three.
  static func closeNames(to name: String, among candidates: [String]) -> [String] {
    let wanted = Array(name.lowercased().utf8)
    let scored = candidates.map { candidate -> (name: String, distance: Int) in
      let other = Array(candidate.lowercased().utf8)
      if other == wanted { return (candidate, 0) }
      let distance = EditErrors.distance(wanted, other)
      let contained = !wanted.isEmpty && candidate.lowercased().contains(name.lowercased())
      return (candidate, contained ? min(distance, 1) : distance)
    }
    let limit = min(max(2, wanted.count / 3), wanted.count - 1)
    return scored.filter { $0.distance == 0 || $0.distance <= limit }
      .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }

  /// `did you mean "a" or "b"?` when there are close names, else the names there are.
  package static func suggestion(for name: String, among candidates: [String]) -> String {
    let close = closeNames(to: name, among: candidates)
    if !close.isEmpty { return "did you mean \(close.map { "\"\($0)\"" }.joined(separator: " or "))?" }
    let shown = candidates.prefix(20).map { "\"\($0)\"" }.joined(separator: ", ")
    return "there are: \(shown)\(candidates.count > 20 ? ", and \(candidates.count - 20) more" : "")"
  }
}
