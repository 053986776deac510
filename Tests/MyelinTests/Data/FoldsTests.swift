import Myelin
import XCTest

final class FoldsTests: XCTestCase {
  private func check(_ folds: Folds, rows: Int, file: StaticString = #filePath, line: UInt = #line) {
    XCTAssertEqual((0..<folds.count).flatMap(folds.heldOut).sorted(), Array(0..<rows), file: file, line: line)
    let sizes = (0..<folds.count).map { folds.heldOut($0).count }
    XCTAssertLessThanOrEqual(sizes.max()! - sizes.min()!, 1, file: file, line: line)
    for fold in 0..<folds.count {
      XCTAssertEqual(
        (folds.heldOut(fold) + folds.training(fold)).sorted(), Array(0..<rows), "fold \(fold)", file: file, line: line)
    }
  }

  func testEachRowIsHeldOutOnce() {
    for rows in [2, 7, 100, 1001] {
      for count in [2, 5, 8] where count <= rows {
        check(Folds(count, rows: rows, seed: 1), rows: rows)
        check(Folds(count, labels: (0..<rows).map { Int32($0 % 3) }, seed: 1), rows: rows)
        check(Folds(count, targets: (0..<rows).map { Float($0 * $0 % 31) }, seed: 1), rows: rows)
      }
    }
  }

  func testClassesAndTargetsAreSpread() {
    let labels = (0..<1000).map { Int32($0 < 943 ? 0 : $0 < 983 ? 1 : 2) }
    let folds = Folds(8, labels: labels, seed: 5)
    for fold in 0..<8 {
      let held = folds.heldOut(fold)
      for (label, rows) in [(0, 943), (1, 40), (2, 17)] {
        XCTAssertEqual(Double(held.count { labels[$0] == label }), Double(rows) / 8, accuracy: 1.01)
      }
    }
    let targets = (0..<800).map { Float($0) }
    let ranked = Folds(8, targets: targets, seed: 5)
    for fold in 0..<8 {
      let held = ranked.heldOut(fold).map { targets[$0] }
      // One of each eight neighbours.
      XCTAssertEqual(held.map { Int($0) / 8 }, Array(0..<100))
    }
  }

  func testGroupsStayTogether() {
    let groups = (0..<100).map { Int32($0 * $0 % 17) }
    let folds = Folds(4, groups: groups, seed: 1)
    for group in Set(groups) {
      XCTAssertEqual(Set(groups.indices.filter { groups[$0] == group }.map { folds.assignment[$0] }).count, 1)
    }
    let sizes = (0..<4).map { folds.heldOut($0).count }
    XCTAssertEqual(sizes.reduce(0, +), 100)
    XCTAssertLessThanOrEqual(sizes.max()! - sizes.min()!, 12, "\(sizes)")
    XCTAssertEqual(folds, Folds(4, groups: groups, seed: 1))
    XCTAssertNotEqual(folds, Folds(4, groups: groups, seed: 2))
  }

  func testTheSeedDecides() {
    XCTAssertEqual(Folds(5, rows: 100, seed: 1), Folds(5, rows: 100, seed: 1))
    XCTAssertNotEqual(Folds(5, rows: 100, seed: 1), Folds(5, rows: 100, seed: 2))
  }
}
