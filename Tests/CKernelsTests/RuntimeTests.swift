import CKernels
import XCTest

final class RuntimeTests: XCTestCase {
  func testABIVersionOfHeaderAndLibraryAgree() {
    XCTAssertEqual(ck_abi_version(), CK_ABI_VERSION)
  }

  func testPortableIsAlwaysAvailableAndUnknownSetsAreRefused() {
    XCTAssertTrue(ck_isa_available(CK_ISA_PORTABLE))
    XCTAssertEqual(ck_set_isa(ck_isa(rawValue: 99)), CK_INVALID_ARGUMENT)
  }

  func testThreadCountRefusesNonsenseAndZeroRestoresTheDefault() {
    let before = ck_thread_count()
    XCTAssertEqual(ck_set_thread_count(-1), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_set_thread_count(1025), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_set_thread_count(0), CK_OK)
    XCTAssertEqual(ck_thread_count(), before)
  }

  func testFillReachesEachElementAndNoMore() {
    for count in [0, 1, 3, 4, 15, 16, 17, 1000, 200_001] {
      onEveryMachine {
        var values = [Float](repeating: -1, count: count + 1)
        XCTAssertEqual(ck_fill(Int64(count), 7, &values), CK_OK)
        return [values]
      } check: { outputs, isa in
        XCTAssertEqual(outputs[0], [Float](repeating: 7, count: count) + [-1], isa)
      }
    }
  }
}
