import Foundation
import Myelin
import XCTest

/// A folder that is removed when the test ends.
func temporaryFolder(_ test: XCTestCase) throws -> URL {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("myelin-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  test.addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
  return folder
}

/// The one line that `body` throws as a `DataError`.
func errorLine<T>(
  file: StaticString = #filePath, line: UInt = #line, _ body: () throws -> T
) -> String {
  do {
    _ = try body()
    XCTFail("nothing was thrown", file: file, line: line)
    return ""
  } catch let error as DataError {
    XCTAssertFalse(error.description.contains("\n"), "not one line: \(error)", file: file, line: line)
    return error.description
  } catch {
    XCTFail("another error was thrown: \(error)", file: file, line: line)
    return ""
  }
}

func bytes(base64 text: String) -> [UInt8] { [UInt8](Data(base64Encoded: text)!) }

/// Damages a file in many ways and gives each to `read`, which must throw a `DataError` or succeed, never trap.
///
/// Returns how many were refused.
@discardableResult
func fuzz(
  _ original: [UInt8], seed: UInt64, flips: Int = 400, file: StaticString = #filePath, line: UInt = #line,
  _ read: ([UInt8]) throws -> Void
) -> Int {
  var refused = 0
  func attempt(_ bytes: [UInt8]) {
    do { try read(bytes) } catch let error as DataError {
      refused += 1
      XCTAssertFalse(error.description.contains("\n"), "not one line: \(error)", file: file, line: line)
    } catch {
      XCTFail("another error was thrown: \(error)", file: file, line: line)
    }
  }
  for length in 0..<min(original.count, 600) { attempt(Array(original.prefix(length))) }
  var state = seed
  func random(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }
  for _ in 0..<flips {
    var damaged = original
    for _ in 0...random(3) {
      let index = random(damaged.count)
      switch random(4) {
      case 0: damaged[index] ^= 1 << UInt8(random(8))
      case 1: damaged[index] = UInt8(random(256))
      case 2: damaged[index] = [0, 0xff, 0x7f, 0x80][random(4)]
      default: damaged.insert(UInt8(random(256)), at: index)
      }
    }
    attempt(damaged)
  }
  return refused
}
