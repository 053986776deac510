import Foundation
import XCTest

/// Runs side by side, killed, moved, resumed: none mixes with another, and none is lost.
final class RunFolderTests: XCTestCase {
  private let rows = "a,b,kind\n" + (0..<40).map { "\($0),\($0 * 2),\($0 % 2 == 0 ? "x" : "y")\n" }.joined()

  func testRunsAtTheSameTimeGetFoldersOfTheirOwn() throws {
    let shell = try Shell(self)
    let runs = try (1...4).map {
      try shell.start(["train", "iris", "--epochs", "3", "--seed", "\($0)", "--json"])
    }
    var seeds: [String: Int] = [:]
    for run in runs {
      let result = try run.finish()
      XCTAssertEqual(result.status, 0, result.complaints)
      let answer = try result.json()
      seeds[try XCTUnwrap(answer["run"] as? String)] = answer["seed"] as? Int
    }
    XCTAssertEqual(seeds.keys.sorted(), (1...4).map { "runs/iris-\($0)" })
    for (folder, seed) in seeds {
      let summary = try shell.run("summary", folder, "--json").json()
      XCTAssertEqual((summary["options"] as? [String: Any])?["seed"] as? Int, seed, folder)
      XCTAssertEqual(try shell.text("\(folder)/log.csv").split(separator: "\n").count, 4)
      XCTAssertEqual(
        try FileManager.default.contentsOfDirectory(atPath: shell.path(folder)).sorted(),
        ["checkpoint.safetensors", "log.csv", "model.safetensors", "report.html", "result.json"])
    }
  }

  /// While one run trains in a folder another one is refused there, new or resumed; the first ends as it would alone.
  func testAFolderIsHeldWhileItIsTrainedIn() throws {
    let shell = try Shell(self)
    let first = try startLong(shell, "held")
    for arguments in [["train", "digits", "--output", "held"], ["train", "--resume", "held", "--epochs", "200000"]] {
      let second = try shell.start(arguments).finish()
      XCTAssertEqual(second.status, 1)
      XCTAssertEqual(second.complaints.split(separator: "\n").count, 1, second.complaints)
      XCTAssertTrue(second.complaints.hasPrefix("error: held: "), second.complaints)
    }
    XCTAssertTrue(
      try shell.run("train", "--resume", "held").complaints.contains("(\(first.process.processIdentifier))"))
    kill(first.process.processIdentifier, SIGTERM)
    let stopped = try first.finish()
    XCTAssertEqual(stopped.status, 143, stopped.complaints)
    XCTAssertTrue(stopped.output.contains("go on with: myelin train --resume held"), stopped.output)
    XCTAssertTrue(shell.exists("held/model.safetensors"))
    XCTAssertFalse(shell.exists("held/.lock"))
  }

  /// Two start with one new folder: one trains, the other is refused.
  func testOneFolderForTwo() throws {
    let shell = try Shell(self)
    let runs = try (1...2).map {
      try shell.start(["train", "iris", "--epochs", "30", "--seed", "\($0)", "--output", "one", "--json"])
    }
    let results = try runs.map { try $0.finish() }
    XCTAssertEqual(results.map(\.status).sorted(), [0, 1], "\(results.map(\.complaints))")
    let refused = try XCTUnwrap(results.first { $0.status == 1 })
    XCTAssertEqual(refused.complaints.split(separator: "\n").count, 1, refused.complaints)
    XCTAssertEqual(try shell.text("one/log.csv").split(separator: "\n").count, 31)
  }

  func testAKilledRunStartsAgainInItsFolder() throws {
    let shell = try Shell(self)
    // As a run leaves it that was killed before its first checkpoint. No process has the number 99999999.
    try FileManager.default.createDirectory(atPath: shell.path("dead"), withIntermediateDirectories: true)
    try shell.write("dead/.lock", "99999999\n")
    try shell.write("dead/log.csv", "")
    try shell.write("dead/.checkpoint.safetensors.99999999-0.tmp", "half")
    let again = try shell.run("train", "iris", "--epochs", "1", "--output", "dead", "--json")
    XCTAssertEqual(again.status, 0, again.complaints)
    XCTAssertEqual(
      try FileManager.default.contentsOfDirectory(atPath: shell.path("dead")).sorted(),
      ["checkpoint.safetensors", "log.csv", "model.safetensors", "report.html", "result.json"])

    // Somebody's own files are not taken for a run's.
    try FileManager.default.createDirectory(atPath: shell.path("own"), withIntermediateDirectories: true)
    try shell.write("own/log.csv", "mine")
    XCTAssertTrue(try shell.run("train", "iris", "--output", "own").complaints.contains("not empty"))
    XCTAssertEqual(try shell.text("own/log.csv"), "mine")

    // A real kill, after a checkpoint: resumed to the end.
    let killed = try startLong(shell, "killed", epochs: 60)
    kill(killed.process.processIdentifier, SIGKILL)
    _ = try killed.finish()
    try shell.write("killed/.log.csv.99999999-3.tmp", "half")
    let resumed = try shell.run("train", "--resume", "killed", "--json")
    XCTAssertEqual(resumed.status, 0, resumed.complaints)
    XCTAssertFalse(shell.exists("killed/.log.csv.99999999-3.tmp"))
  }

