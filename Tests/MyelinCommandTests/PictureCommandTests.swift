import Foundation
import Myelin
import XCTest

/// Runs whose answers are boxes, or pictures that are alike.
final class PictureCommandTests: XCTestCase {
  override func setUpWithError() throws {
    try XCTSkipUnless(PictureLibraryMissing.hasPNG, "built without libpng")
  }

  private func train(_ shell: Shell, _ arguments: String...) throws -> [String: Any] {
    let result = try shell.start(["train"] + arguments + ["--json"]).finish()
    XCTAssertEqual(result.status, 0, result.complaints)
    return try result.json()
  }

  /// One after the other to the same bits as in one go, with another number of threads; then found boxes as CSV and JSON.
  func testDetectsAndGoesOnBitForBit() throws {
    let shell = try Shell(self)
    _ = try train(shell, "detect", "--epochs", "1", "--schedule", "constant", "--output", "parts")
    _ = try train(shell, "--resume", "parts", "--epochs", "2")
    let answer = try train(
      shell, "detect", "--epochs", "2", "--schedule", "constant", "--threads", "1", "--output", "whole")
    XCTAssertEqual(try shell.bytes("parts/model.safetensors"), try shell.bytes("whole/model.safetensors"))
    let test = try XCTUnwrap(answer["test"] as? [String: Double])
    XCTAssertGreaterThan(try XCTUnwrap(test["map50"]), 0.001)
    let evaluated = try shell.run("evaluate", "whole", "--json")
    XCTAssertEqual(try evaluated.json()["scores"] as? [String: Double], test, evaluated.complaints)
    let report = try shell.text("whole/report.html")
    for words in ["mAP@0.5", "Found boxes", "Worst mistakes", "Platelets", "data:image/png", "prefers-color-scheme"] {
      XCTAssertTrue(report.contains(words), words)
    }

    // A sheet of grey, twice as large as what was learned.
    try shell.write("blank.png", Data(greyPicture(height: 120, width: 160)))
    let predicted = try shell.run("predict", "whole", "--input", "blank.png")
    XCTAssertEqual(predicted.status, 0, predicted.complaints)
    let lines = predicted.output.split(separator: "\n").map { $0.split(separator: ",") }
    XCTAssertEqual(lines[0].joined(separator: ","), "path,predicted_label,score,left,top,right,bottom")
    for line in lines.dropFirst() {
      XCTAssertEqual(line.count, 7)
      let numbers = line[2...].compactMap { Double($0) }
      XCTAssertTrue(numbers.count == 5 && numbers[0] <= 1 && numbers[3] <= 160 && numbers[4] <= 120, "\(line)")
    }
    let json = try shell.run("predict", "whole", "--input", "blank.png", "--json")
    let rows = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
    XCTAssertEqual(rows.count, lines.count - 1)
    XCTAssertTrue(rows.allSatisfy { ($0["box"] as? [String: Any])?.count == 4 && $0["score"] is Double })

    let refused = try shell.run("evaluate", "whole", "--input", "blank.png")
    XCTAssertEqual(refused.status, 1)
    XCTAssertTrue(refused.complaints.contains("blank.png: pictures of one's own have no boxes"), refused.complaints)
    let useless = try shell.run("train", "detect", "--label-smoothing", "0.1")
    XCTAssertEqual(useless.status, 2)
    XCTAssertTrue(useless.complaints.contains("--label-smoothing does nothing with detect"), useless.complaints)
  }

