import Foundation
import XCTest

/// What a user gets wrong: one clear line, the right exit code, nothing left behind.
final class BadInputTests: XCTestCase {
  private let good = "a,b,kind\n" + (0..<40).map { "\($0),\($0 * 2),\($0 % 2 == 0 ? "x" : "y")\n" }.joined()

  /// Runs the command, which must fail with one line that has all `words`, and leave the folder as it was.
  private func assertFails(
    _ shell: Shell, _ arguments: [String], _ words: [String], status: Int32 = 1, file: StaticString = #filePath,
    line: UInt = #line
  ) throws {
    let before = try shell.contents
    let result = try shell.start(arguments).finish()
    XCTAssertEqual(result.status, status, result.complaints, file: file, line: line)
    XCTAssertEqual(result.output, "", file: file, line: line)
    for word in words {
      XCTAssertTrue(
        result.complaints.contains(word), "\"\(word)\" in: \(result.complaints)", file: file, line: line)
    }
    if status == 1 {
      XCTAssertEqual(result.complaints.split(separator: "\n").count, 1, result.complaints, file: file, line: line)
      XCTAssertTrue(result.complaints.hasPrefix("error: "), result.complaints, file: file, line: line)
    }
    XCTAssertEqual(try shell.contents, before, "nothing is left behind", file: file, line: line)
  }

  func testTables() throws {
    let shell = try Shell(self)
    func train(_ name: String, _ text: String, _ words: [String], line: UInt = #line) throws {
      try shell.write(name, text)
      try assertFails(shell, ["train", name, "--target", "kind"], [name] + words, line: line)
    }
    try assertFails(shell, ["train", "none.csv", "--target", "kind"], ["none.csv", "no such file"])
    try train("ragged.csv", good.replacingOccurrences(of: "7,14,y", with: "7,14"), ["line 9", "3", "2"])
    try train(
      "text.csv", good.replacingOccurrences(of: "7,14,y", with: "7,many,y"), ["line 9", "\"b\"", "number", "many"])
    try train("oneclass.csv", good.replacingOccurrences(of: ",y", with: ",x"), ["kind", "two classes", "\"x\""])
    try train("empty.csv", "", ["empty"])
    try train("headeronly.csv", "a,b,kind\n", ["row"])
    try train("few.csv", "a,b,kind\n1,2,x\n2,3,y\n", ["at least 10", "2"])
    try train("missing.csv", good.replacingOccurrences(of: "kind", with: "Kind"), ["no column \"kind\"", "\"Kind\""])
    try shell.write("good.csv", good)
    try assertFails(shell, ["train", "good.csv", "--target", "price"], ["no column \"price\"", "\"kind\""])
    try assertFails(
      shell, ["train", "good.csv", "--target", "kind", "--task", "regression"], ["number", "line 2", "\"x\""])
    // The file is fine, and so is the one that was asked for next.
    XCTAssertEqual(try shell.run("train", "good.csv", "--target", "kind", "--epochs", "1", "--json").status, 0)
  }

  func testDamagedArchives() throws {
    let shell = try Shell(self)
    let resources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/MyelinModels/Resources").standardizedFileURL
    let digits = try Data(contentsOf: resources.appendingPathComponent("digits.csv.gz"))
    try shell.write("cut.csv.gz", digits.prefix(digits.count / 2))
    try assertFails(shell, ["train", "cut.csv.gz", "--target", "label"], ["cut.csv.gz", "truncated"])

    let folder = try shell.shippedImages()
    let name = "\(folder)/train-images-idx3-ubyte.gz"
    let images = try shell.bytes(name)
    try shell.write(name, images.prefix(images.count / 2))
    try assertFails(shell, ["train", "fashion-mnist", "--images", folder], [name, "truncated"])
    // Not gzipped: the header promises 3000 images, one byte of them is there.
    try FileManager.default.removeItem(atPath: shell.path(name))
    try shell.write(
      "\(folder)/train-images-idx3-ubyte", Data([0, 0, 8, 3, 0, 0, 0x0b, 0xb8, 0, 0, 0, 28, 0, 0, 0, 28, 0]))
    try assertFails(
      shell, ["train", "fashion-mnist", "--images", folder], ["train-images-idx3-ubyte", "byte 17", "2352000"])
    try shell.write("\(folder)/train-images-idx3-ubyte", Data([0, 0, 8, 1, 0, 0, 0, 2, 7, 7]))
    try assertFails(
      shell, ["train", "fashion-mnist", "--images", folder], ["train-images-idx3-ubyte", "[N, height, width]"])
  }