  func testResumingDoesNotShortenARun() throws {
    let shell = try Shell(self)
    try shell.run("train", "iris", "--epochs", "4", "--output", "run", "--json")
    let model = try shell.bytes("run/model.safetensors")
    let shorter = try shell.run("train", "--resume", "run", "--epochs", "2")
    XCTAssertEqual(shorter.status, 1)
    XCTAssertTrue(shorter.complaints.contains("4 epochs"), shorter.complaints)
    XCTAssertEqual(shorter.complaints.split(separator: "\n").count, 1)
    XCTAssertEqual(try shell.bytes("run/model.safetensors"), model)
    let longer = try shell.run("train", "--resume", "run", "--epochs", "6", "--json")
    XCTAssertEqual(try longer.json()["epochs"] as? Int, 6, longer.complaints)
  }

  /// The data is found from another working folder, and after run and data were moved together.
  func testDataIsFoundFromElsewhere() throws {
    let shell = try Shell(self)
    try FileManager.default.createDirectory(atPath: shell.path("project/data"), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: shell.path("elsewhere"), withIntermediateDirectories: true)
    try shell.write("project/data/rows.csv", rows)
    let trained = try shell.start(
      ["train", "data/rows.csv", "--target", "kind", "--epochs", "1", "--json"], in: "project"
    ).finish()
    XCTAssertEqual(trained.status, 0, trained.complaints)
    let here = try shell.start(["evaluate", "runs/rows-1", "--json"], in: "project").finish()
    let scores = try XCTUnwrap(try here.json()["scores"] as? [String: Double])
    let there = try shell.start(["evaluate", "../project/runs/rows-1", "--json"], in: "elsewhere").finish()
    XCTAssertEqual(there.status, 0, there.complaints)
    XCTAssertEqual(try there.json()["scores"] as? [String: Double], scores)
    try FileManager.default.moveItem(atPath: shell.path("project"), toPath: shell.path("moved"))
    let moved = try shell.start(["evaluate", "../moved/runs/rows-1", "--json"], in: "elsewhere").finish()
    XCTAssertEqual(moved.status, 0, moved.complaints)
    XCTAssertEqual(try moved.json()["scores"] as? [String: Double], scores)
    let resumed = try shell.start(
      ["train", "--resume", "../moved/runs/rows-1", "--epochs", "2", "--json"], in: "elsewhere"
    ).finish()
    XCTAssertEqual(resumed.status, 0, resumed.complaints)
  }

  /// Answers never take the place of their own input, by whatever name.
  func testPredictKeepsItsInput() throws {
    let shell = try Shell(self)
    try shell.write("rows.csv", rows)
    try shell.run("train", "rows.csv", "--target", "kind", "--epochs", "1", "--output", "run", "--json")
    try FileManager.default.createSymbolicLink(atPath: shell.path("symbolic"), withDestinationPath: "rows.csv")
    try FileManager.default.linkItem(atPath: shell.path("rows.csv"), toPath: shell.path("hard"))
    for output in ["rows.csv", "./rows.csv", "symbolic", "hard"] {
      let result = try shell.run("predict", "run", "--input", "rows.csv", "--output", output)
      XCTAssertEqual(result.status, 1, output)
      XCTAssertTrue(result.complaints.contains("is the input"), result.complaints)
      XCTAssertEqual(try shell.text("rows.csv"), rows)
    }
    // Nor that of anything else that is read: the model, and the rows it was trained on.
    try shell.write("other.csv", rows)
    for output in ["run/model.safetensors", "run/checkpoint.safetensors", "rows.csv"] {
      let before = try shell.bytes(output)
      for arguments in [
        ["predict", "run", "--input", "other.csv", "--output", output], ["compare", "run", "run", "--output", output],
      ] where arguments[0] == "predict" || output != "rows.csv" {
        let result = try shell.start(arguments).finish()
        XCTAssertEqual(result.status, 1, "\(arguments)")
        XCTAssertTrue(result.complaints.contains("is the input"), result.complaints)
        XCTAssertEqual(try shell.bytes(output), before, "\(arguments)")
      }
    }
    let profiled = try shell.run(
      "train", "rows.csv", "--target", "kind", "--epochs", "1", "--output", "profiled", "--profile", "rows.csv")
    XCTAssertEqual(profiled.status, 1)
    XCTAssertEqual(try shell.text("rows.csv"), rows)
    XCTAssertFalse(
      shell.exists("profiled"), "a run that cannot begin leaves nothing")
    XCTAssertEqual(try shell.run("tune", "rows.csv", "--target", "no such column").status, 1)
    XCTAssertFalse(shell.exists("runs"))
  }

  /// Starts a run that does not end by itself, and waits until it has written a checkpoint.
  private func startLong(_ shell: Shell, _ folder: String, epochs: Int = 100_000) throws -> RunningCommand {
    let running = try shell.start([
      "train", "digits", "--epochs", "\(epochs)", "--layers", "256", "--output", folder,
    ])
    let deadline = Date().addingTimeInterval(60)
    while !shell.exists("\(folder)/checkpoint.safetensors"), running.process.isRunning, Date() < deadline {
      Thread.sleep(forTimeInterval: 0.005)
    }
    return running
  }
}
