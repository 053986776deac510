import Foundation
import XCTest

final class SoundCommandTests: XCTestCase {
  /// A tone of 16-bit samples.
  private func tone(_ hertz: Double, rate: Int, count: Int, phase: Double) -> Data {
    func number(_ value: Int, _ size: Int) -> [UInt8] { (0..<size).map { UInt8(value >> (8 * $0) & 255) } }
    let samples = (0..<count).flatMap { index -> [UInt8] in
      let value = sin(2 * Double.pi * hertz * Double(index) / Double(rate) + phase)
      return number(Int(9000 * value) & 0xffff, 2)
    }
    var bytes: [UInt8] = Array("WAVEfmt ".utf8) + number(16, 4) + number(1, 2) + number(1, 2) + number(rate, 4)
    bytes +=
      number(2 * rate, 4) + number(2, 2) + number(16, 2) + Array("data".utf8) + number(samples.count, 4) + samples
    return Data(Array("RIFF".utf8) + number(bytes.count, 4) + bytes)
  }

  private func folder(_ shell: Shell) throws {
    for (name, hertz) in [("hög ton", 1500.0), ("low", 300)] {
      try FileManager.default.createDirectory(atPath: shell.path("tones/\(name)"), withIntermediateDirectories: true)
      for number in 0..<15 {
        let rate = number % 3 == 0 ? 11025 : 8000
        let sound = tone(hertz * (1 + 0.02 * Double(number)), rate: rate, count: rate / 8, phase: Double(number))
        try shell.write("tones/\(name)/\(number).wav", sound)
      }
    }
    try shell.write("tones/low/notes.txt", "no sound")
  }

  /// A folder of one's own: learned, gone on with bit for bit, judged and asked; bad files in one line.
  func testFolderOfSounds() throws {
    let shell = try Shell(self)
    try folder(shell)
    let whole = try shell.run("train", "tones", "--batch-size", "8", "--output", "whole", "--json")
    XCTAssertEqual(whole.status, 0, whole.complaints)
    let scores = try XCTUnwrap(whole.json()["test"] as? [String: Double])
    XCTAssertGreaterThanOrEqual(try XCTUnwrap(scores["accuracy"]), 0.8)
    // One after the other to the same bits as in one go, with another number of threads.
    let constant = ["tones", "--schedule", "constant", "--batch-size", "8"]
    func train(_ arguments: [String]) throws {
      let result = try shell.start(["train"] + arguments).finish()
      XCTAssertEqual(result.status, 0, result.complaints)
    }
    try train(constant + ["--epochs", "4", "--threads", "1", "--output", "straight"])
    try train(constant + ["--epochs", "2", "--threads", "2", "--output", "parts"])
    try train(["--resume", "parts", "--epochs", "4", "--threads", "2"])
    XCTAssertEqual(try shell.bytes("parts/model.safetensors"), try shell.bytes("straight/model.safetensors"))

    let report = try shell.text("whole/report.html")
    for words in ["Confusion", "Training sounds", "data:image/png", "hög ton", "mel bands"] {
      XCTAssertTrue(report.contains(words), words)
    }
    let evaluated = try shell.run("evaluate", "whole", "--json")
    XCTAssertEqual(try evaluated.json()["scores"] as? [String: Double], scores, evaluated.complaints)
    let own = try shell.run("evaluate", "whole", "--input", "tones", "--json")
    XCTAssertEqual(try own.json()["rows"] as? Int, 30, own.output)
    let predicted = try shell.run("predict", "whole", "--input", "tones/low", "--input", "tones/hög ton/3.wav")
    XCTAssertEqual(predicted.status, 0, predicted.complaints)
    let lines = predicted.output.split(separator: "\n")
    XCTAssertEqual(lines.count, 17)
    XCTAssertTrue(lines[1].hasPrefix("tones/low/0.wav,low,"), String(lines[1]))
    XCTAssertTrue(lines[16].hasPrefix("tones/hög ton/3.wav,hög ton,"), String(lines[16]))

    try shell.write("tones/low/99.wav", Data("RIFF and nothing".utf8))
    let refused = try shell.run("train", "tones")
    XCTAssertEqual(refused.status, 1)
    XCTAssertTrue(refused.complaints.contains("tones/low/99.wav: is no WAV file"), refused.complaints)
    XCTAssertEqual(refused.complaints.split(separator: "\n").count, 1, refused.complaints)
    let skipped = try shell.run("train", "tones", "--bad-files", "skip", "--epochs", "1", "--output", "skipped")
    XCTAssertEqual(skipped.status, 0, skipped.complaints)
    let missing = try shell.run("predict", "whole", "--input", "none.wav")
    XCTAssertEqual(missing.status, 1)
    XCTAssertTrue(missing.complaints.contains("none.wav"), missing.complaints)
  }
}
