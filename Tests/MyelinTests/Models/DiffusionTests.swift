import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class DiffusionTests: XCTestCase {
  /// IDX files in Fashion-MNIST's form: 8×8 pixels, a bright square whose place and size are the class's.
  private func images(training: Int = 60, test: Int = 20) throws -> URL {
    let folder = try temporaryFolder(self)
    for (name, count) in [("train", training), ("t10k", test)] {
      func header(_ kind: UInt8, _ sizes: [Int]) -> [UInt8] {
        [0, 0, 8, kind] + sizes.flatMap { size in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } }
      }
      let labels = (0..<count).map { UInt8($0 % 10) }
      var pixels: [UInt8] = []
      for (index, label) in labels.enumerated() {
        for pixel in 0..<64 {
          let (row, column, first) = (pixel / 8, pixel % 8, Int(label) / 2)
          let isInside = row / 4 == Int(label) % 2 && column > first && column < first + 4
          pixels.append(isInside ? UInt8(200 + (index * 7 + pixel) % 50) : UInt8((index + pixel * 3) % 30))
        }
      }
      try DataFile.write(
        header(3, [count, 8, 8]) + pixels, to: folder.appendingPathComponent("\(name)-images-idx3-ubyte"))
      try DataFile.write(header(1, [count]) + labels, to: folder.appendingPathComponent("\(name)-labels-idx1-ubyte"))
    }
    return folder
  }

  private func options(_ images: URL, epochs: Int = 2) throws -> RunOptions {
    var options = try RunOptions.suited(to: RunSource(recipe: "diffusion", path: DataPath(images.path)))
    options.settings.epochs = epochs
    options.settings.batchSize = 16
    return options
  }

  private func trained(_ options: RunOptions) throws -> (RunFolder, TrainingRun.Outcome) {
    let folder = RunFolder(try temporaryFolder(self).appendingPathComponent("run"))
    return (folder, try TrainingRun(options).train(in: folder))
  }

  func testNoiseFollowsFromTheSeedAndThePlace() {
    let pictures = TensorDataset(
      inputs: RandomGenerator(seed: 1).normal([40, 4, 4, 1]), labels: Indices((0..<40).map { Int32($0 % 3) }))
    let data = NoisedPictures(pictures, schedule: .cosine, classCount: 3, unnamedShare: 0.3)
    let place = BatchPlace(seed: 5, epoch: 1, batch: 2)
    let (a, b) = (data.batch(0..<40, at: place), data.batch(0..<40, at: place))
    XCTAssertEqual(a.inputs.noised.scalars, b.inputs.noised.scalars)
    XCTAssertEqual(a.inputs.classes, b.inputs.classes)
    let other = data.batch(0..<40, at: BatchPlace(seed: 5, epoch: 1, batch: 3))
    XCTAssertNotEqual(a.inputs.noised.scalars, other.inputs.noised.scalars)
    // Some classes are not told, the others are their own; levels go all the way.
    let unnamed = a.inputs.classes.values.count { $0 == 3 }
    XCTAssertTrue((3...25).contains(unnamed), "\(unnamed)")
    for (told, label) in zip(a.inputs.classes.values, pictures.labels!.values) where told != 3 {
      XCTAssertEqual(told, label)
    }
    let levels = a.inputs.logSNR.scalars.sorted()
    XCTAssertLessThan(levels[0], -5)
    XCTAssertGreaterThan(levels[39], 5)
    // Apart from training a picture has its noise and its level, in whatever batch.
    let (whole, part) = (data.batch(0..<40), data.batch([7, 3]))
    XCTAssertEqual(part.inputs.noised[0..<1].scalars, whole.inputs.noised[7..<8].scalars)
    XCTAssertEqual(part.velocity[1..<2].scalars, whole.velocity[3..<4].scalars)
    XCTAssertEqual(whole.inputs.classes, pictures.labels!)
  }

  func testARunIsLearnedKeptAndTested() throws {
    let images = try images()
    var options = try options(images, epochs: 50)
    options.settings.learningRate = 3e-3
    let (folder, outcome) = try trained(options)
    let history = outcome.result.history
    XCTAssertLessThan(history.last!.training.loss, 0.6 * history[0].training.loss)
    let report = try String(contentsOf: folder.report, encoding: .utf8)
    XCTAssertTrue(report.contains("Pictures of each class") && report.contains("<b>Ankle boot</b>"))
    let model = try RunModels.read(folder.model)
    XCTAssertEqual(model.description.classNames, FashionMNIST.classNames)
    XCTAssertGreaterThan(model.summary.parameterCount, 100_000)
    let evaluation = try model.evaluation(of: nil, near: folder)
    XCTAssertEqual(evaluation.test.scores.loss, outcome.test.scores.loss)
    XCTAssertFalse(evaluation.hasChanged)
    XCTAssertTrue(errorLine { try model.answers(of: ["x.png"], InputOptions()) { _ in } }.contains("myelin generate"))
    // Classes of bright squares are made where they are.
    let generating = try XCTUnwrap(model as? DiffusionModel)
    let made = generating.samples(classes: [0, 1], guidance: 1, steps: 20, seed: 0)
    func brightness(_ picture: Int, _ rows: Range<Int>) -> Float {
      made[picture..<picture + 1].cropped(rows: rows, columns: 0..<8).mean().scalar
    }
    XCTAssertGreaterThan(brightness(0, 0..<4), brightness(0, 4..<8) + 0.2)
    XCTAssertLessThan(brightness(1, 0..<4), brightness(1, 4..<8) - 0.2)
  }

  func testTheSameBitsAtAnyThreadCountAndAfterResuming() throws {
    let images = try images()
    defer { Runtime.threadCount = 0 }
    func weights(_ threads: Int) throws -> [UInt8] {
      Runtime.threadCount = threads
      return try DataFile.readRaw(try trained(options(images)).0.model)
    }
    let one = try weights(1)
    XCTAssertEqual(one, try weights(3))
    Runtime.threadCount = 0
    var short = try options(images, epochs: 1)
    short.settings.schedule = .constant
    let (place, _) = try trained(short)
    _ = try TrainingRun(resuming: place) { $0.settings.epochs = 2 }.train(in: place)
    short.settings.epochs = 2
    XCTAssertEqual(try DataFile.readRaw(place.model), try DataFile.readRaw(try trained(short).0.model))
  }

  func testPicturesFollowFromTheSeed() throws {
    let images = try images()
    let (folder, _) = try trained(options(images, epochs: 1))
    let model = try XCTUnwrap(try RunModels.read(folder.model) as? DiffusionModel)
    defer { Runtime.threadCount = 0 }
    func made(_ change: (inout GenerationOptions) -> Void) throws -> [Picture] {
      var told = GenerationOptions()
      (told.className, told.count, told.steps) = ("boot", 3, 4)
      change(&told)
      guard case .pictures(let group, _) = try model.generate(told) else { return [] }
      XCTAssertTrue(group.items.allSatisfy { told.className == nil || $0.label == "Ankle boot" })
      return group.items.map(\.picture)
    }
    Runtime.threadCount = 1
    let first = try made { _ in }
    Runtime.threadCount = 3
    XCTAssertEqual(first.count, 3)
    XCTAssertEqual(try made { _ in }, first)
    XCTAssertEqual(try made { $0.count = 2 }, Array(first.prefix(2)), "the first of many are those of few")
    XCTAssertNotEqual(try made { $0.seed = 1 }, first)
    XCTAssertNotEqual(try made { $0.guidance = 1 }, first)
    XCTAssertEqual(try made { $0.className = nil }.count, 30)
    XCTAssertTrue(errorLine { try made { $0.className = "sneeker" } }.contains("did you mean \"Sneaker\"?"))
  }

  func testAClassIsFoundByWhatPeopleCallIt() throws {
    func found(_ name: String) throws -> String {
      FashionMNIST.classNames[try ClassNames.index(of: name, among: FashionMNIST.classNames, source: "run")]
    }
    for (name, expected) in [
      ("boot", "Ankle boot"), ("ANKLE BOOT", "Ankle boot"), ("shirt", "Shirt"), ("t-shirt", "T-shirt/top"),
      ("top", "T-shirt/top"), ("trous", "Trouser"), ("Bag", "Bag"),
    ] {
      XCTAssertEqual(try found(name), expected, name)
    }
    XCTAssertTrue(errorLine { try found("hat") }.hasPrefix("run: no class \"hat\""))
    XCTAssertTrue(errorLine { try found("bot") }.contains("did you mean"))
    XCTAssertTrue(errorLine { try found("s") }.contains("expected one class"))
    XCTAssertTrue(errorLine { try found("") }.contains("no class"))
  }

  /// A judge that has learned finds real squares where they are; distances are of equal numbers of pictures.
  func testAClassifierJudgesWhatIsMade() throws {
    let images = try images(training: 100, test: 40)
    let (folder, _) = try trained(options(images, epochs: 1))
    let network = VGG(.init(picture: PictureSize(8, 8, 1), stages: [[16], [16]], normalizes: true))
    let trainer = Trainer(
      network, objective: .classification(), optimizer: Adam(network.parameters, learningRate: 0.01))
    trainer.options.epochs = 8
    try trainer.fit(FashionMNIST.load(folder: images).training)
    let judge = SavedModel(
      network: network,
      preprocessing: .images(ImageEncoding(height: 8, width: 8, channels: 1, classNames: FashionMNIST.classNames)),
      options: try options(images), dataHash: "")
    let model = try XCTUnwrap(try RunModels.read(folder.model) as? DiffusionModel)
    var told = GenerationOptions()
    told.steps = 3
    let state = RandomGenerator.shared.state
    let judgement = try model.judged(by: judge, named: "judge", told, near: folder)
    XCTAssertEqual(RandomGenerator.shared.state, state)
    XCTAssertEqual(judgement.count, 20)
    XCTAssertEqual(judgement.confusion.support, [Int](repeating: 2, count: 10))
    let right = (0..<10).reduce(0) { $0 + judgement.confusion[$1, $1] }
    XCTAssertEqual(judgement.accuracy, Double(right) / 20, accuracy: 1e-12)
    XCTAssertGreaterThan(judgement.realAccuracy, 0.9)
    // Of an untrained model and of one of a few steps nothing looks real.
    XCTAssertLessThan(judgement.realDistance, judgement.distance)
    XCTAssertLessThan(judgement.realDistance, judgement.untrainedDistance)
    let again = try model.judged(by: judge, named: "judge", told, near: folder)
    XCTAssertEqual(again.distance, judgement.distance)
    XCTAssertTrue(
      errorLine { try model.judged(by: model, named: "runs/x", told, near: folder) }.hasPrefix("runs/x: is no judge"))
  }
}
