// Misuse by the program. `precondition` prints nothing in a release build; these say what was wrong there too.

/// Stops the program with `message` where `condition` does not hold: `require(a.shape == b.shape, "dot: shapes …")`.
///
/// The message is made only then. For bad data from outside, throw a ``DataError`` instead.
@inline(__always)
package func require(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  // The message is passed on unmade: put together here it would swell every small function that has a requirement.
  if !condition() { stop(message, file, line) }
}

/// Stops the program with `message`: a place that only a mistake of the program can reach.
@inline(__always)
package func misuse(_ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line) -> Never {
  stop(message, file, line)
}

@inline(never)
package func stop(_ message: () -> String, _ file: StaticString, _ line: UInt) -> Never {
  fatalError(message(), file: file, line: line)
}
