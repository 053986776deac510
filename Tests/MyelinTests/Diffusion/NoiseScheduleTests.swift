import Foundation
import Myelin
import XCTest

final class NoiseScheduleTests: XCTestCase {
  func testFollowsTheFormulas() {
    let (low, high): (Float, Float) = (-10, 10)
    for schedule in [NoiseSchedule.cosine, .logLinear] {
      XCTAssertEqual(schedule.logSNR(at: 0), high, accuracy: 1e-3)
      XCTAssertEqual(schedule.logSNR(at: 1), low, accuracy: 1e-3)
      XCTAssertEqual(schedule.logSNR(at: 0.5), 0, accuracy: 1e-4, "both are the same backwards")
      let levels = (0...20).map { schedule.logSNR(at: Double($0) / 20) }
      XCTAssertEqual(levels, levels.sorted(by: >))
      for level in levels {
        let (signal, noise) = NoiseSchedule.scales(level)
        XCTAssertEqual(signal * signal + noise * noise, 1, accuracy: 1e-6)
        XCTAssertEqual(log(signal * signal / (noise * noise)), level, accuracy: 1e-3)
      }
    }
    // α = cos(π t / 2) where nothing is cut off.
    let wide = NoiseSchedule(.cosine, logSNR: -30...30)
    for time in stride(from: 0.05, to: 1, by: 0.05) {
      XCTAssertEqual(Double(NoiseSchedule.scales(wide.logSNR(at: time)).signal), cos(.pi / 2 * time), accuracy: 1e-5)
    }
    XCTAssertEqual(NoiseSchedule.logLinear.logSNR(at: 0.25), 5, accuracy: 1e-5)
  }

  /// q(x_t | x₀) = N(α x₀, σ² I), and the velocity gives picture and noise back.
  func testNoisedPicturesHaveTheirMoments() {
    let count = 40_000
    let clean = Tensor(repeating: 0.7, shape: [3, count])
    let noise = RandomGenerator(seed: 4).normal([3, count])
    let levels: [Float] = [6, -0.5, -8]
    let (noised, velocity) = NoiseSchedule.noised(clean, noise, logSNR: levels)
    for (row, level) in levels.enumerated() {
      let (signal, deviation) = NoiseSchedule.scales(level)
      let values = noised[row..<row + 1].scalars.map(Double.init)
      let mean = values.reduce(0, +) / Double(count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
      // Five deviations of the estimates.
      XCTAssertEqual(mean, Double(signal) * 0.7, accuracy: 5 * Double(deviation) / Double(count).squareRoot())
      XCTAssertEqual(
        variance / Double(deviation * deviation), 1, accuracy: 5 * (2 / Double(count)).squareRoot(), "\(level)")
      let (x, v) = (noised[row..<row + 1], velocity[row..<row + 1])
      assertClose((x * signal - v * deviation).scalars, clean[row..<row + 1].scalars, tolerance: 1e-5, "x₀")
      assertClose((x * deviation + v * signal).scalars, noise[row..<row + 1].scalars, tolerance: 1e-5, "ε")
    }
  }

  func testAreWrittenAsText() throws {
    let schedule = NoiseSchedule(.logLinear, logSNR: -7...9)
    let copy = try JSONDecoder().decode(NoiseSchedule.self, from: JSONEncoder().encode(schedule))
    XCTAssertEqual(copy, schedule)
    let odd = Data(#"{"form":"cosine","lowest":3,"highest":-3}"#.utf8)
    XCTAssertFalse(try JSONDecoder().decode(NoiseSchedule.self, from: odd).isConsistent)
  }
}
