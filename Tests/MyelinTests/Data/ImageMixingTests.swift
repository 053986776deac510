import Foundation
import MyelinModels
import XCTest

@testable import Myelin

final class ImageMixingTests: XCTestCase {
  /// 40 pictures of one channel; all pixels of each are its label.
  private let pictures = TensorDataset(
    inputs: Tensor((0..<40 * 8 * 6).map { Float($0 / 48 % 10) }, shape: [40, 8, 6, 1]),
    labels: Indices((0..<40).map { Int32($0 % 10) }))

  private func batch(_ augmentation: ImageAugmentation, _ rows: [Int32], epoch: Int, batch: Int = 0) -> TensorBatch {
    rows.withUnsafeBufferPointer {
      AugmentedImages(pictures, augmentation).batch($0, at: BatchPlace(seed: 3, epoch: epoch, batch: batch))
    }
  }

  private let all = (0..<40).map(Int32.init)

  func testMixUpBlendsPicturesAsLabels() throws {
    let mixed = batch(ImageAugmentation(mixUp: 0.8), all, epoch: 2)
    let mixture = try XCTUnwrap(mixed.mixture)
    let (first, second) = (try XCTUnwrap(mixed.labels).values, mixture.labels.values)
    for row in 0..<40 {
      let share = mixture.shares.scalars[row]
      XCTAssertTrue((0...0.5).contains(share))
      XCTAssertTrue([first[row], second[row]].contains(Int32(row % 10)))
      let expected = (1 - share) * Float(first[row]) + share * Float(second[row])
      for value in mixed.inputs.scalars[row * 48..<(row + 1) * 48] { XCTAssertEqual(value, expected, accuracy: 1e-5) }
    }
    XCTAssertGreaterThan(Set(mixture.shares.scalars).count, 35)
  }

  func testCutMixReplacesAWindowOfTheLabelsShare() throws {
    let mixed = batch(ImageAugmentation(cutMix: 1), all, epoch: 2)
    let mixture = try XCTUnwrap(mixed.mixture)
    let (first, second) = (try XCTUnwrap(mixed.labels).values, mixture.labels.values)
    var parts = 0
    for row in 0..<40 where first[row] != second[row] {
      let values = Array(mixed.inputs.scalars[row * 48..<(row + 1) * 48])
      let own = Float(row % 10)
      let window = values.indices.filter { values[$0] != own }
      XCTAssertTrue(window.allSatisfy { values[$0] == Float(first[row]) || values[$0] == Float(second[row]) })
      let share = Float(values.count { $0 == Float(second[row]) }) / 48
      XCTAssertEqual(mixture.shares.scalars[row], share, accuracy: 1e-6)
      // A rectangle: as many pixels as its bounds hold.
      let (rows, columns) = (window.map { $0 / 6 }, window.map { $0 % 6 })
      if let top = rows.min(), let bottom = rows.max(), let left = columns.min(), let right = columns.max() {
        XCTAssertEqual(window.count, (bottom - top + 1) * (right - left + 1))
        parts += window.count < 48 ? 1 : 0
      }
    }
    XCTAssertGreaterThan(parts, 15)
  }

  /// A sample looks the same in whatever batch it comes, and other in the next epoch; evaluation sees it as it is.
  func testDependsOnSampleAndEpochAlone() {
    let augmentation = ImageAugmentation(shift: 1, flip: .random, mixUp: 0.4, cutMix: 1)
    let whole = batch(augmentation, all, epoch: 1)
    let part = batch(augmentation, [7, 2], epoch: 1, batch: 5)
    XCTAssertEqual(whole.inputs.sliced(2..<3).scalars, part.inputs.sliced(1..<2).scalars)
    XCTAssertEqual(whole.mixture?.shares.scalars[7], part.mixture?.shares.scalars[0])
    XCTAssertEqual(whole.mixture?.labels.values[7], part.mixture?.labels.values[0])
    XCTAssertNotEqual(batch(augmentation, [7, 2], epoch: 2).inputs.scalars, part.inputs.scalars)
    let plain = AugmentedImages(pictures, augmentation).batch([1, 2])
    XCTAssertEqual(plain.inputs.scalars, pictures.batch([1, 2]).inputs.scalars)
    XCTAssertNil(plain.mixture)
  }

