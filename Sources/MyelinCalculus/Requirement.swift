// `precondition` prints nothing in a release build; this says what was wrong there too.

/// Stops the program with `message` where `condition` does not hold: a misuse by the program.
@inline(__always)
func require(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  if !condition() { fatalError(message(), file: file, line: line) }
}
