import Foundation
import XCTest

@testable import Myelin

final class DataFileTemporariesTests: XCTestCase {
  func testOnlyTemporariesOfDeadProcessesGo() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // No process has the number 99999999; this one is alive.
    let mine = DataFile.temporaryName(for: "a.csv", process: ProcessInfo.processInfo.processIdentifier, attempt: 0)
    let dead = DataFile.temporaryName(for: "a.csv", process: 99_999_999, attempt: 3)
    let other = DataFile.temporaryName(for: "b.csv", process: 99_999_999, attempt: 0)
    let foreign = [".hidden.tmp", ".a.csv.x-0.tmp", "a.csv.99999999-0.tmp", ".a.csv.0-0.tmp", ".a.csv.-1-0.tmp"]
    for name in [mine, dead, other] + foreign { try DataFile.write([1], to: folder.appendingPathComponent(name)) }
    func names() throws -> Set<String> { Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)) }
    DataFile.removeAbandonedTemporaries(in: folder, of: "a.csv")
    XCTAssertEqual(try names(), Set([mine, other] + foreign))
    DataFile.removeAbandonedTemporaries(in: folder)
    XCTAssertEqual(try names(), Set([mine] + foreign))
  }

  func testAppends() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: url) }
    XCTAssertThrowsError(try DataFile.append([1], to: url), "the file is not there")
    try DataFile.write([1], to: url)
    try DataFile.append([2, 3], to: url)
    XCTAssertEqual(try DataFile.read(url), [1, 2, 3])
    #if os(Linux)
      XCTAssertThrowsError(try DataFile.append([1], to: URL(fileURLWithPath: "/dev/full"))) {
        XCTAssertEqual("\($0)", "/dev/full: cannot be written: No space left on device")
      }
    #endif
  }
}
