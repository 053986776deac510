import Myelin
import XCTest

@testable import MyelinModels

final class DetectionTests: XCTestCase {
  private func box(_ left: Float, _ top: Float, _ right: Float, _ bottom: Float) -> Box {
    Box(left: left, top: top, right: right, bottom: bottom)
  }

  /// A grey picture of 40×48 with a bright rectangle where the box is.
  private func scene(_ box: Box, label: Int = 0) -> Scene {
    var bytes = [UInt8](repeating: 60, count: 40 * 48)
    for y in Int(box.top)..<Int(box.bottom) {
      for x in Int(box.left)..<Int(box.right) { bytes[y * 48 + x] = 220 }
    }
    return Scene(
      picture: Picture(height: 40, width: 48, channels: 1, bytes: bytes), boxes: [LabeledBox(box, label: label)])
  }

  private let encoding = ImageEncoding(height: 40, width: 48, channels: 1, mean: [60 / 255], classNames: ["a", "b"])
  private let configuration = Detector.Configuration(
    picture: PictureSize(40, 48, 1), widths: [8, 16, 24], level: 1, classCount: 2)

  /// The bright pixels of a changed scene are where its box is, whatever was drawn.
  func testBoxesMoveWithThePixels() throws {
    let augmentation = SceneAugmentation {
      $0.flipsHorizontally = true
      $0.flipsVertically = true
      $0.scale = 1.4
      $0.shift = 0.1
    }
    let scenes = [Scene](repeating: scene(box(6, 10, 18, 20)), count: 40)
    let changed = augmentation.apply(scenes, encoding, RandomGenerator(seed: 3))
    var seen = Set<Box>()
    for scene in changed {
      let box = try XCTUnwrap(scene.boxes.first?.box)
      seen.insert(box)
      let bright = scene.picture.bytes.indices.filter { scene.picture.bytes[$0] >= 140 }
      let (xs, ys) = (bright.map { Float($0 % 48) }, bright.map { Float($0 / 48) })
      for (side, edge) in [
        (box.left, xs.min()!), (box.top, ys.min()!), (box.right, xs.max()! + 1), (box.bottom, ys.max()! + 1),
      ] { XCTAssertEqual(side, edge, accuracy: 1, "\(box)") }
    }
    XCTAssertEqual(seen.count, 40)
    XCTAssertTrue(seen.contains { $0.left > 24 } && seen.contains { $0.top > 18 }, "some are mirrored")
    // What is moved out of the picture goes.
    let far = SceneAugmentation {
      $0.shift = 1
      $0.leastShare = 0.9
    }
    let left = far.apply(scenes, encoding, RandomGenerator(seed: 4)).count { $0.boxes.isEmpty }
    XCTAssertTrue((10...35).contains(left), "\(left)")
  }

  /// Cells near the middle of a box are its own; of two boxes the one whose middle is nearer.
  func testCellsOfBoxes() {
    let grid = DetectionGrid(configuration)
    XCTAssertEqual([grid.rows, grid.columns], [10, 12])
    let small = LabeledBox(box(9, 9, 11, 11), label: 1)
    let large = LabeledBox(box(0, 0, 40, 40), label: 0)
    let assignment = grid.assignment([[large, small], [], [small]])
    let cells = zip(assignment.cells, assignment.labels).map { [Int($0), $1] }
    // The small one has the cell that its middle is in, which is the third of the third row.
    XCTAssertTrue(cells.contains([2 * 12 + 2, 1]) && cells.contains([2 * 120 + 2 * 12 + 2, 1]))
    // The large one's middle is at (20, 20), a corner of four cells; centres nearer than 6 pixels are 18 and 22 and 14.
    let ofLarge = cells.filter { $0[1] == 0 }.map { $0[0] }
    XCTAssertTrue(Set([4 * 12 + 4, 4 * 12 + 5, 5 * 12 + 4, 5 * 12 + 5]).isSubset(of: ofLarge), "\(ofLarge)")
    XCTAssertTrue(ofLarge.allSatisfy { $0 < 120 && (3...6).contains($0 / 12) && (3...6).contains($0 % 12) })
  }

