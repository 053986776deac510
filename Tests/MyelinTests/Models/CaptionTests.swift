import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class CaptionTests: XCTestCase {
  /// Figures by hand: the second query is nearer to another's; of equals the first comes before.
  func testRecallOfVectors() {
    let pictures = Tensor([1, 0, 0, 2, 1, 1], shape: [3, 2])
    let texts = Tensor([3, 0, 1, 0.9, 0, 1], shape: [3, 2])
    let retrieval = Retrieval(pictures: pictures, texts: texts)
    XCTAssertEqual(Retrieval.ranks(of: retrieval.texts, for: retrieval.pictures), [0, 1, 2])
    XCTAssertEqual(Retrieval.nearest(2, of: retrieval.texts, for: retrieval.pictures), [[0, 1], [2, 1], [1, 0]])
    let scores = retrieval.scores
    XCTAssertEqual(
      scores.map(\.metric.name), ["text_recall_1", "text_recall_10", "picture_recall_1", "picture_recall_10"])
    XCTAssertEqual(scores[0].value, 1.0 / 3, accuracy: 1e-12)
    XCTAssertEqual(scores[1].value, 1)
    let equal = Retrieval(pictures: Tensor(ones: [3, 2]), texts: Tensor(ones: [3, 2]))
    XCTAssertEqual(Retrieval.ranks(of: equal.texts, for: equal.pictures), [0, 1, 2])
    let broken = Retrieval(pictures: Tensor([Float](repeating: .nan, count: 6), shape: [3, 2]), texts: texts)
    XCTAssertEqual(Retrieval.ranks(of: broken.texts, for: broken.pictures), [2, 2, 2])
  }

  /// InfoNCE both ways by its formula, in Double.
  func testObjectiveIsInfoNCEBothWays() {
    let values: [Float] = [0.3, -1, 2, 0.5, 1, 0.2, -0.7, 1, 0.1, 0.4, -2, 1]
    let outputs = Tensor(values, shape: [4, 3])
    let batch = CaptionBatch(
      inputs: .init(
        pictures: Tensor(zeros: [2, 1, 1, 1]),
        texts: .init(terms: Indices([Int32]()), weights: Tensor(zeros: [0, 1]), rows: Indices([Int32]()), count: 2)))
    func unit(_ row: Int) -> [Double] {
      let x = (0..<3).map { Double(values[3 * row + $0]) }
      let length = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return x.map { $0 / length }
    }
    func logit(_ p: Int, _ t: Int) -> Double { zip(unit(p), unit(2 + t)).reduce(0) { $0 + $1.0 * $1.1 } / 0.1 }
    var loss = 0.0
    for own in 0..<2 {
      loss += log(exp(logit(own, 0)) + exp(logit(own, 1))) - logit(own, own)
      loss += log(exp(logit(0, own)) + exp(logit(1, own))) - logit(own, own)
    }
    let result = CaptionModel.objective(outputs, batch)
    XCTAssertEqual(Double(result.loss.scalars[0]), loss / 4, accuracy: 1e-4)
    XCTAssertEqual(result.weight, 2)
  }

  /// The parts are every tenth emoji; the same seed gives the same bits at any thread count; what was drawn for an epoch
  /// is drawn again.
  func testEmojiAndThreads() throws {
    defer { Runtime.threadCount = 0 }
    var options = try RunOptions.suited(to: RunSource(recipe: "captions"))
    options.validationShare = 0.1
    let task = try XCTUnwrap(Captions().task(options, near: nil) as? CaptionTask)
    XCTAssertEqual([task.training.count, task.validation!.count, task.test.count], [1271, 159, 158])
    XCTAssertEqual(task.training.names[0], "grinning face")
    XCTAssertTrue(Set(task.training.names).isDisjoint(with: task.test.names))
    XCTAssertEqual(task.all.reduce(0) { $0 + $1.count }, 1588)
    let rows: [Int32] = [5, 900]
    func drawn(_ epoch: Int) -> CaptionBatch {
      rows.withUnsafeBufferPointer { task.augmented.batch($0, at: BatchPlace(seed: 1, epoch: epoch, batch: 0)) }
    }
    XCTAssertEqual(drawn(0).inputs.pictures.scalars, drawn(0).inputs.pictures.scalars)
    XCTAssertNotEqual(drawn(0).inputs.pictures.scalars, drawn(1).inputs.pictures.scalars)
    XCTAssertLessThan(drawn(0).inputs.texts.terms.count, task.training.batch([5, 900]).inputs.texts.terms.count)

    let small = CaptionNetwork.Configuration(
      pictures: .init(picture: PictureSize(32, 32, 3), widths: [4, 8], dimension: 8),
      terms: task.captionEncoding.terms.count)
    let bits = try [1, 3].map { threads -> [UInt32] in
      Runtime.threadCount = threads
      RandomGenerator.shared.reset(seed: 4)
      let space = CaptionNetwork(small)
      let trainer = Trainer(
        space, objective: CaptionModel.objective, optimizer: AdamW(space.parameters, learningRate: 3e-3))
      trainer.options.epochs = 1
      trainer.options.batchSize = 128
      try trainer.fit(task.augmented)
      return space.stateDictionary.sorted { $0.key < $1.key }.flatMap { $0.value.scalars.map(\.bitPattern) }
    }
    XCTAssertEqual(bits[0], bits[1])
  }

  /// A file of one's own: columns are found or named; what is missing is told in one line.
  func testFileOfPicturesAndTexts() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("captions-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    func file(_ text: String) throws -> String {
      let url = folder.appendingPathComponent("f.csv")
      try Data(text.utf8).write(to: url)
      return url.path
    }
    let found = try CaptionFile(file("text,file\na cat,a.png\n\"no, dog\",/b.JPG\n,c.png\n"), columns: nil, .init())
    XCTAssertEqual(found.columns, .init(picture: "file", text: "text"))
    XCTAssertEqual(found.texts, ["a cat", "no, dog"])
    XCTAssertEqual(found.paths, ["\(folder.path)/a.png", "/b.JPG"])
    let three = "file,name,place\na.png,x,y\nb.png,z,w\n"
    XCTAssertEqual(try CaptionFile(file(three), columns: nil, text: "place", .init()).texts, ["y", "w"])
    for (text, complaint) in [
      (three, "2 columns beside the pictures: expected --text COLUMN"), ("a,b\nx,y\nz,w\n", "no column of pictures"),
      ("a,b\nx.png,y.png\n", "several columns of pictures"),
    ] {
      XCTAssertThrowsError(try CaptionFile(file(text), columns: nil, .init())) { error in
        XCTAssertTrue("\(error)".contains(complaint), "\(error)")
      }
    }
  }
}
