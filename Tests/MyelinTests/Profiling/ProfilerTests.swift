import Foundation
import MyelinModels
import XCTest

@testable import Myelin

final class ProfilerTests: XCTestCase {
  /// A layer that tells nothing about itself.
  private struct Scale: Module {
    let factor = Parameter(Tensor(ones: [32]))
    func callAsFunction(_ x: Tensor) -> Tensor { x * factor.value }
  }
  private struct Network: Module {
    let hidden = Dense(16, 32, activation: .relu)
    let scale = Scale()
    let output = Dense(32, 3)
    func callAsFunction(_ x: Tensor) -> Tensor { output(scale(hidden(x))) }
  }
  private let limits = ProcessorLimits(operationsPerSecond: 1e11, bytesPerSecond: 1e10)
  private let inputs = RandomGenerator(seed: 1).normal([8, 16])
  private let labels = Indices((0..<8).map { $0 % 3 })

  func testAddsUpByLayerOperationAndPhase() {
    let network = Network()
    let optimizer = SGD(network.parameters, learningRate: 0.1)
    let profile = Profiler.measure(network, steps: 4, limits: limits) {
      softmaxCrossEntropy(network(inputs), labels).backward()
      optimizer.step()
    }
    func row(_ layer: String, _ operation: String, _ phase: Profile.Phase) -> Profile.Row? {
      profile.rows.first { $0.layer == layer && $0.operation == operation && $0.phase == phase }
    }
    XCTAssertEqual(row("hidden", "dense", .forward)?.calls, 1)
    XCTAssertEqual(row("hidden", "dense", .forward)?.operations, 2 * 8 * 16 * 32)
    XCTAssertEqual(row("output", "dense", .forward)?.bytes, 4 * (8 * 32 + 32 * 3 + 8 * 3))
    // Bias, weight and input of the last layer; the first has no input to go back to.
    XCTAssertEqual(row("output", "dense", .backward)?.calls, 3)
    XCTAssertEqual(row("hidden", "dense", .backward)?.calls, 2)
    XCTAssertEqual(row("scale", "multiply", .forward)?.calls, 1)
    XCTAssertNotNil(row("scale", "multiply", .backward))
    XCTAssertNotNil(row("", "softmaxCrossEntropy", .forward))
    XCTAssertEqual(profile.rows.filter { $0.phase == .update }.map(\.layer), [""])
    // Plain SGD: value both ways, gradient once.
    XCTAssertEqual(profile.rows.first { $0.phase == .update }?.bytes, Double(12 * network.parameterCount))
    XCTAssertTrue(profile.isComplete)

    let inside = profile.rows.reduce(0) { $0 + $1.seconds }
    XCTAssertGreaterThan(inside, 0)
    XCTAssertEqual(inside + profile.secondsBetween, profile.seconds, accuracy: 1e-12)
    for row in profile.rows {
      XCTAssertGreaterThanOrEqual(row.threadSeconds, row.seconds * 0.999)
      XCTAssertLessThanOrEqual(row.threadSeconds, row.seconds * Double(profile.threads) * 1.001)
    }
    XCTAssertFalse(Observation.isActive)
    let text = profile.text(rows: 3)
    XCTAssertTrue(text.contains("(between)") && text.contains("(one step)") && text.contains("more"), text)
    XCTAssertTrue(text.contains("100 GFLOP/s, 10 GB/s"), text)
  }

  /// A step of 10 µs of arithmetic against 100 GFLOP/s, and one of 20 µs of memory against 10 GB/s.
  func testTheShareIsOfTheBindingLimit() {
    var row = Profile.Row(
      layer: "", operation: "x", phase: .forward, calls: 1, seconds: 20e-6, operations: 1e6, bytes: 1e3,
      threadSeconds: 0)
    XCTAssertEqual(row.share(of: limits), 0.5, accuracy: 1e-9)
    row.bytes = 2e5
    XCTAssertEqual(row.share(of: limits), 1, accuracy: 1e-9)
    row.seconds = 0
    XCTAssertEqual(row.share(of: limits), 0)
  }

  func testWorkersAreSeenWhereTheyWork() throws {
    try XCTSkipIf(Runtime.openMP == "none", "one thread")
    defer { Runtime.threadCount = 0 }
    Runtime.threadCount = 3
    let (a, b) = (Tensor(ones: [512, 512]), Tensor(ones: [512, 512]))
    let profile = Profiler.measure(steps: 3, limits: limits) { withoutGradient { _ = matmul(a, b) } }
    XCTAssertEqual(Set(profile.spans.map(\.thread)), [0, 1, 2])
    let row = try XCTUnwrap(profile.rows.first { $0.operation == "gemmBatched" })
    XCTAssertGreaterThan(row.threadSeconds, row.seconds)
    Runtime.threadCount = 1
    let alone = Profiler.measure(steps: 3, limits: limits) { withoutGradient { _ = matmul(a, b) } }
    XCTAssertTrue(alone.spans.allSatisfy { $0.thread == 0 })
  }

  func testTheTraceIsWhatPerfettoOpens() throws {
    let url = try TrainingSupport.temporaryFolder(self).appendingPathComponent("trace.json")
    let network = Network()
    let profile = Profiler.measure(network, steps: 2, limits: limits) {
      softmaxCrossEntropy(network(inputs), labels).backward()
      for parameter in network.parameters { parameter.gradient = nil }
    }
    try profile.writeTrace(to: url)
    let trace = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any]
    let events = try XCTUnwrap(trace?["traceEvents"] as? [[String: Any]])
    let work = events.filter { $0["ph"] as? String == "X" }
    XCTAssertEqual(
      work.filter { $0["name"] as? String == "hidden dense" && $0["cat"] as? String == "forward" }.count, 2)
    var end = 0.0
    for event in work where event["tid"] as? Int == 0 {
      let (start, duration) = (event["ts"] as? Double, event["dur"] as? Double)
      XCTAssertGreaterThanOrEqual(try XCTUnwrap(start) + 1e-6, end, "kernels of one thread do not overlap")
      end = try XCTUnwrap(start) + XCTUnwrap(duration)
    }
    XCTAssertEqual(events.first?["ph"] as? String, "M")
    XCTAssertThrowsError(try profile.writeTrace(to: URL(fileURLWithPath: "/no/such/folder/trace.json")))
  }

  func testAProfiledRunHasTheSameBits() throws {
    func weights(profiled: Bool) throws -> [[Float]] {
      let trainer = TrainingSupport.trainer(epochs: 3)
      let profiler = TrainingProfiler(MLP([2, 16, 3]), steps: 4, skipping: 2)
      if profiled { trainer.observers = [profiler] }
      try trainer.fit(TrainingSupport.clouds(100), validation: TrainingSupport.clouds(30, seed: 2))
      if profiled { XCTAssertEqual(profiler.profile?.steps, 4) }
      return trainer.parameters.map(\.value.scalars)
    }
    XCTAssertEqual(try weights(profiled: true), try weights(profiled: false))
  }

  func testMoreThanItKeepsIsTold() {
    let profiler = Profiler(capacity: 10)
    for _ in 0..<20 { _ = Tensor(ones: [4]) }
    let profile = profiler.stop(limits: limits)
    XCTAssertFalse(profile.isComplete)
    XCTAssertTrue(profile.text().contains("not complete"))
  }
}
