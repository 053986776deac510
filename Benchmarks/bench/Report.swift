import Foundation
import Myelin

/// One value of a JSON line.
enum JSONValue: ExpressibleByStringLiteral {
  case text(String)
  case integer(Int)
  case number(Double, decimals: Int)
  case null

  init(stringLiteral value: String) { self = .text(value) }

  var encoded: String {
    switch self {
    case .text(let text):
      // Names, messages and file names: nothing but quotes, backslashes and control characters needs an escape.
      let escaped = text.unicodeScalars.map { scalar -> String in
        switch scalar {
        case "\"", "\\": "\\\(scalar)"
        case _ where scalar.value < 32: "\\u00\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))"
        default: String(scalar)
        }
      }
      return "\"\(escaped.joined())\""
    case .integer(let value): return String(value)
    case .number(let value, let decimals):
      return value.isFinite ? NumberText.fixed(value, decimals: decimals) : "null"
    case .null: return "null"
    }
  }
}

/// Prints results as they come: tables for people, or one JSON object a line for programs.
final class Report {
  let json: Bool
  private var widths: [Int] = []
  private var names = 1

  init(json: Bool) { self.json = json }

  /// A line for people.
  func text(_ line: String) {
    if !json { print(line) }
  }

  /// Begins a table. The first `names` columns are text, the others numbers.
  func table(_ title: String, names: Int = 1, columns: [(title: String, width: Int)]) {
    guard !json else { return }
    self.names = names
    widths = columns.map { max($0.width, $0.title.count) }
    print("\n\(title)")
    print(line(columns.map(\.title)))
    print(widths.map { String(repeating: "-", count: $0) }.joined(separator: "  "))
  }

  func row(_ cells: [String], json fields: KeyValuePairs<String, JSONValue>) {
    if json {
      let members = fields.map { "\(JSONValue.text($0.key).encoded):\($0.value.encoded)" }
      print("{\(members.joined(separator: ","))}")
    } else {
      print(line(cells))
    }
    // A pipe would hold rows back for minutes.
    fflush(nil)
  }

  private func line(_ cells: [String]) -> String {
    zip(cells, widths).enumerated().map { index, pair in
      let (cell, width) = pair
      let padding = String(repeating: " ", count: max(0, width - cell.count))
      return index < names ? cell + padding : padding + cell
    }.joined(separator: "  ")
  }
}

/// Three significant digits or so, without an exponent: 0.0123, 4.56, 78.9, 1234.
func compact(_ value: Double) -> String {
  guard value.isFinite else { return "–" }
  let magnitude = abs(value)
  let decimals = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : magnitude >= 0.1 ? 3 : 4
  return NumberText.fixed(value, decimals: decimals)
}

func percentText(_ part: Double, of whole: Double) -> String {
  whole > 0 ? NumberText.fixed(100 * part / whole, decimals: 1) + "%" : "–"
}

func percent(_ part: Double, of whole: Double) -> JSONValue {
  whole > 0 ? .number(100 * part / whole, decimals: 2) : .null
}