  /// What is asked of the cells, given back as outputs, is the boxes that were there; and mirrored outputs are those of
  /// mirrored pictures.
  func testOutputsBecomeBoxes() throws {
    let grid = DetectionGrid(configuration)
    let truth = [LabeledBox(box(3, 5, 17, 15), label: 0), LabeledBox(box(20, 8, 44, 36), label: 1)]
    func outputs(_ boxes: [LabeledBox]) -> Tensor {
      let assignment = grid.assignment([boxes])
      var values = [Float](repeating: -9, count: 120 * 6)
      for (index, cell) in assignment.cells.enumerated() {
        let (sides, center) = (
          assignment.sides[4 * index..<4 * index + 4], assignment.centers[2 * index..<2 * index + 2]
        )
        let (s, c) = (Array(sides), Array(center))
        values[Int(cell) * 6 + assignment.labels[index]] = 3
        for (side, distance) in [c[0] - s[0], c[1] - s[1], s[2] - c[0], s[3] - c[1]].enumerated() {
          values[Int(cell) * 6 + 2 + side] = log(distance / 4)
        }
      }
      return Tensor(values, shape: [1, 10, 12, 6])
    }
    let direct = outputs(truth)
    let mirroredTruth = truth.map {
      LabeledBox(box(48 - $0.box.right, $0.box.top, 48 - $0.box.left, $0.box.bottom), label: $0.label)
    }
    let mirrored = grid.mirrored(outputs(mirroredTruth), horizontally: true, vertically: false)
    for outputs in [direct, mirrored] {
      let found = grid.detections(outputs)[0]
      XCTAssertEqual(found.map(\.label).sorted(), [0, 1])
      for detection in found {
        let original = truth[detection.label].box
        XCTAssertGreaterThan(detection.box.overlap(with: original), 0.999, "\(detection)")
        XCTAssertEqual(detection.score, 0.9526, accuracy: 1e-4)
      }
    }
    let (loss, weight) = grid.loss(
      direct, DetectionBatch(inputs: Tensor(zeros: [1, 40, 48, 1]), boxes: [truth]))
    XCTAssertLessThan(loss.scalar, 0.01)
    XCTAssertEqual(weight, Double(grid.assignment([truth]).cells.count))
    let empty = grid.loss(direct, DetectionBatch(inputs: Tensor(zeros: [1, 40, 48, 1]), boxes: [[]]))
    XCTAssertGreaterThan(empty.loss.scalar, 1)
    XCTAssertEqual(empty.weight, 1)
  }

  /// Rectangles of two brightnesses are found after a few steps; with any number of threads by the same bits.
  func testLearnsRectangles() throws {
    defer { Runtime.threadCount = 0 }
    let random = RandomGenerator(seed: 1)
    let scenes = (0..<48).map { index -> Scene in
      let draws = random.uniform([4]).scalars
      let (left, top) = ((30 * draws[0]).rounded(), (24 * draws[1]).rounded())
      var scene = scene(
        box(left, top, left + 7 + (8 * draws[2]).rounded(), top + 7 + (8 * draws[3]).rounded()), label: index % 2)
      if index % 2 == 1 {
        scene.picture = Picture(
          height: 40, width: 48, channels: 1, bytes: scene.picture.bytes.map { $0 == 220 ? 10 : $0 })
      }
      return scene
    }
    let samples = DetectionSamples(
      encoding: encoding, scenes: scenes, augmentation: SceneAugmentation { $0.flipsHorizontally = true })
    func train(_ threads: Int, epochs: Int) throws -> DetectionModel {
      Runtime.threadCount = threads
      RandomGenerator.shared.reset(seed: 5)
      let model = DetectionModel(
        configuration.makeNetwork(), use: DetectionUse(encoding: encoding, mirrorsHorizontally: true),
        options: RunOptions(source: RunSource(recipe: "detect")), dataHash: "")
      let trainer = Trainer(
        model.detector, objective: model.objective, optimizer: AdamW(model.detector.parameters, learningRate: 0.01))
      trainer.options.epochs = epochs
      trainer.options.batchSize = 8
      try trainer.fit(samples)
      return model
    }
    let runs = try [1, 2, 3].map { try train($0, epochs: 1) }
    let bits = runs.map { run in
      run.detector.stateDictionary.sorted { $0.key < $1.key }.flatMap { $0.value.scalars.map(\.bitPattern) }
    }
    XCTAssertEqual(bits[1], bits[0])
    XCTAssertEqual(bits[2], bits[0])
    let test = try train(0, epochs: 20).test(on: samples)
    XCTAssertGreaterThan(try XCTUnwrap(test.scores[.meanAveragePrecision50]), 0.9)
    XCTAssertEqual(test.pictures[0].items.count, 8)
    XCTAssertEqual(test.pictures[0].items[0].picture.height, 160)
    guard case .measured(let headline, let tables) = test.kind else { return XCTFail("\(test.kind)") }
    XCTAssertEqual(headline, .meanAveragePrecision50)
    XCTAssertEqual(tables[0].rows.map { $0[0] }, ["a", "b"])
  }

  /// The same seed composes the same scenes, another one others; boxes are around what is there.
  func testComposedScenes() throws {
    let garments = FashionScenes(try FashionMNIST.shippedSlice().test.subset(Array(0..<60)))
    let scenes = garments.scenes(30, RandomGenerator(seed: 1))
    XCTAssertEqual(scenes.map(\.picture), garments.scenes(30, RandomGenerator(seed: 1)).map(\.picture))
    XCTAssertNotEqual(scenes[0].picture, garments.scenes(1, RandomGenerator(seed: 2))[0].picture)
    XCTAssertGreaterThan(Set(scenes.map(\.boxes.count)).count, 2)
    for box in scenes.flatMap(\.boxes).map(\.box) {
      XCTAssertTrue(box.left >= 0 && box.top >= 0 && box.right <= 64 && box.bottom <= 64 && box.area >= 16, "\(box)")
    }
    for scene in scenes {
      for (index, first) in scene.boxes.enumerated() {
        for other in scene.boxes[(index + 1)...] { XCTAssertLessThan(first.box.overlap(with: other.box), 0.31) }
      }
    }
  }
}
