// Misuse by the program. `precondition` prints nothing in a release build; these say what was wrong there too.

/// Stops the program with `message` where `condition` does not hold: `require(a.shape == b.shape, "dot: shapes …")`.
///
/// The message is made only then. For bad data from outside, throw a ``DataError`` instead.
@inline(__always)
package func require(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  if !condition() { misuse(message(), file: file, line: line) }
}

/// Stops the program with `message`: a place that only a mistake of the program can reach.
@inline(never)
package func misuse(_ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line) -> Never {
  fatalError(message(), file: file, line: line)
}
