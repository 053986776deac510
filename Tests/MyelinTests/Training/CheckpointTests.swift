import Foundation
import MyelinModels
import XCTest

@testable import Myelin

final class CheckpointTests: XCTestCase {
  private let training = TrainingSupport.clouds(130)
  private let validation = TrainingSupport.clouds(40, seed: 2)

  /// Trains six epochs at once, writing the checkpoint of their end.
  private func uninterrupted(_ url: URL) throws {
    let trainer = TrainingSupport.trainer(epochs: 6)
    trainer.observers = [CheckpointWriter(url)]
    try trainer.fit(training, validation: validation)
  }

  func testResumingGivesTheSameBytes() throws {
    let folder = try TrainingSupport.temporaryFolder(self)
    let whole = folder.appendingPathComponent("whole.safetensors")
    try uninterrupted(whole)
    let expected = try Data(contentsOf: whole)

    // 9 batches an epoch: after an epoch, in the middle of one, after the first batch of all, in the last epoch.
    for stop in [27, 31, 1, 53] {
      let url = folder.appendingPathComponent("stopped-\(stop).safetensors")
      let first = TrainingSupport.trainer(epochs: 6)
      first.observers = [CheckpointWriter(url), StopAfter(stop)]
      XCTAssertEqual(try first.fit(training, validation: validation).reason, .interrupted)
      XCTAssertNotEqual(try Data(contentsOf: url), expected)

      // Initial weights and random stream of the second half come from elsewhere: the checkpoint must bring its own.
      let second = TrainingSupport.trainer(epochs: 6)
      second.parameters[0].value = Tensor(repeating: 7, shape: second.parameters[0].shape)
      RandomGenerator.shared.reset(seed: 77)
      let checkpoint = try Checkpoint(contentsOf: url)
      XCTAssertEqual(checkpoint.state.epoch * 9 + checkpoint.state.batch, stop)
      try second.restore(checkpoint)
      second.observers = [CheckpointWriter(url)]
      XCTAssertEqual(try second.fit(training, validation: validation).reason, .finished)
      XCTAssertEqual(try Data(contentsOf: url), expected, "stopped after \(stop) batches")
    }
  }

  func testStopsOnlyBetweenSteps() throws {
    let url = try TrainingSupport.temporaryFolder(self).appendingPathComponent("c.safetensors")
    let trainer = TrainingSupport.trainer(epochs: 2) { $0.accumulatedBatches = 4 }
    trainer.observers = [CheckpointWriter(url), StopAfter(2)]
    try trainer.fit(training)
    XCTAssertEqual(trainer.state.batch, 4)
    XCTAssertEqual(try Checkpoint(contentsOf: url).state.step, 1)
  }

  func testThreadsDoNotMatter() throws {
    let folder = try TrainingSupport.temporaryFolder(self)
    defer { Runtime.threadCount = 0 }
    var files: [Data] = []
    for threads in 1...4 {
      Runtime.threadCount = threads
      let url = folder.appendingPathComponent("\(threads).safetensors")
      try uninterrupted(url)
      files.append(try Data(contentsOf: url))
    }
    for file in files { XCTAssertEqual(file, files[0]) }
  }

  func testKeepsMetadataAndReadsBack() throws {
    let url = try TrainingSupport.temporaryFolder(self).appendingPathComponent("c.safetensors")
    let trainer = TrainingSupport.trainer(epochs: 2)
    try trainer.fit(training, validation: validation)
    let checkpoint = trainer.checkpoint(metadata: ["model": "{\"a\":\"ü\"}"])
    try checkpoint.write(to: url)
    let read = try Checkpoint(contentsOf: url)
    XCTAssertEqual(read.metadata, ["model": "{\"a\":\"ü\"}"])
    XCTAssertEqual(read.state, checkpoint.state)
    XCTAssertEqual(read.state.history.count, 2)
    XCTAssertEqual(read.weights.mapValues(\.scalars), checkpoint.weights.mapValues(\.scalars))
    XCTAssertEqual(read.optimizerStates.mapValues(\.scalars), checkpoint.optimizerStates.mapValues(\.scalars))
    XCTAssertEqual(read.bestWeights.count, 4)
  }

  /// The reference implementation reads names, shapes and values. Skipped where Python has no safetensors.
  func testOpensInPython() throws {
    let url = try TrainingSupport.temporaryFolder(self).appendingPathComponent("c.safetensors")
    let trainer = TrainingSupport.trainer(epochs: 1)
    try trainer.fit(training, validation: validation)
    try trainer.checkpoint(metadata: ["note": "hello"]).write(to: url)
    let script = """
      import sys
      try:
        from safetensors import safe_open
        import numpy
      except ImportError:
        sys.exit(77)
      with safe_open(sys.argv[1], "numpy") as file:
        weight = file.get_tensor("layers.0.weight")
        print(file.metadata()["note"], weight.dtype, *weight.shape, weight.view("uint32").sum(dtype="uint64"))
      """
    let process = Process()
    let python = ProcessInfo.processInfo.environment["MYELIN_PYTHON"] ?? "python3"
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python, "-c", script, url.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try XCTSkipIf([77, 127].contains(process.terminationStatus), "\(python) has no safetensors")
    let sum = trainer.parameters[0].value.scalars.reduce(UInt64(0)) { $0 + UInt64($1.bitPattern) }
    XCTAssertEqual(output, "hello float32 2 16 \(sum)\n")
  }

  func testRefusesWhatDoesNotFit() throws {
    let trainer = TrainingSupport.trainer(epochs: 1)
    let other = MLP([2, 5, 3])
    let checkpoint = Trainer(other, objective: .classification(), optimizer: Adam(other.parameters)).checkpoint()
    let before = trainer.checkpoint().weights.mapValues(\.scalars)
    XCTAssertThrowsError(try trainer.restore(checkpoint)) { error in
      let text = "\(error)"
      XCTAssert(text.contains("layers.0.weight") && text.contains("[2, 5]") && text.contains("[2, 16]"), text)
    }
    XCTAssertEqual(trainer.checkpoint().weights.mapValues(\.scalars), before)
  }

  func testRefusesFilesThatAreNoCheckpoint() throws {
    let folder = try TrainingSupport.temporaryFolder(self)
    let url = folder.appendingPathComponent("weights.safetensors")
    try Safetensors(["a": NumericArray([Float(1)], shape: [1])]).write(to: url)
    XCTAssertThrowsError(try Checkpoint(contentsOf: url)) { XCTAssert("\($0)".contains("no checkpoint"), "\($0)") }
    XCTAssertThrowsError(try Checkpoint(contentsOf: folder.appendingPathComponent("none"))) {
      XCTAssert("\($0)".contains("no such file"), "\($0)")
    }
    try Safetensors([:], metadata: ["myelin.training": "{\"format\":9}"]).write(to: url)
    XCTAssertThrowsError(try Checkpoint(contentsOf: url)) { XCTAssert("\($0)".contains("format 2"), "\($0)") }
  }
}
