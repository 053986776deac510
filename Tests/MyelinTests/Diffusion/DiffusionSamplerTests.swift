import Foundation
import Myelin
import XCTest

/// Where pictures are normal with mean μ and deviation s the best guess is known, and so is where the way back ends.
final class DiffusionSamplerTests: XCTestCase {
  private let (mean, deviation): (Float, Float) = (0.3, 0.5)

  /// v of the exact denoiser: x̂ = μ + α s² (x − α μ) / (α² s² + σ²).
  private func velocity(_ x: Tensor, _ level: Float) -> Tensor {
    let (a, b) = NoiseSchedule.scales(level)
    let guess = (x - a * mean) * (a * deviation * deviation / (a * a * deviation * deviation + b * b)) + mean
    return (x * a - guess) / b
  }

  /// Of the differential equation (Song et al. 2021), for noise z at the level λ: μ + s (z − α μ) / √(α² s² + σ²).
  private func exact(_ noise: Tensor, _ level: Float) -> Tensor {
    let (a, b) = NoiseSchedule.scales(level)
    return (noise - a * mean) * (deviation / (a * a * deviation * deviation + b * b).squareRoot()) + mean
  }

  private func error(_ schedule: NoiseSchedule, _ method: DiffusionSampler.Method, _ steps: Int) -> Float {
    let noise = RandomGenerator(seed: 1).normal([512])
    let sampler = DiffusionSampler(schedule, steps: steps, method: method)
    let found = sampler(from: noise) { x, level in velocity(x, level) }
    return (found - exact(noise, schedule.logSNR(at: 1))).absolute().max().scalar
  }

  func testFindsTheDataOfAnExactDenoiser() {
    // Twice the steps: half the error of the first order, or a quarter of that of the second.
    for (schedule, method, factor, bound) in [
      (.cosine, .ddim, 0.6, 0.05), (.logLinear, .ddim, 0.6, 0.08), (.logLinear, .multistep, 0.35, 0.003),
    ] as [(NoiseSchedule, DiffusionSampler.Method, Float, Float)] {
      let errors = [20, 40, 80].map { error(schedule, method, $0) }
      XCTAssertLessThan(errors[1], factor * errors[0], "\(schedule.form) \(method) \(errors)")
      XCTAssertLessThan(errors[2], factor * errors[1], "\(schedule.form) \(method) \(errors)")
      XCTAssertLessThan(errors[2], bound, "\(schedule.form) \(method) \(errors)")
    }
    // Of the cosine's second order what is left of the two ends has different signs.
    for steps in [20, 40, 80] { XCTAssertLessThan(error(.cosine, .multistep, steps), 0.01, "\(steps) steps") }
  }

  func testSamplesHaveTheMomentsOfTheData() {
    let noise = RandomGenerator(seed: 2).normal([20_000])
    let values = DiffusionSampler(.cosine, steps: 40)(from: noise) { x, level in velocity(x, level) }
    XCTAssertEqual(values.mean().scalar, mean, accuracy: 0.02)
    XCTAssertEqual(values.variance(axis: 0).scalar.squareRoot(), deviation, accuracy: 0.02)
  }

  func testAsksOnceAStepAndKeepsTheRange() {
    var levels: [Float] = []
    let noise = RandomGenerator(seed: 3).normal([4, 5])
    let sampler = DiffusionSampler(.cosine, steps: 7, range: -0.2...0.2)
    let values = sampler(from: noise) { x, level in
      levels.append(level)
      XCTAssertFalse(isRecordingGradients)
      return velocity(x, level)
    }
    XCTAssertEqual(levels, (0..<7).map { NoiseSchedule.cosine.logSNR(at: 1 - Double($0) / 7) })
    XCTAssertEqual(values.shape, [4, 5])
    XCTAssertTrue(values.scalars.allSatisfy { abs($0) <= 0.2 })
    // Of one step there is only the first guess.
    let (a, b) = NoiseSchedule.scales(NoiseSchedule.cosine.logSNR(at: 1))
    let one = DiffusionSampler(.cosine, steps: 1)(from: noise) { x, level in velocity(x, level) }
    assertClose(one.scalars, (noise * a - velocity(noise, NoiseSchedule.cosine.logSNR(at: 1)) * b).scalars)
  }

  func testGuidance() {
    let (a, b) = (Tensor([1, 2, -1]), Tensor([0, 2, 3]))
    XCTAssertEqual(DiffusionSampler.guided(a, b, scale: 1).scalars, a.scalars)
    XCTAssertEqual(DiffusionSampler.guided(a, b, scale: 0).scalars, b.scalars)
    XCTAssertEqual(DiffusionSampler.guided(a, b, scale: 3).scalars, [3, 2, -9])
  }
}
