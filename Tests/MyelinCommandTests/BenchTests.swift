import Foundation
import XCTest

/// The built `bench`, run as a user runs it: the JSON lines that programs read, and what it says to wrong input.
final class BenchTests: XCTestCase {
  private struct Run {
    var status: Int32
    var output: String
    var errors: String
    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// Products lie beside the test bundle.
  private var executable: URL {
    #if os(macOS)
      let bundle = Bundle(for: BenchTests.self).bundleURL
    #else
      let bundle = Bundle.main.bundleURL.appendingPathComponent("MyelinPackageTests.xctest")
    #endif
    return bundle.deletingLastPathComponent().appendingPathComponent("bench")
  }

  private func bench(_ arguments: String...) throws -> Run { try bench(arguments) }

  private func bench(_ arguments: [String]) throws -> Run {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let errorText = String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Run(status: process.terminationStatus, output: text, errors: errorText)
  }

  /// Checks that the line is a JSON object with exactly these keys in this order, and returns it.
  private func object(
    _ line: String, keys: [String], file: StaticString = #filePath, line number: UInt = #line
  ) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
    let object = try XCTUnwrap(value as? [String: Any], line, file: file, line: number)
    XCTAssertEqual(Set(object.keys), Set(keys), file: file, line: number)
    let positions = keys.compactMap { line.range(of: "\"\($0)\":")?.lowerBound }
    XCTAssertEqual(
      positions, positions.sorted(), "keys in another order: \(line)", file: file, line: number)
    return object
  }

  func testGemmPrintsTheDocumentedKeysAndConsistentNumbers() throws {
    let run = try bench(
      "gemm", "48", "32", "16", "--transpose", "nt", "--threads", "1", "--json", "--samples", "3",
      "--seconds", "0")
    XCTAssertEqual(run.status, 0, run.errors)
    XCTAssertEqual(run.lines.count, 1)
    let row = try object(
      run.lines[0],
      keys: [
        "bench", "m", "n", "k", "transpose", "type", "threads", "isa", "median_us", "spread_percent", "gflops",
        "percent_of_peak",
      ])
    XCTAssertEqual(row["bench"] as? String, "gemm")
    XCTAssertEqual(
      [row["m"], row["n"], row["k"], row["threads"]].map { $0 as? Int }, [48, 32, 16, 1])
    XCTAssertEqual(row["transpose"] as? String, "nt")
    let microseconds = try XCTUnwrap(row["median_us"] as? Double)
    let gflops = try XCTUnwrap(row["gflops"] as? Double)
    // 2 M N K operations; the printed time has three decimals.
    XCTAssertEqual(gflops, 2 * 48 * 32 * 16 / microseconds / 1000, accuracy: 0.1 * gflops)
    let percent = try XCTUnwrap(row["percent_of_peak"] as? Double)
    XCTAssertGreaterThan(percent, 0)
    // Above 100 the peak would not be one; the margin is for a machine that was disturbed in every probe.
    XCTAssertLessThan(percent, 150)
  }

  func testPeakPrintsTheDocumentedKeys() throws {
    let run = try bench("peak", "--threads", "1", "--json", "--samples", "1", "--seconds", "0")
    XCTAssertEqual(run.status, 0, run.errors)
    let row = try object(
      try XCTUnwrap(run.lines.first),
      keys: ["bench", "threads", "isa", "fma_gflops", "bfloat16_gflops", "stream_gbps"])
    XCTAssertGreaterThan(try XCTUnwrap(row["fma_gflops"] as? Double), 0.1)
    // null where the processor has no products of pairs.
    if let rate = row["bfloat16_gflops"] as? Double { XCTAssertGreaterThan(rate, 0.1) }
    XCTAssertGreaterThan(try XCTUnwrap(row["stream_gbps"] as? Double), 0.1)
  }

