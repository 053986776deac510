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

  func testCachesGrowWithTheirLevelAndAgreeWithTheKernel() throws {
    XCTAssertGreaterThanOrEqual(ck_cache_size(1), 8 << 10)
    XCTAssertGreaterThan(ck_cache_size(2), ck_cache_size(1))
    XCTAssertGreaterThan(ck_cache_size(3), ck_cache_size(2))
    let folder = "/sys/devices/system/cpu/cpu0/cache/index3"
    guard let level = try? String(contentsOfFile: folder + "/level", encoding: .utf8), level == "3\n" else {
      throw XCTSkip("this kernel describes no third cache")
    }
    let size = try String(contentsOfFile: folder + "/size", encoding: .utf8)
    XCTAssertEqual("\(ck_cache_size(3) / 1024)K\n", size)
  }
}
