import Myelin
import MyelinCalculus

/// One notion of the notes: stated, computed with the library, drawn, and open to change by options.
package struct Lesson: Sendable {
  /// What is typed: `myelin learn NAME`.
  package let name: String
  package let title: String
  /// One line for the list of lessons.
  package let summary: String
  package let options: [Option]
  private let make: @Sendable (LessonValues) throws -> Document

  package struct Option: Sendable {
    package let name: String
    package let initial: String
    package let help: String

    init(_ name: String, _ initial: String, _ help: String) {
      (self.name, self.initial, self.help) = (name, initial, help)
    }
  }

  init(
    _ name: String, title: String, summary: String, options: [Option],
    make: @escaping @Sendable (LessonValues) throws -> Document
  ) {
    (self.name, self.title, self.summary, self.options, self.make) = (name, title, summary, options, make)
  }

  /// The lesson with these values of its options, the others as they are by default.
  /// - Throws: `LessonError` for an unknown option or a value that it cannot use.
  package func document(_ values: [String: String] = [:]) throws -> Document {
    for name in values.keys.sorted() where !options.contains(where: { $0.name == name }) {
      let known = options.map { "--\($0.name)" }.joined(separator: ", ")
      throw LessonError(
        "unknown option --\(name) of lesson \(self.name): "
          + (known.isEmpty ? "it has none" : "expected one of \(known)"))
    }
    return try make(LessonValues(lesson: self, given: values))
  }

  /// Reads `--name value` and `--name=value`.
  package func parse(_ arguments: [String]) throws -> [String: String] {
    var result: [String: String] = [:]
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--"), argument.count > 2 else {
        throw LessonError("unexpected \"\(argument)\": expected an option of lesson \(name), such as --name value")
      }
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let option = String(parts[0])
      if parts.count == 2 {
        result[option] = String(parts[1])
      } else if let value = rest.popFirst() {
        result[option] = value
      } else {
        throw LessonError("option --\(option) of lesson \(name) needs a value")
      }
    }
    return result
  }
}

/// Something a lesson cannot do, in one line.
package struct LessonError: Error, Equatable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

/// The values of a lesson's options, read and checked.
struct LessonValues {
  let lesson: Lesson
  let given: [String: String]

  func isGiven(_ name: String) -> Bool { given[name] != nil }

  func text(_ name: String) -> String {
    given[name] ?? lesson.options.first { $0.name == name }?.initial ?? ""
  }

  private func wrong(_ name: String, _ expected: String) -> LessonError {
    LessonError("--\(name) \(text(name)): expected \(expected)")
  }

  func number(_ name: String, in range: ClosedRange<Double> = -1e6...1e6) throws -> Double {
    guard let value = Double(text(name)), range.contains(value) else {
      throw wrong(name, "a number from \(short(range.lowerBound)) to \(short(range.upperBound))")
    }
    return value
  }

  func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int {
    guard let value = Int(text(name)), range.contains(value) else {
      throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// Numbers with commas between them.
  func numbers(_ name: String, count: Int, in range: ClosedRange<Double> = -1e6...1e6) throws -> [Double] {
    let parts = text(name).split(separator: ",", omittingEmptySubsequences: false).map {
      Double($0.trimmed)
    }
    let values = parts.compactMap { $0 }
    guard parts.count == count, values.count == count, values.allSatisfy(range.contains) else {
      throw wrong(
        name, "\(count) numbers from \(short(range.lowerBound)) to \(short(range.upperBound)) with commas between them")
    }
    return values
  }

  func choice<Value>(_ name: String, _ choices: [(String, Value)]) throws -> Value {
    guard let match = choices.first(where: { $0.0 == text(name).lowercased() }) else {
      throw wrong(name, "one of \(choices.map(\.0).joined(separator: ", "))")
    }
    return match.1
  }

  func formula(_ name: String, variables: [String]) throws -> Formula {
    do {
      return try Formula(text(name), variables: variables)
    } catch {
      throw LessonError("--\(name) \(error)")
    }
  }
}

extension Substring {
  var trimmed: String {
    var part = self
    while part.first?.isWhitespace == true { part = part.dropFirst() }
    while part.last?.isWhitespace == true { part = part.dropLast() }
    return String(part)
  }
}

// MARK: How lessons write numbers

/// With a true minus sign.
func short(_ value: Double, _ digits: Int = 5) -> String {
  PlotNumber.short(value, digits: digits).replacing("-", with: "−")
}

/// A point or vector.
func tuple(_ values: [Double], _ digits: Int = 5) -> String {
  "(" + values.map { short($0, digits) }.joined(separator: ", ") + ")"
}

/// A number as a factor or a summand: negative ones in parentheses.
func factor(_ value: Double, _ digits: Int = 5) -> String {
  value < 0 ? "(\(short(value, digits)))" : short(value, digits)
}