  func testTrainPrintsTheDocumentedKeysAndASteadyStepAllocatesNothing() throws {
    let run = try bench(
      "train", "xor_mlp", "mlp_small", "--json", "--samples", "5", "--seconds", "0")
    XCTAssertEqual(run.status, 0, run.errors)
    XCTAssertEqual(run.lines.count, 2)
    for (line, model) in zip(run.lines, ["xor_mlp", "mlp_small"]) {
      let row = try object(
        line,
        keys: [
          "bench", "model", "precision", "threads", "isa", "median_ms", "spread_percent", "samples_per_s",
          "peak_bytes",
          "steady_system_allocations",
        ])
      XCTAssertEqual(row["model"] as? String, model)
      XCTAssertEqual(row["precision"] as? String, "f32")
      XCTAssertEqual(row["steady_system_allocations"] as? Int, 0)
      XCTAssertGreaterThan(try XCTUnwrap(row["peak_bytes"] as? Int), 0)
    }
  }

  func testATableNamesItsColumns() throws {
    let run = try bench("gemm", "8", "8", "8", "--threads", "1", "--samples", "1", "--seconds", "0")
    XCTAssertEqual(run.status, 0, run.errors)
    XCTAssertTrue(run.output.contains("GFLOP/s"), run.output)
    XCTAssertTrue(run.output.contains("8×8×8"), run.output)
  }

  func testThreadsComparesOneWithAll() throws {
    let run = try bench("threads", "gemv", "step_w", "--threads", "2", "--json", "--samples", "3", "--seconds", "0")
    guard !run.errors.contains("one thread only") else { throw XCTSkip("built without OpenMP") }
    XCTAssertEqual(run.status, 0, run.errors)
    // Each size once, and what looked like a cliff again.
    XCTAssertGreaterThanOrEqual(run.lines.count, 10)
    var doubtful = 0
    for (index, line) in run.lines.enumerated() {
      let row = try object(
        line,
        keys: [
          "bench", "family", "name", "size", "threads", "isa", "one_thread_us", "median_us", "best_us",
          "spread_percent",
          "ratio", "mark",
        ])
      XCTAssertEqual(row["threads"] as? Int, 2)
      let one = try XCTUnwrap(row["one_thread_us"] as? Double)
      let two = try XCTUnwrap(row["median_us"] as? Double)
      let ratio = try XCTUnwrap(row["ratio"] as? Double)
      XCTAssertEqual(ratio, two / one, accuracy: 0.01 * ratio)
      let isDoubtful = ratio > 1.1
      XCTAssertEqual(row["mark"] as? String, isDoubtful ? (index < 10 ? "again" : "cliff") : "")
      if index < 10, isDoubtful { doubtful += 1 }
    }
    XCTAssertEqual(run.lines.count, 10 + doubtful)
  }

  // MARK: compare