  func testImagesThatDoNotFit() throws {
    let shell = try Shell(self)
    func idx(_ shape: [UInt8]) -> Data {
      Data([0, 0, 8, UInt8(shape.count)] + shape.flatMap { [0, 0, 0, $0] })
        + Data(count: shape.reduce(1) { $0 * Int($1) })
    }
    try FileManager.default.createDirectory(atPath: shell.path("images"), withIntermediateDirectories: true)
    for (part, count) in [("train", UInt8(20)), ("t10k", 5)] {
      try shell.write("images/\(part)-images-idx3-ubyte", idx([count, 4, 4]))
      try shell.write("images/\(part)-labels-idx1-ubyte", idx([count]))
    }
    let train = ["train", "fashion-mnist", "--images", "images", "--epochs", "1", "--output", "run"]
    try shell.write("images/t10k-images-idx3-ubyte", idx([5, 5, 4]))
    try assertFails(shell, train, ["t10k-images-idx3-ubyte", "4×4", "5×4"])
    // A damaged rank would list its dimensions for many lines.
    try shell.write("images/t10k-images-idx3-ubyte", Data([0, 0, 8, 200]) + Data(count: 1000))
    try assertFails(shell, train, ["t10k-images-idx3-ubyte", "byte 3", "at most 64", "200"])
    try shell.write("images/t10k-images-idx3-ubyte", idx([5, 4, 4]))
    XCTAssertEqual(try shell.start(train).finish().status, 0)
  }

  func testModels() throws {
    let shell = try Shell(self)
    try shell.write("good.csv", good)
    let trained = try shell.run(
      "train", "good.csv", "--target", "kind", "--epochs", "1", "--layers", "4", "--output", "run", "--json")
    XCTAssertEqual(trained.status, 0, trained.complaints)
    try assertFails(shell, ["evaluate", "nowhere"], ["nowhere", "no such run"])
    try FileManager.default.createDirectory(atPath: shell.path("empty"), withIntermediateDirectories: true)
    try assertFails(shell, ["summary", "empty"], ["empty", "model.safetensors"])
    try assertFails(shell, ["predict", "run"], ["--input"], status: 2)
    try assertFails(shell, ["predict", "run", "--input", "none.csv"], ["none.csv", "no such file"])
    try shell.write("fewer.csv", "a\n1\n")
    try assertFails(shell, ["predict", "run", "--input", "fewer.csv"], ["fewer.csv", "no column \"b\""])
    try shell.write("words.csv", "a,b\n1,2\n3,lots\n")
    try assertFails(shell, ["predict", "run", "--input", "words.csv"], ["words.csv", "line 3", "\"b\"", "lots"])
    try shell.write("classes.csv", "a,b,kind\n1,2,z\n")
    try assertFails(shell, ["evaluate", "run", "--input", "classes.csv"], ["classes.csv", "line 2", "\"z\""])
    try assertFails(
      shell, ["train", "good.csv", "--target", "kind", "--output", "run"], ["run", "not empty"])
    try assertFails(
      shell, ["train", "good.csv", "--target", "kind", "--output", "good.csv"], ["good.csv", "is a file"])

    let model = try shell.bytes("run/model.safetensors")
    func damaged(_ data: Data, _ words: [String], line: UInt = #line) throws {
      try shell.write("run/model.safetensors", data)
      try assertFails(shell, ["evaluate", "run"], ["run/model.safetensors"] + words, line: line)
    }
    try damaged(model.dropLast(5), ["truncated", "byte \(model.count - 5)"])
    try damaged(Data([255, 255, 255, 255, 255, 255, 255, 127]) + model.dropFirst(8), ["byte 0", "header length"])
    func edited(_ from: String, _ to: String) throws -> Data {
      XCTAssertEqual(from.utf8.count, to.utf8.count)
      let range = try XCTUnwrap(model.range(of: Data(from.utf8)), from)
      var copy = model
      copy.replaceSubrange(range, with: Data(to.utf8))
      return copy
    }
    // A shape that lies about its bytes, and one that is consistent but does not fit the network.
    try damaged(try edited("\"shape\":[2,4]", "\"shape\":[9,9]"), ["data_offsets", "324"])
    try damaged(try edited("\"shape\":[2,4]", "\"shape\":[4,2]"), ["layers.0.weight", "[4, 2]", "[2, 4]"])
    try damaged(try edited("myelin.network", "myelin.nothing"), ["myelin.network"])
    // Values that decode, but that no training can have written.
    try damaged(try edited("\"dtype\":\"F32\"", "\"dtype\":\"I32\""), ["floating-point", "int32"])
    try damaged(model.dropLast(4) + Data([0, 0, 0xc0, 0x7f]), ["tensor \"layers.1.weight\"", "finite", "nan"])
    try damaged(try edited("testShare\\\":0.2", "testShare\\\":9.2"), ["myelin.run", "damaged"])
    try damaged(try edited("[\\\"x\\\",\\\"y\\\"]", "[\\\"x\\\",\\\"x\\\"]"), ["myelin.preprocessing", "damaged"])
    try shell.write("run/model.safetensors", model)
    XCTAssertEqual(try shell.run("evaluate", "run").status, 0)

    // The checkpoint knows the data it was begun with.
    try shell.write("good.csv", good.replacingOccurrences(of: "39,78", with: "39,99"))
    try assertFails(shell, ["train", "--resume", "run", "--epochs", "3"], ["the data has changed"])
    try assertFails(shell, ["evaluate", "run"], ["the data has changed"])
    try shell.write("run/checkpoint.safetensors", try shell.bytes("run/checkpoint.safetensors").dropLast(3))
    try assertFails(shell, ["train", "--resume", "run"], ["checkpoint.safetensors", "truncated"])
  }