  /// Mixing draws from a stream of its own: it leaves shifts and flips as they are without it.
  func testMixingLeavesOtherChangesAlone() throws {
    let mixed = batch(ImageAugmentation(shift: 1, flip: .random, erasing: 3, cutMix: 1), all, epoch: 4)
    let plain = batch(ImageAugmentation(shift: 1, flip: .random, erasing: 3), all, epoch: 4)
    let shares = try XCTUnwrap(mixed.mixture?.shares.scalars)
    var same = 0
    for row in 0..<40 where mixed.labels?.values[row] == Int32(row % 10) {
      let values = zip(
        mixed.inputs.scalars[row * 48..<(row + 1) * 48], plain.inputs.scalars[row * 48..<(row + 1) * 48])
      same += values.contains { $0 != $1 } ? 0 : 1
      XCTAssertLessThanOrEqual(Float(values.count { $0 != $1 }), shares[row] * 48 + 0.5)
    }
    XCTAssertLessThan(same, 30)
  }

  func testBetaHasItsMeanAndVariance() {
    for alpha in [0.2, 1, 3] {
      var draws = PictureDraws(BatchPlace(seed: 1, epoch: 0, batch: 0), sample: 0)
      let values = (0..<20_000).map { _ in draws.beta(alpha) }
      let mean = values.reduce(0, +) / 20_000
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
      XCTAssertEqual(mean, 0.5, accuracy: 0.01)
      XCTAssertEqual(variance, 1 / (4 * (2 * alpha + 1)), accuracy: 0.004)
    }
  }

  /// The loss is that of soft labels, with rows and classes that weigh differently.
  func testLossIsThatOfSoftLabels() {
    let random = RandomGenerator(seed: 8)
    let logits = random.normal([5, 3])
    let (first, second) = ([0, 1, 2, 2, 0] as [Int32], [1, 1, 0, 2, 2] as [Int32])
    let shares: [Float] = [0.2, 0.5, 0, 0.4, 0.3]
    let rows: [Float] = [1, 2, 0.5, 1, 3]
    let classes: [Float] = [1, 0.5, 2]
    var batch = TensorBatch(inputs: logits, labels: Indices(first), weights: Tensor(rows))
    batch.mixture = LabelMixture(labels: Indices(second), shares: Tensor(shares))
    let parameter = Parameter(logits)
    let objective = Objective<Tensor, TensorBatch>.classification(classWeights: classes)
    let result = objective(parameter.value, batch)
    result.loss.backward()

    var (sum, weight) = (0.0, 0.0)
    let probabilities = softmax(logits).scalars.map(Double.init)
    var slopes = [Double](repeating: 0, count: 15)
    for row in 0..<5 {
      for (label, share) in [(first[row], 1 - shares[row]), (second[row], shares[row])] {
        let factor = Double(rows[row] * share * classes[Int(label)])
        sum -= factor * log(probabilities[row * 3 + Int(label)])
        weight += factor
        for column in 0..<3 {
          slopes[row * 3 + column] += factor * (probabilities[row * 3 + column] - (column == Int(label) ? 1 : 0))
        }
      }
    }
    XCTAssertEqual(Double(result.loss.scalar), sum / weight, accuracy: 1e-5)
    XCTAssertEqual(result.weight!, weight, accuracy: 1e-5)
    for (value, slope) in zip(parameter.gradient!.scalars, slopes) {
      XCTAssertEqual(Double(value), slope / weight, accuracy: 1e-5)
    }
  }

  /// A batch prepared ahead, and one after a resume, are those of a run in one go.
  func testResumedAndPrefetchedRunsSeeTheSame() throws {
    func trainer(_ prefetched: Int) -> Trainer<TensorBatch> {
      RandomGenerator.shared.reset(seed: 1)
      let model = LeNet5(LeNet5.Configuration(picture: PictureSize(12, 12, 1)))
      let trainer = Trainer(model, objective: .classification(), optimizer: AdamW(model.parameters))
      trainer.options.epochs = 2
      trainer.options.batchSize = 16
      trainer.options.prefetchedBatches = prefetched
      trainer.options.stopsOnInterrupt = false
      return trainer
    }
    let data = AugmentedImages(
      TensorDataset(
        inputs: RandomGenerator(seed: 7).normal([60, 12, 12, 1]), labels: Indices((0..<60).map { Int32($0 % 10) })),
      ImageAugmentation(flip: .alternating, mixUp: 0.4, cutMix: 1))
    let whole = trainer(0)
    try whole.fit(data)
    let expected = whole.parameters.map(\.value.scalars)
    let ahead = trainer(3)
    try ahead.fit(data)
    XCTAssertEqual(ahead.parameters.map(\.value.scalars), expected)
    let first = trainer(0)
    first.observers = [StopAfter(6)]
    try first.fit(data)
    let second = trainer(2)
    try second.restore(first.checkpoint())
    try second.fit(data)
    XCTAssertEqual(second.parameters.map(\.value.scalars), expected)
  }
}
