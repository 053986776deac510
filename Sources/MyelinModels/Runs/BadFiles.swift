import Myelin

/// What is done about files that cannot be used.
package enum BadFiles: String, Codable, CaseIterable, Sendable {
  /// Nothing is done before they are mended or taken away.
  case refuse
  /// They are left out, and told.
  case skip
}

extension BadFiles {
  /// - Parameter warn: is told of each that is left out.
  /// - Throws: the first bad file, with how many there are, where they are refused.
  func check(_ bad: [DataError], warn: (String) -> Void) throws {
    switch self {
    case .refuse: if let error = bad.asOne { throw error }
    case .skip: for error in bad { warn("left out: \(error)") }
    }
  }
}

extension [DataError] {
  /// The bad files in one line: the first, and how many there are besides.
  fileprivate var asOne: DataError? {
    guard var error = first else { return nil }
    let more = count - 1
    let others = more == 0 ? "" : "and \(more) more bad file\(more == 1 ? "" : "s"); "
    // At the end of the line, after what was expected and found.
    let hint = "\(others)--bad-files skip leaves \(more == 0 ? "it" : "them") out"
    if let found = error.found {
      error.found = "\(found) (\(hint))"
    } else if let expected = error.expected {
      error.expected = "\(expected) (\(hint))"
    } else {
      error.message += " (\(hint))"
    }
    return error
  }
}