  func testOutputs() throws {
    let shell = try Shell(self)
    try assertFails(shell, ["train", "iris", "--output", ""], ["--output", "name"], status: 2)
    try shell.write("file", "")
    XCTAssertEqual(
      try shell.run("train", "iris", "--epochs", "1", "--output", "file/run", "--json").complaints,
      "error: file/run: the folder cannot be made: Not a directory\n")
    try shell.write("good.csv", good)
    let run = try shell.run("train", "good.csv", "--target", "kind", "--epochs", "1", "--output", "run", "--json")
    XCTAssertEqual(run.status, 0, run.complaints)
    let answers = try shell.run("predict", "run", "--input", "good.csv").output

    // A pipe takes the answers and stays a pipe; through a link the file is written that it leads to.
    XCTAssertEqual(mkfifo(shell.path("pipe"), 0o600), 0)
    let pipe = open(shell.path("pipe"), O_RDWR)
    defer { close(pipe) }
    let piped = try shell.run("predict", "run", "--input", "good.csv", "--output", "pipe")
    XCTAssertEqual(piped.status, 0, piped.complaints)
    var bytes = [UInt8](repeating: 0, count: answers.utf8.count)
    XCTAssertEqual(read(pipe, &bytes, bytes.count), bytes.count)
    XCTAssertEqual(String(decoding: bytes, as: UTF8.self), answers)
    try FileManager.default.createSymbolicLink(atPath: shell.path("link"), withDestinationPath: "file")
    XCTAssertEqual(try shell.run("predict", "run", "--input", "good.csv", "--output", "link").status, 0)
    XCTAssertEqual(try shell.text("file"), answers)
    XCTAssertEqual(try FileManager.default.destinationOfSymbolicLink(atPath: shell.path("link")), "file")
  }

  #if os(Linux)
    /// Lost answers are told, and a lost display does not end a training.
    func testFullDisk() throws {
      let shell = try Shell(self)
      for command in [
        ["info"], ["info", "--json"], ["learn", "perceptron"], ["train", "iris", "--json", "--epochs", "1"],
      ] {
        let full = try XCTUnwrap(FileHandle(forWritingAtPath: "/dev/full"))
        let result = try shell.start(command, standardOutput: full).finish()
        XCTAssertEqual(result.status, 1, "\(command)")
        XCTAssertTrue(result.complaints.hasPrefix("error: standard output: cannot be written"), result.complaints)
        XCTAssertEqual(result.complaints.split(separator: "\n").count, 1, result.complaints)
      }
      XCTAssertTrue(shell.exists("runs/iris-1/model.safetensors"))
    }
  #endif

