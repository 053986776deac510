import XCTest

func assertClose(
  _ actual: [Float], _ expected: [Double], relative: Double, absolute: Double = 0, _ message: String = "",
  file: StaticString = #filePath, line: UInt = #line
) {
  assertClose(
    actual, expected, within: Tolerance(relative: relative, absolute: absolute, because: ""), message, file: file,
    line: line)
}