  func testFindsWhatIsAlike() throws {
    let shell = try Shell(self)
    _ = try train(shell, "similar", "--epochs", "1", "--schedule", "constant", "--output", "s", "--time", "4")
    try shell.write("a b.png", Data(greyPicture(height: 70, width: 70)))
    let own = try shell.run("similar", "s", "--query", "a b.png", "--count", "3", "--json")
    XCTAssertEqual(own.status, 0, own.complaints)
    let rows = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(own.output.utf8)) as? [[String: Any]])
    XCTAssertEqual(rows.count, 3)
    XCTAssertTrue((rows[0]["name"] as? String)?.contains("character") == true, own.output)
    let distances = rows.compactMap { $0["distance"] as? Double }
    XCTAssertEqual(distances, distances.sorted())

    try FileManager.default.createDirectory(atPath: shell.path("Bilder ä"), withIntermediateDirectories: true)
    try shell.write("Bilder ä/same.png", Data(greyPicture(height: 70, width: 70)))
    try shell.write("Bilder ä/other.png", Data(greyPicture(height: 40, width: 70, level: 30)))
    let among = try shell.run("similar", "s", "--query", "a b.png", "--among", "Bilder ä")
    XCTAssertEqual(among.status, 0, among.complaints)
    XCTAssertTrue(among.output.contains("0.0000") && among.output.contains("Bilder ä/same.png"), among.output)

    // Each in one line that says what is wrong.
    try shell.write("text.png", "no picture")
    for (arguments, complaint) in [
      (["--query", "missing.png"], "missing.png"), (["--query", "text.png"], "text.png"),
      (["--query", "a b.png", "--among", "nowhere"], "nowhere"),
    ] {
      let result = try shell.start(["similar", "s"] + arguments).finish()
      XCTAssertEqual(result.status, 1, complaint)
      XCTAssertTrue(result.complaints.contains(complaint), result.complaints)
      XCTAssertEqual(result.complaints.split(separator: "\n").count, 1, result.complaints)
    }
    let predicted = try shell.run("predict", "s", "--input", "a b.png")
    XCTAssertTrue(predicted.complaints.contains("myelin similar RUN --query PICTURE"), predicted.complaints)
    try shell.run("train", "iris", "--epochs", "1", "--output", "i", "--json")
    let wrong = try shell.run("similar", "i", "--query", "a b.png")
    XCTAssertEqual(wrong.status, 1)
    XCTAssertTrue(wrong.complaints.contains("does not say what is alike"), wrong.complaints)
  }

  /// A file of pictures and texts of one's own: resumed bit for bit, found both ways, and each wrong use in one line.
  func testPicturesAndTheirTexts() throws {
    let shell = try Shell(self)
    var lines = ["picture,caption"]
    for index in 0..<30 {
      try shell.write("p\(index).png", Data(greyPicture(height: 16, width: 16, level: UInt8(60 + 6 * index))))
      lines.append("p\(index).png,\(index < 15 ? "dark squares" : "light squares") number \(index)")
    }
    try shell.write("squares.csv", lines.joined(separator: "\n"))
    let own = ["squares.csv", "--task", "captions", "--schedule", "constant", "--batch-size", "8"]
    let first = try shell.start(["train"] + own + ["--epochs", "1", "--output", "parts", "--json"]).finish()
    XCTAssertEqual(first.status, 0, first.complaints)
    _ = try train(shell, "--resume", "parts", "--epochs", "2")
    let whole = try shell.start(
      ["train"] + own + ["--epochs", "2", "--threads", "1", "--output", "whole", "--json"]
    ).finish()
    XCTAssertEqual(whole.status, 0, whole.complaints)
    XCTAssertEqual(try shell.bytes("parts/model.safetensors"), try shell.bytes("whole/model.safetensors"))
    let scores = try XCTUnwrap(whole.json()["test"] as? [String: Double])
    for name in ["text_recall_1", "text_recall_10", "picture_recall_1", "picture_recall_10"] {
      XCTAssertTrue((0...1).contains(try XCTUnwrap(scores[name])), name)
    }
    let evaluated = try shell.run("evaluate", "whole", "--json")
    XCTAssertEqual(try evaluated.json()["scores"] as? [String: Double], scores, evaluated.complaints)
    let onFile = try shell.run("evaluate", "whole", "--input", "squares.csv")
    XCTAssertEqual(onFile.status, 0, onFile.complaints)
    let report = try shell.text("whole/report.html")
    for words in ["Words for pictures", "Pictures for words", "a text's picture", "data:image/png"] {
      XCTAssertTrue(report.contains(words), words)
    }

    let texts = try shell.run("similar", "whole", "--query", "p3.png", "--count", "2")
    XCTAssertTrue(texts.status == 0 && texts.output.contains("squares number"), texts.output + texts.complaints)
    let pictures = try shell.run(
      "similar", "whole", "--words", "light squares", "--among", "p1.png", "p29.png", "--sheet", "found.png", "--json")
    XCTAssertEqual(pictures.status, 0, pictures.complaints)
    let rows = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(pictures.output.utf8)) as? [[String: Any]])
    XCTAssertEqual(Set(rows.compactMap { $0["name"] as? String }), ["p1.png", "p29.png"])
    XCTAssertTrue(Picture.isPicture(Array(try shell.bytes("found.png").prefix(16))))

    for (arguments, status, complaint) in [
      (["similar", "whole", "--words", "xyzzy"], 1, "nothing in \"xyzzy\" is known"),
      (["similar", "whole"], 2, "Give --query with a picture, or --words"),
      (["similar", "whole", "--query", "p1.png", "--among", "p2.png"], 1, "--among"),
      (
        ["similar", "whole", "--words", "light squares", "--among", "p1.png", "--sheet", "p1.png"], 1,
        "p1.png: is the input"
      ),
      (["similar", "whole", "--query", "squares.csv"], 1, "squares.csv: is no picture"),
      (["predict", "whole", "--input", "p1.png"], 1, "myelin similar RUN --query PICTURE, or --words TEXT"),
      (["train", "squares.csv", "--task", "captions", "--drop", "caption"], 1, "only --text COLUMN"),
    ] {
      let result = try shell.start(arguments).finish()
      XCTAssertEqual(Int(result.status), status, complaint)
      XCTAssertTrue(result.complaints.contains(complaint), result.complaints)
    }
  }

  /// A PNG of squares of two greys.
  private func greyPicture(height: Int, width: Int, level: UInt8 = 140) -> [UInt8] {
    let bytes = (0..<height * width).map { index -> UInt8 in
      (index / width / 10 + index % width / 10) % 2 == 0 ? level : level / 2
    }
    return Picture(height: height, width: width, channels: 1, bytes: bytes).png()
  }
}
