import Myelin
import XCTest

final class SplitTests: XCTestCase {
  private func check(_ split: Split, count: Int, file: StaticString = #filePath, line: UInt = #line) {
    XCTAssertEqual(
      (split.training + split.validation + split.test).sorted(), Array(0..<count), file: file, line: line)
  }

  func testEachRowIsInOnePart() {
    for count in [0, 1, 2, 7, 100, 1797] {
      for (validation, test) in [(0.0, 0.2), (0.1, 0.2), (0.25, 0.5), (0, 0)] {
        let split = Split(count: count, validation: validation, test: test, seed: 3)
        check(split, count: count)
        XCTAssertEqual(split.test.count, Int((Double(count) * test).rounded()))
        let labels = (0..<count).map { Int32($0 % 3 == 0 ? 7 : $0 % 5) }
        let stratified = Split(labels: labels, validation: validation, test: test, seed: 3)
        check(stratified, count: count)
        XCTAssertEqual(stratified.test.count, split.test.count)
        XCTAssertEqual(stratified.validation.count, split.validation.count)
      }
    }
  }

  func testClassesKeepTheirShares() {
    let labels = (0..<1000).map { Int32($0 < 859 ? 0 : $0 < 990 ? 1 : 2) }
    let split = Split(labels: labels, validation: 0.1, test: 0.2, seed: 1)
    func counts(_ rows: [Int]) -> [Int] { (0..<3).map { label in rows.count { labels[$0] == Int32(label) } } }
    XCTAssertEqual(counts(split.test), [172, 26, 2])
    XCTAssertEqual(counts(split.validation), [86, 13, 1])
    XCTAssertEqual(counts(split.training), [601, 92, 7])
    // Mixed, not class by class.
    XCTAssertGreaterThan(counts(Array(split.training.suffix(100)))[0], 50)
  }

  /// The split of a seed is a promise: runs are compared across versions and machines.
  ///
  /// Made by an implementation in Python of what `Split` documents:
  ///
  ///     def splitmix(s):
  ///         while True:
  ///             s = (s + 0x9e3779b97f4a7c15) % 2**64; z = s
  ///             z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 % 2**64; z = (z ^ z >> 27) * 0x94d049bb133111eb % 2**64
  ///             yield z ^ z >> 31
  ///     def order(n, seed):
  ///         g = splitmix(seed); a = list(range(n))
  ///         for i in range(n - 1, 0, -1): j = next(g) * (i + 1) >> 64; a[i], a[j] = a[j], a[i]
  ///         return a
  func testTheSplitOfASeedNeverChanges() {
    let split = Split(count: 12, validation: 0.25, test: 0.25, seed: 42)
    XCTAssertEqual(split.test + split.validation + split.training, [9, 7, 11, 5, 4, 10, 6, 0, 3, 2, 1, 8])
    XCTAssertEqual(split.test.count, 3)
    XCTAssertEqual(split.validation.count, 3)
    XCTAssertNotEqual(split, Split(count: 12, validation: 0.25, test: 0.25, seed: 43))
    let labels = (0..<12).map { Int32($0 % 2) }
    let order = [9, 7, 11, 5, 4, 10, 6, 0, 3, 2, 1, 8]
    // A stratified part takes the first of each class in the same order.
    let stratified = Split(labels: labels, test: 0.5, seed: 42)
    let expected = Set(order.filter { $0 % 2 == 0 }.prefix(3) + order.filter { $0 % 2 == 1 }.prefix(3))
    XCTAssertEqual(stratified.test, order.filter(expected.contains))
  }
}
