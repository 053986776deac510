import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class PictureFolderTests: XCTestCase {
  override func setUpWithError() throws {
    try XCTSkipUnless(PictureLibraryMissing.hasPNG && PictureLibraryMissing.hasJPEG, "built without libpng or libjpeg")
  }

  private static let jpegs = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Pictures")

  /// A picture of 8×10 pixels, mostly red or mostly blue.
  private func picture(_ isRed: Bool, _ number: Int) -> Picture {
    let bytes = (0..<80).flatMap { i -> [UInt8] in
      let (strong, weak) = (UInt8(180 + (i * 7 + number * 13) % 70), UInt8((i * 5 + number * 11) % 70))
      return isRed ? [strong, weak, weak] : [weak, weak, strong]
    }
    return Picture(height: 8, width: 10, channels: 3, bytes: bytes)
  }

  private func fill(_ folder: URL, _ name: String, isRed: Bool, count: Int) throws {
    let place = folder.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    for number in 0..<count { try picture(isRed, number).write(to: place.appendingPathComponent("p \(number).png")) }
  }

  /// Spaces, letters beyond ASCII, hidden files, a text and a folder without pictures.
  private func folder() throws -> URL {
    let folder = try temporaryFolder(self).appendingPathComponent("my pets")
    try fill(folder, "röd katt", isRed: true, count: 20)
    try fill(folder, "blå hund", isRed: false, count: 20)
    try DataFile.write(Array("notes".utf8), to: folder.appendingPathComponent("röd katt/notes.txt"))
    try DataFile.write([0], to: folder.appendingPathComponent("röd katt/._p 1.png"))
    try DataFile.write([0], to: folder.appendingPathComponent(".DS_Store"))
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("empty"), withIntermediateDirectories: true)
    return folder
  }

  private func options(_ folder: URL, _ change: (inout RunSource) -> Void = { _ in }) throws -> RunOptions {
    var source = RunSource(own: PictureFolderData(), path: DataPath(folder.path))
    change(&source)
    var options = try RunOptions.suited(to: source)
    options.settings.epochs = 12
    options.settings.batchSize = 8
    options.settings.learningRate = 5e-3
    return options
  }

  private func task(_ folder: URL, _ change: (inout RunSource) -> Void = { _ in }) throws -> TensorTask {
    let task = try PictureFolderData().task(options(folder, change), near: nil)
    return try XCTUnwrap(task as? TensorTask)
  }

  func testFolderOfFoldersIsLearned() throws {
    let folder = try folder()
    let run = try TrainingRun(options(folder))
    let outcome = try run.train(in: RunFolder(temporaryFolder(self).appendingPathComponent("run")))
    XCTAssertEqual(outcome.test.scores[.accuracy], 1)
    let model = try RunModels.read(outcome.folder.model)
    // Classes in the order of their bytes; sizes as all pictures have them.
    XCTAssertEqual(model.description.classNames, ["blå hund", "röd katt"])
    XCTAssertEqual(model.description.inputCount, 240)
    let facts = run.task.facts.map { "\($0.term): \($0.text)" }
    XCTAssertTrue(facts.contains("pictures: 40: 32 for training, 8 for testing"), "\(facts)")
    XCTAssertTrue(facts.contains { $0.hasSuffix("röd katt/notes.txt") && $0.contains("1 file that is no picture") })
    XCTAssertTrue(facts.contains("passed over: 1 folder without pictures: empty"))
    let report = try String(contentsOf: outcome.folder.report, encoding: .utf8)
    XCTAssertTrue(report.contains("<b>röd katt</b>"))
    XCTAssertTrue(report.contains("data:image/png;base64,"))

    let answers = try model.answers(of: [folder.path + "/röd katt"], InputOptions(badFiles: .refuse)) { _ in }
    XCTAssertEqual(answers.count, 20)
    XCTAssertEqual(Set(answers.predictions), ["röd katt"])
    XCTAssertEqual(answers.paths[1], folder.path + "/röd katt/p 1.png")
    XCTAssertEqual(answers.csvHeader.prefix(2), ["path", "predicted_label"])
    let two = [folder.path + "/blå hund/p 3.png", Self.jpegs.appendingPathComponent("grey.jpg").path]
    XCTAssertEqual(try model.answers(of: two, InputOptions(badFiles: .refuse)) { _ in }.paths, two)
    XCTAssertEqual(try model.evaluation(of: folder.path, near: nil).count, 40)
    XCTAssertFalse(try model.evaluation(of: nil, near: nil).hasChanged)
  }

  func testTheSameBitsAtAnyThreadCountAndAfterResuming() throws {
    let folder = try folder()
    let threads = Runtime.threadCount
    defer { Runtime.threadCount = threads }
    func weights(_ count: Int) throws -> [UInt8] {
      Runtime.threadCount = count
      let place = RunFolder(try temporaryFolder(self).appendingPathComponent("run"))
      _ = try TrainingRun(options(folder)).train(in: place)
      return try DataFile.readRaw(place.model)
    }
    let one = try weights(1)
    XCTAssertEqual(one, try weights(3))
    let place = RunFolder(try temporaryFolder(self).appendingPathComponent("run"))
    var short = try options(folder)
    short.settings.epochs = 2
    short.settings.schedule = .constant
    _ = try TrainingRun(short).train(in: place)
    _ = try TrainingRun(resuming: place) { $0.settings.epochs = 3 }.train(in: place)
    short.settings.epochs = 3
    let whole = RunFolder(try temporaryFolder(self).appendingPathComponent("run"))
    _ = try TrainingRun(short).train(in: whole)
    XCTAssertEqual(try DataFile.readRaw(place.model), try DataFile.readRaw(whole.model))
  }

  func testPartsOfTheirOwn() throws {
    let folder = try temporaryFolder(self)
    for (part, count) in [("train", 10), ("val", 3), ("test", 5)] {
      try fill(folder, "\(part)/a", isRed: true, count: count)
      try fill(folder, "\(part)/b", isRed: false, count: count)
    }
    let data = try task(folder)
    XCTAssertEqual([data.training.count, data.validation?.count ?? 0, data.test.count], [20, 6, 10])
    XCTAssertEqual(try PictureFolderData().givenParts(of: folder.path + "/"), ["validation", "test"])
    XCTAssertEqual(try PictureFolderData().givenParts(of: folder.path + "/train"), [])
    // Mean and deviation are of the training pictures alone.
    guard case .images(let encoding) = data.preprocessing else { return XCTFail("no pictures") }
    XCTAssertEqual(encoding.mean[0], 0.5, accuracy: 0.1)
    try fill(folder, "test/c", isRed: true, count: 1)
    XCTAssertTrue(errorLine { try task(folder) }.contains("test/c: is no class of the training pictures"))
    XCTAssertEqual(try task(folder) { $0.badFiles = .skip }.test.count, 10)
  }

  func testBadFilesAreNamedAndRefusedOrSkipped() throws {
    let folder = try folder()
    let good = try task(folder)
    var damaged = picture(true, 1).png()
    damaged.removeLast(40)
    let bad: [(String, [UInt8])] = [
      ("blå hund/cut.png", damaged), ("blå hund/empty.jpg", []), ("blå hund/page.jpeg", Array("<html>".utf8)),
      ("stray.png", picture(true, 1).png()),
    ]
    for (name, bytes) in bad {
      try DataFile.write(bytes, to: folder.appendingPathComponent(name))
      let line = errorLine { try task(folder) }
      XCTAssertTrue(line.contains("\(folder.path)/\(name)"), line)
      XCTAssertTrue(line.contains("--bad-files skip leaves it out"), line)
      try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
    }
    for (name, bytes) in bad { try DataFile.write(bytes, to: folder.appendingPathComponent(name)) }
    XCTAssertTrue(errorLine { try task(folder) }.contains("and 3 more bad files; --bad-files skip leaves them out"))
    let rest = try task(folder) { $0.badFiles = .skip }
    XCTAssertEqual(rest.training.count + rest.test.count, 40)
    // What is left is the same data.
    XCTAssertEqual(rest.hash, good.hash)
    XCTAssertTrue(rest.facts.contains { $0.term == "left out" && $0.text.hasPrefix("4 bad files") })
  }

  func testMixedSizesAndKindsAreFitted() throws {
    let folder = try folder()
    for name in [
      "grey-16.png", "inks.jpg", "inks-ycck.jpg", "palette-4.png", "orientation-6.jpg", "colour-clear-16.png",
    ] {
      try FileManager.default.copyItem(
        at: Self.jpegs.appendingPathComponent(name), to: folder.appendingPathComponent("röd katt/\(name)"))
    }
    let large = try task(folder)
    XCTAssertEqual(large.training.batch(0..<2).inputs.shape, [2, 64, 64, 3])
    let small = try task(folder) { $0.imageSize = ImageSize("5x6") }
    XCTAssertEqual(small.training.batch(0..<2).inputs.shape, [2, 5, 6, 3])
    XCTAssertNil(ImageSize("0"))
    XCTAssertNil(ImageSize("5x"))
  }

  func testTooLittleToLearnFrom() throws {
    let folder = try temporaryFolder(self)
    XCTAssertTrue(errorLine { try task(folder) }.hasSuffix("at least two folders of PNG or JPEG pictures, found none"))
    try fill(folder, "cats", isRed: true, count: 3)
    XCTAssertTrue(errorLine { try task(folder) }.hasSuffix("pictures, found only \"cats\""))
    try fill(folder, "dogs", isRed: false, count: 3)
    XCTAssertTrue(errorLine { try task(folder) }.hasSuffix("at least 10, found 6"))
  }

  func testBatchesOfBytesAreThoseOfTensors() throws {
    let pictures = (0..<3).map { picture($0 == 1, $0) }
    let data = PictureDataset(
      height: 8, width: 10, channels: 3, bytes: pictures.flatMap(\.bytes), labels: [0, 1, 0], mean: [0.5, 0.4, 0.3],
      deviation: [0.2, 0.3, 0.25])
    let encoding = ImageEncoding(
      height: 8, width: 10, channels: 3, mean: [0.5, 0.4, 0.3], deviation: [0.2, 0.3, 0.25], classNames: ["a", "b"])
    let tensor = try NumericArray(.uint8, shape: [3, 8, 10, 3], bytes: data.bytes[...]).tensor(
      source: "", scale: 1 / 255)
    XCTAssertEqual(data.batch(0..<3).inputs.scalars, encoding.encode(tensor).scalars)
    XCTAssertEqual(data.batch([2, 1]).inputs.scalars, encoding.encode(tensor).scalars(of: [2, 1], size: 240))
    XCTAssertEqual(data.batch([2, 1]).labels?.values, [0, 1])
    XCTAssertEqual(encoding.picture(data.batch([1]).inputs.scalars), pictures[1])
    let statistics = data.statistics
    let reds = stride(from: 0, to: data.bytes.count, by: 3).map { Double(data.bytes[$0]) / 255 }
    let mean = reds.reduce(0, +) / Double(reds.count)
    XCTAssertEqual(Double(statistics.mean[0]), mean, accuracy: 1e-6)
    let variance = reds.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(reds.count)
    XCTAssertEqual(Double(statistics.deviation[0]), variance.squareRoot(), accuracy: 1e-6)
  }

  func testArraysOfPictures() throws {
    let folder = try temporaryFolder(self)
    let bytes: [UInt8] = (0..<16).map { UInt8($0 * 16) }
    let array = NumericArray(.uint8, shape: [2, 2, 4], bytes: bytes[...])
    let encoding = ImageEncoding(height: 2, width: 4, channels: 1, classNames: ["a", "b"])
    let expected = bytes.map { Float($0) * (1 / 255) }
    let (npy, npz) = (folder.appendingPathComponent("a.npy"), folder.appendingPathComponent("a.npz"))
    try NPY.write(array, to: npy)
    try NPZ.write(["images": array, "labels": NumericArray([Int32(0), 1], shape: [2])], to: npz)
    XCTAssertEqual(try encoding.inputs(array: npy.path).scalars, expected)
    XCTAssertEqual(try encoding.inputs(array: npz.path).scalars, expected)
    try NPY.write(NumericArray(expected, shape: [2, 2, 4, 1]), to: npy)
    XCTAssertEqual(try encoding.inputs(array: npy.path).scalars, expected)
    try NPY.write(NumericArray([Float](repeating: 2, count: 8), shape: [1, 2, 4]), to: npy)
    XCTAssertTrue(errorLine { try encoding.inputs(array: npy.path) }.hasSuffix("expected 0 to 1, found 2.0"))
  }
}

extension Tensor {
  fileprivate func scalars(of rows: [Int], size: Int) -> [Float] {
    rows.flatMap { scalars[$0 * size..<($0 + 1) * size] }
  }
}