  private func write(_ lines: [String]) throws -> String {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString).json")
    try Data(lines.joined(separator: "\n").utf8).write(to: file)
    addTeardownBlock { try? FileManager.default.removeItem(at: file) }
    return file.path
  }

  private func row(_ model: String, _ milliseconds: Double, spread: Double = 1) -> String {
    "{\"bench\":\"train\",\"model\":\"\(model)\",\"threads\":2,\"median_ms\":\(milliseconds),\"spread_percent\":\(spread)}"
  }

  /// The change that `bench compare` finds for each row.
  private func changes(_ old: [String], _ new: [String], _ options: String...) throws -> [String: String] {
    let run = try bench(["compare", try write(old), try write(new), "--json"] + options)
    XCTAssertEqual(run.status, 0, run.errors)
    var found: [String: String] = [:]
    for line in run.lines {
      let row = try object(line, keys: ["bench", "row", "old", "new", "ratio", "change"])
      found[try XCTUnwrap(row["row"] as? String)] = row["change"] as? String
    }
    return found
  }

  func testCompareTellsChangesFromNoise() throws {
    let found = try changes(
      ["text that is no row", row("a", 1), row("b", 1), row("c", 1), row("d", 1, spread: 30), row("gone", 1)],
      [row("a", 1.1), row("b", 0.9), row("c", 1.02), row("d", 1.1), row("added", 1)])
    XCTAssertEqual(
      found,
      [
        "train a threads=2": "slower", "train b threads=2": "faster", "train c threads=2": "same",
        "train d threads=2": "same",
      ])
    XCTAssertEqual(try changes([row("c", 1)], [row("c", 1.02)], "--threshold", "1"), ["train c threads=2": "slower"])
  }

  func testCompareOfSeveralRunsWantsThemApart() throws {
    XCTAssertEqual(
      try changes([row("a", 1), row("a", 1.2), row("a", 1)], [row("a", 1.1), row("a", 1.15), row("a", 1.12)]),
      ["train a threads=2": "same"])
    XCTAssertEqual(
      try changes([row("a", 1), row("a", 1.05), row("a", 1)], [row("a", 1.1), row("a", 1.15), row("a", 1.12)]),
      ["train a threads=2": "slower"])
  }

  func testCompareComparesSpeedsWhereThereIsNoTime() throws {
    let peak = { (gflops: Double) in "{\"bench\":\"peak\",\"threads\":1,\"fma_gflops\":\(gflops)}" }
    XCTAssertEqual(try changes([peak(100)], [peak(80)]), ["peak threads=1": "slower"])
  }

  func testCompareFailsOnARegressionOnlyWhenAsked() throws {
    let (old, new) = (try write([row("a", 1)]), try write([row("a", 2)]))
    XCTAssertEqual(try bench("compare", old, new).status, 0)
    let run = try bench("compare", old, new, "--fail")
    XCTAssertEqual(run.status, 1)
    XCTAssertTrue(run.errors.contains("1 of 1 rows"), run.errors)
    XCTAssertEqual(try bench("compare", new, old, "--fail").status, 0)
  }

  func testCompareOfFilesThatAreNoRunsIsOneLine() throws {
    let good = try write([row("a", 1)])
    let files = ["/nonexistent.json", try write(["hello"]), try write(["{\"bench\": 3"]), try write([row("z", 1)])]
    for file in files {
      let run = try bench("compare", good, file)
      XCTAssertEqual(run.status, 1, run.output)
      XCTAssertEqual(run.errors.split(separator: "\n").count, 1, run.errors)
      XCTAssertTrue(run.errors.contains(file), run.errors)
    }
  }

  func testWrongInputIsOneLineAndStatusTwo() throws {
    let cases: [(arguments: [String], mentions: String)] = [
      (["gemm", "1", "2"], "three sizes"), (["gemm", "0", "2", "3"], "1 to 1000000"),
      (["gemm", "4", "4", "4", "--transpose", "xy"], "nn"), (["kernels", "nosuch"], "nosuch"),
      (["train", "nosuch"], "mlp_mnist"), (["peers", "nosuch"], "nosuch"),
      (["peak", "--threads", "0"], "--threads"),
      (["threads", "nosuch"], "nosuch"), (["compare", "old.json"], "new"),
      (["nosuch"], "nosuch"), (["peak", "--nosuch"], "--nosuch"),
    ]
    for (arguments, mentions) in cases {
      let run = try bench(arguments)
      XCTAssertEqual(run.status, 2, "\(arguments): \(run.errors)")
      XCTAssertEqual(run.errors.split(separator: "\n").count, 1, "\(arguments): \(run.errors)")
      XCTAssertTrue(run.errors.contains(mentions), "\(arguments): \(run.errors)")
    }
  }

  func testHelpHasExamples() throws {
    for subcommand in ["peak", "gemm", "kernels", "overhead", "train", "threads", "compare", "peers"] {
      let run = try bench(subcommand, "--help")
      XCTAssertEqual(run.status, 0)
      XCTAssertTrue(run.output.contains("EXAMPLES"), subcommand)
    }
  }
}