  func testDivergence() throws {
    let shell = try Shell(self)
    let result = try shell.run("train", "iris", "--optimizer", "sgd", "--learning-rate", "1e38", "--json")
    XCTAssertEqual(result.status, 1)
    for words in ["diverged at step", "layer \"layers.", "try", "learning rate"] {
      XCTAssertTrue(result.complaints.contains(words), result.complaints)
    }
    XCTAssertEqual(result.complaints.split(separator: "\n").count, 1)
    XCTAssertFalse(shell.exists("runs/iris-1/model.safetensors"))
    // In the last step of an epoch, and of the run: the held-out rows are not scored and no model is saved.
    for data in ["breast-cancer", "wine"] {
      try assertFails(
        shell,
        [
          "train", data, "--optimizer", "sgd", "--learning-rate", "1e37", "--weight-decay", "1e38", "--epochs", "1",
          "--batch-size", "5000", "--layers", "0", "--json",
        ], ["diverged at step 1 (epoch 1)", "layers.0.weight", "learning rate"])
    }
  }

  /// An option that does nothing in a combination is refused, not passed over.
  func testIdleOptions() throws {
    let shell = try Shell(self)
    func assertIdle(_ arguments: String..., line: UInt = #line) throws {
      let option = arguments[2]
      try assertFails(shell, ["train"] + arguments[1...], [option, "does nothing"], status: 2, line: line)
    }
    try assertIdle("train", "iris", "--warmup", "3", "--schedule", "constant")
    try assertIdle("train", "ames", "--balance")
    try assertIdle("train", "ames", "--label-smoothing", "0.1")
    try assertIdle("train", "iris", "--dropout", "0.5", "--layers", "0")
    try assertIdle("train", "iris", "--activation", "tanh", "--layers", "none")
    try assertIdle("train", "fashion-mnist", "--test", "0.3")
    try assertIdle("train", "iris", "--mix-up", "0.2")
    try assertIdle("train", "ames", "--test-flips")
    // Pictures whose parts are folders: no share of the others is set aside.
    for part in ["train/a", "train/b", "test/a"] {
      try FileManager.default.createDirectory(
        at: shell.folder.appendingPathComponent("pets/\(part)"), withIntermediateDirectories: true)
      try shell.write("pets/\(part)/1.png", "no picture is read before the options are")
    }
    try assertIdle("train", "pets", "--test", "0.3")
    try assertIdle("train", "pets", "--split", "time:day")
    try assertFails(shell, ["train", "iris", "--accept-changed-data"], ["--resume"], status: 2)
    try assertFails(shell, ["train", "iris", "--validation", "0.0001"], ["iris.csv", "validation"])
    // What an option says anyway is no mistake.
    let result = try shell.run(
      "train", "iris", "--epochs", "1", "--warmup", "0", "--schedule", "Constant", "--json", "--optimizer", "RMSProp")
    XCTAssertEqual(result.status, 0, result.complaints)
  }

