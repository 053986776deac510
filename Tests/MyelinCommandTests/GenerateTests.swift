import Foundation
import XCTest

/// Pictures made of noise, as a user has them made.
final class GenerateTests: XCTestCase {
  /// Pictures of 8×8 pixels in Fashion-MNIST's form: a bar whose row is the class's.
  private func writeImages(_ shell: Shell) throws {
    try FileManager.default.createDirectory(atPath: shell.path("images"), withIntermediateDirectories: true)
    for (name, count) in [("train", 40), ("t10k", 20)] {
      func header(_ kind: UInt8, _ sizes: [Int]) -> [UInt8] {
        [0, 0, 8, kind] + sizes.flatMap { size in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } }
      }
      let labels = (0..<count).map { UInt8($0 % 10) }
      var pixels: [UInt8] = []
      for label in labels {
        for pixel in 0..<64 {
          let isInBar = pixel / 8 == Int(label) % 8 && (label < 8 || pixel % 2 == 0)
          pixels.append(isInBar ? 220 : UInt8(pixel % 7))
        }
      }
      try shell.write("images/\(name)-images-idx3-ubyte", Data(header(3, [count, 8, 8]) + pixels))
      try shell.write("images/\(name)-labels-idx1-ubyte", Data(header(1, [count]) + labels))
    }
  }

  private func train(_ shell: Shell, _ recipe: String, _ arguments: String...) throws {
    let trained = try shell.start(
      ["train", recipe, "--images", "images", "--epochs", "1", "--output", recipe] + arguments
    ).finish()
    XCTAssertEqual(trained.status, 0, trained.complaints)
    XCTAssertTrue(
      trained.output.contains(recipe == "diffusion" ? "test loss" : "test accuracy"), trained.output)
  }

  private func fail(
    _ shell: Shell, _ arguments: [String], _ words: [String], status: Int32 = 1, line: UInt = #line
  ) throws {
    let before = try shell.contents
    let result = try shell.start(arguments).finish()
    XCTAssertEqual(result.status, status, result.complaints, line: line)
    for word in words { XCTAssertTrue(result.complaints.contains(word), "\(word) in \(result.complaints)", line: line) }
    if status == 1 { XCTAssertEqual(result.complaints.split(separator: "\n").count, 1, result.complaints, line: line) }
    XCTAssertEqual(try shell.contents, before, line: line)
  }

  func testPicturesOfAClassOnASheet() throws {
    let shell = try Shell(self)
    try writeImages(shell)
    try train(shell, "diffusion")
    let made = try shell.run("generate", "diffusion", "--class", "boot", "--count", "5", "--output", "boots.png")
    XCTAssertEqual(made.status, 0, made.complaints)
    XCTAssertTrue(made.output.contains("Ankle boot: 5 pictures in boots.png"), made.output)
    let sheet = try shell.bytes("boots.png")
    XCTAssertEqual(Array(sheet.prefix(4)), [0x89, 0x50, 0x4e, 0x47])
    // Three columns and two rows of 8 pixels, two around each.
    XCTAssertEqual(Array(sheet[16..<24]), [0, 0, 0, 32, 0, 0, 0, 22])

    // Nothing is written over unless it is asked for; the same seed makes the same at any number of threads.
    let again = ["generate", "diffusion", "--class", "boot", "--count", "5", "--output", "boots.png"]
    try fail(shell, again, ["boots.png: is there already", "--overwrite"])
    let other = try shell.start(again + ["--overwrite", "--seed", "1", "--threads", "1"]).finish()
    XCTAssertEqual(other.status, 0, other.complaints)
    XCTAssertNotEqual(try shell.bytes("boots.png"), sheet)
    XCTAssertEqual(try shell.start(again + ["--overwrite", "--threads", "2"]).finish().status, 0)
    XCTAssertEqual(try shell.bytes("boots.png"), sheet)
    let all = try shell.run("generate", "diffusion", "--count", "1", "--steps", "2", "--guidance", "1")
    XCTAssertTrue(all.output.contains("10 pictures in generated.png"), all.output + all.complaints)
    XCTAssertTrue(all.output.contains("2 steps with guidance 1"), all.output)

    try fail(shell, ["generate", "diffusion", "--class", "sneeker", "--overwrite"], ["did you mean \"Sneaker\"?"])
    try fail(shell, ["generate", "none", "--class", "boot"], ["none: no such run"])
    try fail(shell, ["generate", "diffusion", "--count", "0"], ["--count must be 1 to 10000"], status: 2)
    try fail(shell, ["generate", "diffusion", "--guidance", "-1"], ["guidance"], status: 2)
    try fail(shell, ["predict", "diffusion", "--input", "boots.png"], ["myelin generate"])
    try fail(shell, ["train", "diffusion", "--layers", "8"], ["--layers does nothing with diffusion"], status: 2)
    XCTAssertTrue(try shell.run("summary", "diffusion").output.contains("unet.head"))
  }

  func testAJudgeSaysHowGoodTheyAre() throws {
    let shell = try Shell(self)
    try writeImages(shell)
    try train(shell, "diffusion")
    try train(shell, "fashion-cnn")
    let judged = try shell.run("evaluate", "diffusion", "--judge", "fashion-cnn", "--steps", "2", "--json")
    XCTAssertEqual(judged.status, 0, judged.complaints)
    let answer = try judged.json()
    XCTAssertEqual(answer["samples"] as? Int, 10)
    XCTAssertGreaterThan(try XCTUnwrap(answer["frechetDistance"] as? Double), 0)
    XCTAssertEqual((answer["confusion"] as? [[Int]])?.map { $0.reduce(0, +) }, [Int](repeating: 1, count: 10))
    // Where its lines are broken follows from the terminal's width.
    let text = try shell.run("evaluate", "diffusion", "--judge", "fashion-cnn", "--steps", "2").output
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for words in ["Fréchet distance", "of an untrained model", "found as asked", "Asked for (rows)"] {
      XCTAssertTrue(text.contains(words), "\(words) in \(text)")
    }
    try fail(shell, ["evaluate", "diffusion", "--judge", "diffusion"], ["diffusion: is no judge"])
    try fail(shell, ["evaluate", "fashion-cnn", "--judge", "fashion-cnn"], ["makes no pictures"])
    try fail(shell, ["evaluate", "diffusion", "--guidance", "2"], ["--guidance belongs to --judge"], status: 2)
    try fail(shell, ["generate", "fashion-cnn"], ["makes nothing new"])
  }
}
