import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class PictureOptionsTests: XCTestCase {
  private func folder() throws -> RunFolder { RunFolder(try temporaryFolder(self).appendingPathComponent("run")) }

  private func options(
    _ recipe: String, path: DataPath? = nil, _ change: (inout TrainingSettings) -> Void
  ) throws -> RunOptions {
    var options = try RunOptions.suited(to: RunSource(recipe: recipe, path: path))
    change(&options.settings)
    return options
  }

  /// All that can be done to pictures.
  private var everything: PictureOptions {
    var pictures = PictureOptions()
    (pictures.shift, pictures.flip, pictures.erasing) = (2, .alternating, 3)
    (pictures.brightness, pictures.contrast, pictures.mixUp, pictures.cutMix) = (0.1, 0.2, 0.2, 1)
    return pictures
  }

  func testEveryOptionResumesBitForBitAtAnyThreadCount() throws {
    let threads = Runtime.threadCount
    defer { Runtime.threadCount = threads }
    let options = try options("digits-cnn") {
      $0.pictures = everything
      $0.averaging = 0.98
      $0.testFlips = true
      $0.schedule = .constant
      $0.epochs = 3
    }
    let whole = try folder()
    Runtime.threadCount = 1
    let outcome = try TrainingRun(options).train(in: whole)
    Runtime.threadCount = 3
    var short = options
    short.settings.epochs = 2
    let parts = try folder()
    let first = try TrainingRun(short).train(in: parts).test.scores
    XCTAssertNotEqual(first, outcome.test.scores)
    let second = try TrainingRun(resuming: parts) { $0.settings.epochs = 3 }.train(in: parts)
    XCTAssertEqual(try DataFile.readRaw(parts.model), try DataFile.readRaw(whole.model))
    XCTAssertEqual(try DataFile.readRaw(parts.checkpoint), try DataFile.readRaw(whole.checkpoint))
    XCTAssertEqual(second.test.scores, outcome.test.scores)

    // The saved model is the averaged one, judged with flips unless it is said.
    let model = try RunModels.read(whole.model)
    XCTAssertEqual(try model.evaluation(of: nil, near: whole).test.scores, outcome.test.scores)
    XCTAssertEqual(outcome.result.history.last?.validation?.loss ?? 0, outcome.test.scores.loss, accuracy: 1e-5)
    let plain = try model.answering(testFlips: false).evaluation(of: nil, near: whole).test.scores
    XCTAssertNotEqual(plain.loss, outcome.test.scores.loss)
    let checkpoint = try Checkpoint(contentsOf: whole.checkpoint)
    XCTAssertEqual(
      model.network.stateDictionary.mapValues(\.scalars), checkpoint.averagedWeights.mapValues(\.scalars))

    let report = try String(contentsOf: whole.report, encoding: .utf8)
    for text in [
      "First filters", "decay 0.98", "shift 2, flip alternating, erasing 3×3", "cut-mix α 1.0", "test-time flips",
    ] {
      XCTAssertTrue(report.contains(text), text)
    }
  }

  func testOptionsReadBackAndChangeWhatSuits() throws {
    var pictures = PictureOptions()
    pictures.mixUp = 0.5
    let settings = TrainingSettings { $0.pictures = pictures }
    XCTAssertEqual(try JSONDecoder().decode(TrainingSettings.self, from: JSONEncoder().encode(settings)), settings)
    let usual = ImageAugmentation(shift: 1, flip: .alternating)
    XCTAssertEqual(
      try settings.augmentation(usual, height: 8, width: 8), ImageAugmentation(shift: 1, flip: .alternating, mixUp: 0.5)
    )
    XCTAssertEqual(try TrainingSettings().augmentation(usual, height: 8, width: 8), usual)
    pictures.shift = 8
    XCTAssertThrowsError(
      try TrainingSettings { $0.pictures = pictures }.augmentation(usual, height: 8, width: 9)
    ) { XCTAssertEqual("\($0)", "--shift: of pictures of 8×9 pixels: expected less than their size, found 8") }
    pictures.mixUp = 9
    XCTAssertFalse(TrainingSettings { $0.pictures = pictures }.isConsistent)
  }

  func testModelsWithoutPicturesRefuseFlips() throws {
    let place = try folder()
    _ = try TrainingRun(options("iris") { $0.epochs = 1 }).train(in: place)
    XCTAssertThrowsError(try RunModels.read(place.model).answering(testFlips: true)) {
      XCTAssertTrue("\($0)".contains("takes no pictures"), "\($0)")
    }
    XCTAssertFalse(try String(contentsOf: place.report, encoding: .utf8).contains("First filters"))
  }

  func testFirstFiltersAreScaledKernels() throws {
    let convolution = Conv2D(3, 2, kernel: 2)
    // [2, 2, 3, 2]: the second filter only has red in its first pixel.
    var weights = [Float](repeating: 0, count: 24)
    for index in 0..<12 { weights[2 * index] = index % 2 == 0 ? 0.5 : -0.25 }
    weights[1] = -3
    convolution.weight.value = Tensor(weights, shape: [2, 2, 3, 2])
    let group = try XCTUnwrap(PictureGroup.firstFilters(of: convolution))
    XCTAssertEqual(group.items.map(\.label), ["1", "2"])
    XCTAssertEqual(group.items[0].picture.bytes, (0..<12).map { $0 % 2 == 0 ? 255 : 64 })
    XCTAssertEqual(group.items[1].picture.bytes, [0] + [UInt8](repeating: 128, count: 11))
    XCTAssertNil(PictureGroup.firstFilters(of: MLP([4, 2])))
    XCTAssertNil(PictureGroup.firstFilters(of: Conv2D(16, 2, kernel: 3)))
    XCTAssertEqual(PictureGroup.firstFilters(of: Conv2D(1, 80, kernel: 3))?.items.count, 64)
  }

  /// On the shipped slice, as a user without the full set runs them.
  func testFashionRecipesLearnTheShippedSlice() throws {
    let images = try temporaryFolder(self)
    for part in ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"] {
      try FileManager.default.createSymbolicLink(
        at: images.appendingPathComponent("\(part)-ubyte.gz"),
        withDestinationURL: ShippedData.file("fashion-mnist-\(part)-ubyte.gz"))
    }
    for (name, goal) in [("fashion-cnn", 0.5), ("fashion-resnet", 0.5), ("fashion-vit", 0.3)] {
      let run = try TrainingRun(options(name, path: DataPath(images.path)) { $0.epochs = 1 })
      let outcome = try run.train(in: folder())
      XCTAssertGreaterThanOrEqual(outcome.test.scores[.accuracy] ?? 0, goal, name)
      if name == "fashion-cnn" { XCTAssertLessThanOrEqual(run.summary.parameterCount, 100_000) }
    }
  }
}
