import Foundation
import XCTest

/// Output that nobody takes, and machines that lack what one expects.
final class OutputTests: XCTestCase {
  /// Training goes on when those who watch are gone, and the loss of the output is told.
  func testAClosedPipeDoesNotEndATraining() throws {
    let shell = try Shell(self)
    for extra in [[], ["--json"]] {
      let pipe = Pipe()
      try pipe.fileHandleForReading.close()
      let result = try shell.start(
        ["train", "iris", "--epochs", "3", "--output", "run\(extra.count)"] + extra,
        standardOutput: pipe.fileHandleForWriting
      ).finish()
      XCTAssertEqual(result.reason, .exit)
      XCTAssertEqual(result.status, 1)
      XCTAssertEqual(result.complaints, "error: standard output: cannot be written: Broken pipe\n")
      XCTAssertTrue(shell.exists("run\(extra.count)/model.safetensors"))
      XCTAssertEqual(try shell.text("run\(extra.count)/log.csv").split(separator: "\n").count, 4)
    }
  }

  func testALogThatCannotBeWritten() throws {
    let shell = try Shell(self)
    try shell.run("train", "iris", "--epochs", "1", "--output", "run", "--json")
    try FileManager.default.removeItem(atPath: shell.path("run/log.csv"))
    try FileManager.default.createDirectory(atPath: shell.path("run/log.csv"), withIntermediateDirectories: true)
    let result = try shell.run("train", "--resume", "run", "--epochs", "2", "--json")
    XCTAssertEqual(result.status, 1)
    XCTAssertTrue(result.complaints.hasPrefix("error: run/log.csv: "), result.complaints)
    XCTAssertEqual(result.complaints.split(separator: "\n").count, 1, result.complaints)
  }

  #if os(Linux)
    /// Help that nobody gets is not a success.
    func testHelpToAFullDisk() throws {
      let shell = try Shell(self)
      for arguments in [["--help"], ["train", "--help"], ["help", "train"], ["--version"], []] {
        let full = try XCTUnwrap(FileHandle(forWritingAtPath: "/dev/full"))
        let result = try shell.start(arguments, standardOutput: full).finish()
        XCTAssertEqual(result.status, 1, "\(arguments)")
        XCTAssertEqual(result.complaints, "error: standard output: cannot be written: No space left on device\n")
      }
    }

    /// A chroot or container without /proc, which is where Swift looks for the arguments.
    func testWithoutProc() throws {
      let shell = try Shell(self)
      func withoutProc(_ command: String) throws -> Shell.Result {
        try shell.start(
          ["-c", "exec unshare -m sh -c 'mount -t tmpfs none /proc && exec \(command)'"], program: "/bin/sh"
        ).finish()
      }
      try XCTSkipIf(try withoutProc("true").status != 0, "needs the right to mount")
      let help = try withoutProc("\(Shell.executable.path) train --help")
      XCTAssertTrue(help.output.contains("--epochs"), help.output)
      let trained = try withoutProc("\(Shell.executable.path) train iris --epochs 1 --json --output run")
      XCTAssertEqual(trained.status, 0, trained.complaints)
      XCTAssertTrue(shell.exists("run/model.safetensors"))
    }
  #endif
}
