import Myelin
import XCTest

final class VersionTests: XCTestCase {
  func testVersionHasThreeNumbers() {
    XCTAssertEqual(myelinVersion.split(separator: ".").compactMap { Int($0) }.count, 3)
  }
}
