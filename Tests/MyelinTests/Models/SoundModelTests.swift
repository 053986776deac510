import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class SoundModelTests: XCTestCase {
  /// Whole groups go to one part, and the parts have about their shares.
  func testSplitByGroups() {
    let groups = (0..<200).map { "speaker \($0 * $0 % 37)" }
    let split = Split(groups: groups, validation: 0.2, test: 0.2, seed: 3)
    XCTAssertEqual((split.training + split.validation + split.test).sorted(), Array(0..<200))
    let parts = [split.training, split.validation, split.test].map { Set($0.map { groups[$0] }) }
    XCTAssertTrue(parts[0].isDisjoint(with: parts[1]) && parts[0].isDisjoint(with: parts[2]))
    XCTAssertTrue(parts[1].isDisjoint(with: parts[2]))
    for part in [split.validation, split.test] { XCTAssertEqual(Double(part.count), 40, accuracy: 8) }
    XCTAssertEqual(split, Split(groups: groups, validation: 0.2, test: 0.2, seed: 3))
  }

  private let encoding = SoundEncoding(
    spectrogram: MelSpectrogram(rate: 8000, window: 64, hop: 32, bands: 8), length: 100, classNames: ["a", "b"],
    mean: 0, deviation: 1)

  /// Short sounds get silence around them, long ones keep their loudest part.
  func testLengths() {
    let short = encoding.fitted(Sound(samples: [Float](repeating: 1, count: 60), rate: 8000))
    let silence = [Float](repeating: 0, count: 20)
    XCTAssertEqual(short, silence + [Float](repeating: 1, count: 60) + silence)
    var long = [Float](repeating: 0.01, count: 400)
    for index in 230..<300 { long[index] = 0.5 }
    let kept = encoding.fitted(Sound(samples: long, rate: 8000))
    XCTAssertEqual(kept.count, 100)
    XCTAssertEqual(kept.count { $0 == 0.5 }, 70)
  }

  /// Changed in training, each time in another way, and by the place in the run alone.
  func testChangesFollowThePlace() {
    let waves = (0..<4).map { row in (0..<100).map { Float(sin(Double($0 * (row + 1)) / 5)) } }
    let samples = SoundSamples(encoding: encoding, waves: waves, labels: [0, 1, 0, 1], isAugmented: true)
    func inputs(_ epoch: Int) -> SoundBatch { samples.batch(0..<4, at: BatchPlace(seed: 1, epoch: epoch, batch: 0)) }
    let first = inputs(0)
    XCTAssertEqual(first.inputs.shape, [4, 4, 8, 1])
    XCTAssertEqual(first.inputs.scalars, inputs(0).inputs.scalars)
    XCTAssertNotEqual(first.inputs.scalars, inputs(1).inputs.scalars)
    XCTAssertEqual(first.others?.values, [1, 0, 1, 0])
    XCTAssertTrue((0.5...1).contains(first.share))
    XCTAssertNil(samples.batch(0..<4).others)
  }
}