  /// Sizes beyond the machine, from the command line and from files, end in one line before anything is allocated.
  func testHugeSizes() throws {
    let shell = try Shell(self)
    for layers in ["1000000,1000000", "1048576,1048576", "1048576,1048576,1048576,1048576"] {
      try assertFails(shell, ["train", "iris", "--layers", layers], ["layers \(layers)", "memory"])
    }
    try assertFails(shell, ["train", "iris", "--layers", "9223372036854775807"], ["--layers"], status: 2)
    try shell.run("train", "iris", "--epochs", "1", "--layers", "8", "--output", "run", "--json")
    let model = try shell.bytes("run/model.safetensors")
    let checkpoint = try shell.bytes("run/checkpoint.safetensors")
    // The header is JSON, whose length is in front of it.
    func rewritten(_ file: Data, _ from: String, _ to: String) throws -> Data {
      let length = Int(
        file[file.startIndex..<file.startIndex + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
      var header = String(decoding: file[8..<8 + length], as: UTF8.self)
      XCTAssertTrue(header.contains(from), "\(from) in \(header)")
      header = header.replacingOccurrences(of: from, with: to)
      let size = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
      return Data(size) + Data(header.utf8) + file[(8 + length)...]
    }
    for sizes in ["[4,1048576,1048576,3]", "[4,16777216,16777216,3]", "[4,20000,20000,3]", "[4,9223372036854775807,3]"]
    {
      try shell.write("run/model.safetensors", try rewritten(model, "[4,8,3]", sizes))
      try assertFails(shell, ["evaluate", "run"], ["run/model.safetensors", "network"])
    }
    for (from, to) in [
      ("\"epoch\\\":1", "\"epoch\\\":9223372036854775807"), ("\"step\\\":", "\"step\\\":922337203685477580"),
      ("\"optimizerSteps\\\":", "\"optimizerSteps\\\":-"), ("\"batch\\\":0", "\"batch\\\":-1"),
      ("\"offset\\\":", "\"offset\\\":18446744073709551615,\\\"x\\\":"),
      ("\"badCount\\\":0", "\"badCount\\\":9223372036854775807"),
    ] {
      try shell.write("run/checkpoint.safetensors", try rewritten(checkpoint, from, to))
      try assertFails(
        shell, ["train", "--resume", "run", "--epochs", "3"], ["run/checkpoint.safetensors", "\"myelin.training\""])
    }
    try shell.write(
      "run/checkpoint.safetensors", try rewritten(checkpoint, "\"hiddenSizes\\\":[8]", "\"hiddenSizes\\\":[20000]"))
    try assertFails(shell, ["train", "--resume", "run"], ["run/checkpoint.safetensors", "network"])
  }

  func testUsage() throws {
    let shell = try Shell(self)
    try shell.write("good.csv", good)
    try assertFails(shell, ["train", "irsi"], ["no data set \"irsi\"", "did you mean \"iris\"?"], status: 2)
    try assertFails(shell, ["train", "good.csv"], ["--target"], status: 2)
    try assertFails(shell, ["train", "iris", "--target", "species"], ["--target"], status: 2)
    try assertFails(
      shell, ["train", "iris", "--task", "language"], ["--task language does nothing with iris"], status: 2)
    try assertFails(shell, ["train", "--resume", "x", "--task", "language"], ["--task"], status: 2)
    try assertFails(
      shell, ["train", "gpt", "--network", "LSTM", "--heads", "2"], ["--heads does nothing with --network lstm"],
      status: 2)
    try assertFails(
      shell, ["train", "good.csv", "--target", "y", "--time-column", "a"], ["--time-column belongs to --forecast"],
      status: 2)
    try assertFails(
      shell, ["tune", "good.csv", "--forecast", "a", "--horizon", "2"], ["tables and folders of pictures"], status: 2)
    try assertFails(shell, ["train", "--epochs", "0"], ["--epochs", "1 to 1000000"], status: 2)
    try assertFails(shell, ["train", "--epochs", "many"], ["--epochs"], status: 2)
    try assertFails(shell, ["train", "--layers", "64,"], ["--layers"], status: 2)
    try assertFails(shell, ["train", "--dropout", "1"], ["--dropout"], status: 2)
    try assertFails(shell, ["train", "--activation", "sine"], ["--activation"], status: 2)
    try assertFails(shell, ["train", "--validation", "0.6", "--test", "0.5"], ["no rows"], status: 2)
    try assertFails(shell, ["train", "--patience", "3"], ["--validation"], status: 2)
    try assertFails(shell, ["train", "--threads", "0"], ["--threads"], status: 2)
    try assertFails(shell, ["train", "--resume", "x", "--seed", "1"], ["--seed"], status: 2)
    try assertFails(shell, ["predict", "run"], ["no such run"])
    try assertFails(shell, ["dance"], ["dance", "\"train\""], status: 2)
    try assertFails(shell, ["trian"], ["\"trian\"", "did you mean \"train\"?"], status: 2)
    try assertFails(shell, ["info", "digit"], ["did you mean \"digits\""], status: 2)
    try assertFails(shell, ["train", "--fast"], ["--fast"], status: 2)
    // Not that there is no data set "3".
    try assertFails(shell, ["train", "--epoch", "3"], ["--epoch", "--epochs"], status: 2)
  }
}
