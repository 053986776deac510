import Foundation
import XCTest

/// The command away from the folder that it was built in.
final class InstallTests: XCTestCase {
  private var package: String {
    URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardizedFileURL.path
  }

  private func install(_ shell: Shell, _ goal: String = "install") throws {
    let made = try shell.start(
      ["-C", package, goal, "PREFIX=\(shell.path("prefix"))", "BINARY=\(Shell.executable.path)"],
      program: "/usr/bin/make"
    ).finish()
    XCTAssertEqual(made.status, 0, made.complaints)
  }

  func testInstalledCommandUsesItsOwnData() throws {
    let shell = try Shell(self)
    try install(shell)
    // A shorter table shows which one is read.
    let iris = try shell.text("prefix/share/myelin/iris.csv").split(separator: "\n")
    try shell.write("prefix/share/myelin/iris.csv", iris.prefix(121).joined(separator: "\n") + "\n")
    let command = shell.path("prefix/bin/myelin")
    let trained = try shell.start(["train", "iris", "--epochs", "1"], program: command).finish()
    XCTAssertEqual(trained.status, 0, trained.complaints)
    XCTAssertTrue(trained.output.contains("120: 96 for training"), trained.output)
    // Through a link, as `/usr/local/bin` often has it.
    try FileManager.default.createSymbolicLink(atPath: shell.path("link"), withDestinationPath: "prefix/bin/myelin")
    let linked = try shell.start(["train", "iris", "--epochs", "1"], program: shell.path("link")).finish()
    XCTAssertTrue(linked.output.contains("120: 96 for training"), linked.output)
    for file in [
      "share/bash-completion/completions/myelin", "share/zsh/site-functions/_myelin",
      "share/fish/vendor_completions.d/myelin.fish", "share/myelin/NOTICE.md", "share/myelin/licenses",
    ] {
      XCTAssertTrue(shell.exists("prefix/\(file)"), file)
    }
    try install(shell, "uninstall")
    XCTAssertFalse(shell.exists("prefix/bin/myelin") || shell.exists("prefix/share/myelin"))
  }

  /// `swift package experimental-install` copies the command alone.
  func testACopiedCommand() throws {
    let shell = try Shell(self)
    try FileManager.default.copyItem(atPath: Shell.executable.path, toPath: shell.path("myelin"))
    let trained = try shell.start(
      ["train", "iris", "--epochs", "1", "--json"], program: shell.path("myelin")
    ).finish()
    XCTAssertEqual(trained.status, 0, trained.complaints)
  }

  func testDataThatIsMissingIsOneLine() throws {
    let shell = try Shell(self)
    let result = try shell.run("train", "iris", environment: ["MYELIN_DATA": shell.folder.path])
    XCTAssertEqual(result.status, 1)
    XCTAssertTrue(result.complaints.contains("MYELIN_DATA"), result.complaints)
    XCTAssertEqual(result.complaints.split(separator: "\n").count, 1, result.complaints)
    XCTAssertEqual(try shell.contents, [])
  }
}
