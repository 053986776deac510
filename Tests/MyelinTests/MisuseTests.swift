import Foundation
import XCTest

/// What the library says when a program uses it wrongly: the operation and both shapes. `MYELIN_MISUSE` names the program
/// of another build, as CI does with the release build.
final class MisuseTests: XCTestCase {
  private static var executable: URL {
    if let path = ProcessInfo.processInfo.environment["MYELIN_MISUSE"] { return URL(fileURLWithPath: path) }
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? Bundle.main
    let folder =
      bundle.bundlePath.hasSuffix(".xctest") ? bundle.bundleURL.deletingLastPathComponent() : bundle.bundleURL
    return folder.appendingPathComponent("misuse")
  }

  /// What the program leaves on standard error before it is stopped.
  private func complaint(_ name: String) throws -> String {
    let process = Process()
    process.executableURL = Self.executable
    process.arguments = [name]
    // Swift's own report of a crash takes seconds, and is not what is looked at.
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    let pipe = Pipe()
    process.standardError = pipe
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    XCTAssertEqual(process.terminationReason, .uncaughtSignal, "\(name) must not go on")
    return text
  }

  func testNamesTheOperationAndBothShapes() throws {
    let expected = [
      "matmul": "matmul: shapes [4, 3] and [5, 2] do not fit",
      "broadcast": "+: shapes [4, 3] and [4, 2] do not broadcast",
      "loss": "softmaxCrossEntropy: logits [4, 3] with labels [2]",
      "label": "softmaxCrossEntropy: a label outside -1 ..< 3",
      "dense": "dense: input [4, 5], weight [3, 2]",
      "backward": "backward: no parameter behind this value",
      "data": "TensorDataset: labels of shape [2] for inputs of shape [4, 3]",
    ]
    for (name, message) in expected {
      let found = try complaint(name)
      XCTAssertTrue(found.contains(message), "\(name): \(found)")
    }
  }

  func testTwoThreadsIntoOneParameterAreTold() throws {
    let found = try complaint("threads")
    XCTAssertTrue(found.contains("another thread's backward() is adding to the same parameter"), found)
  }
}
