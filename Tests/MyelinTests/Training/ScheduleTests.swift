import Foundation
import Myelin
import XCTest

final class ScheduleTests: XCTestCase {
  // PyTorch 2:
  //   def sched(make, n, metrics=None):
  //       p = [torch.zeros(1, requires_grad=True)]; opt = torch.optim.SGD(p, 1.0); s = make(opt)
  //       for i in range(n):
  //           print(opt.param_groups[0]["lr"]); opt.step(); s.step(*([] if metrics is None else [metrics[i]]))
  //   L = torch.optim.lr_scheduler
  //   sched(lambda o: L.StepLR(o, 3, 0.5), 8)
  //   sched(lambda o: L.ExponentialLR(o, 0.9), 5)
  //   sched(lambda o: L.CosineAnnealingLR(o, 8, eta_min=0.1), 9)
  //   sched(lambda o: L.SequentialLR(o, [L.LinearLR(o, 1e-9, 1, 2), L.CosineAnnealingLR(o, 6)], [2]), 9)
  //   sched(lambda o: L.OneCycleLR(o, 1.0, total_steps=11, pct_start=0.4), 11)
  func testGoldenValues() {
    let cases: [(String, Schedule, [Float])] = [
      ("constant", .constant, [1, 1, 1]),
      ("step", .step(every: 3, factor: 0.5), [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]),
      ("exponential", .exponential(factor: 0.9), [1, 0.9, 0.81, 0.729, 0.6561]),
      (
        "cosine", .cosine(length: 8, final: 0.1),
        [1, 0.9657458, 0.8681981, 0.7222075, 0.55, 0.3777925, 0.2318019, 0.1342542, 0.1, 0.1, 0.1]
      ),
      (
        "warm-up", .cosine(length: 8, warmup: 2),
        [0, 0.5, 1, 0.9330127, 0.75, 0.5, 0.25, 0.0669873, 0, 0]
      ),
      (
        // PyTorch's eleven steps span ten intervals, with the peak at 0.4 · 11 − 1.
        "one cycle", .oneCycle(length: 10, rise: 0.34),
        [
          0.04, 0.2307354, 0.6513582, 0.9675867, 0.9797466, 0.8618676, 0.6635353, 0.4288449, 0.2099747, 0.05558605,
          4e-6,
        ]
      ),
    ]
    XCTAssertEqual(
      (0...10).map { Schedule.triangular(length: 10, rise: 0.2, start: 0, final: 0.5).factor(at: Double($0)) },
      [0, 0.5, 1, 0.9375, 0.875, 0.8125, 0.75, 0.6875, 0.625, 0.5625, 0.5])
    for (name, schedule, expected) in cases {
      assertClose(expected.indices.map { schedule.factor(at: Double($0)) }, expected, tolerance: 1e-6, name)
    }
    XCTAssertEqual(Schedule.cosine(length: 8, warmup: 2).factor(at: 0.5), 0.25)
    XCTAssertEqual(Schedule.cosine(length: 3, warmup: 3).factor(at: 3), 0)
  }

  //   m = [1.0, 0.9, 0.95, 0.91, 0.9, 0.8, 0.85, 0.9, 0.81, 0.7]
  //   sched(lambda o: L.ReduceLROnPlateau(o, factor=0.5, patience=2, threshold=0.01), 10, m)
  //   sched(lambda o: L.ReduceLROnPlateau(o, mode="max", factor=0.5, patience=1, threshold=0.01, min_lr=0.2), 10, m)
  func testPlateauFollowsTheValue() throws {
    let values = [1.0, 0.9, 0.95, 0.91, 0.9, 0.8, 0.85, 0.9, 0.81, 0.7]
    let cases: [(Schedule, Metric.Direction, [Float])] = [
      (
        .plateau(factor: 0.5, patience: 2, threshold: 0.01), .lowerIsBetter,
        [1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25]
      ),
      (
        .plateau(factor: 0.5, patience: 1, threshold: 0.01, minimum: 0.2), .higherIsBetter,
        [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]
      ),
    ]
    for (fresh, direction, expected) in cases {
      for interruption in values.indices {
        var schedule = fresh
        var factors: [Float] = []
        for (index, value) in values.enumerated() {
          if index == interruption {
            schedule = try JSONDecoder().decode(Schedule.self, from: JSONEncoder().encode(schedule))
          }
          factors.append(schedule.factor(at: Double(index)))
          schedule.observe(value, direction)
        }
        XCTAssertEqual(factors, expected, "resumed at \(interruption)")
      }
    }
  }

  func testAPlateauThatStartsWithNaNStillFalls() {
    var schedule = Schedule.plateau(factor: 0.5, patience: 0)
    schedule.observe(.nan)
    XCTAssertEqual(schedule.factor(at: 0), 0.5)
    schedule.observe(3)
    XCTAssertEqual(schedule.factor(at: 1), 0.5)
    schedule.observe(2)
    schedule.observe(.nan)
    XCTAssertEqual(schedule.factor(at: 2), 0.25)
  }

  func testSchedulesReadBackAsTheyWere() throws {
    for schedule: Schedule in [
      .constant, .step(every: 2.5), .exponential(factor: 0.97), .cosine(length: 20, warmup: 1),
      .oneCycle(length: 10), .triangular(length: 10), .plateau(),
    ] {
      XCTAssertEqual(try JSONDecoder().decode(Schedule.self, from: JSONEncoder().encode(schedule)), schedule)
    }
  }
}
