import Foundation
import XCTest

final class CommandTests: XCTestCase {
  func testTrainsDigitsWithNothingMore() throws {
    let shell = try Shell(self)
    let result = try shell.run("train", "--epochs", "2")
    XCTAssertEqual(result.status, 0, result.complaints)
    XCTAssertEqual(result.complaints, "")
    for words in [
      "digits", "1797: 1438 for training, 359 for testing", "parameters", "thread", "test accuracy", "Confusion matrix",
      "runs/digits-1/model.safetensors", "runs/digits-1/log.csv", "runs/digits-1/report.html",
    ] {
      XCTAssertTrue(result.output.contains(words), "\(words) in \(result.output)")
    }
    XCTAssertFalse(
      result.output.contains("\u{1B}") || result.output.contains("\r"), "no bar where there is no terminal")
    XCTAssertEqual(try shell.text("runs/digits-1/log.csv").split(separator: "\n").count, 3)
    let report = try shell.text("runs/digits-1/report.html")
    XCTAssertTrue(report.contains("<svg") && report.contains("Confusion matrix") && report.contains("</html>"))
    XCTAssertFalse(report.contains("<script") || report.contains("src=\"http") || report.contains("href=\"http"))
    // A second run takes another folder.
    try shell.run("train", "--epochs", "1", "--json")
    XCTAssertTrue(shell.exists("runs/digits-2/model.safetensors"))
  }

  /// Every data set: train, and evaluate to the same scores from the folder alone.
  func testTrainsEveryDataSet() throws {
    let shell = try Shell(self)
    for name in ["digits", "iris", "wine", "breast-cancer", "penguins", "ames", "churn", "fashion-mnist"] {
      let images = name == "fashion-mnist" ? ["--images", try shell.shippedImages()] : []
      let trained = try shell.start(["train", name, "--epochs", "2", "--output", name, "--json"] + images).finish()
      XCTAssertEqual(trained.status, 0, "\(name): \(trained.complaints)")
      let answer = try trained.json()
      let test = try XCTUnwrap(answer["test"] as? [String: Any])
      XCTAssertEqual(answer["epochs"] as? Int, 2)
      XCTAssertEqual(answer["model"] as? String, "\(name)/model.safetensors")
      let measure = name == "ames" ? "r2" : "accuracy"
      XCTAssertGreaterThan(try XCTUnwrap(test[measure] as? Double), name == "ames" ? -2 : 0.3, name)

      let evaluated = try shell.run("evaluate", name, "--json")
      XCTAssertEqual(evaluated.status, 0, "\(name): \(evaluated.complaints)")
      let scores = try XCTUnwrap(try evaluated.json()["scores"] as? [String: Double])
      for (metric, value) in scores { XCTAssertEqual(value, test[metric] as? Double, "\(name) \(metric)") }
    }
  }

  func testSaysWhereFashionMNISTComesFrom() throws {
    let shell = try Shell(self)
    let folder = try shell.shippedImages()
    let result = try shell.run("train", "fashion-mnist", "--epochs", "1", "--layers", "32", "--images", folder)
    XCTAssertEqual(result.status, 0, result.complaints)
    XCTAssertTrue(result.output.contains("images from") && result.output.contains(folder), result.output)
    XCTAssertTrue(result.output.contains("9  Ankle boot"))
    let images = folder + "/t10k-images-idx3-ubyte.gz"
    let predicted = try shell.run("predict", "runs/fashion-mnist-1", "--input", images)
    XCTAssertEqual(predicted.output.split(separator: "\n").count, 1001, predicted.complaints)
  }

  func testPredictsFromTheFolderAlone() throws {
    let shell = try Shell(self)
    try shell.write("flowers.csv", flowers(90))
    let trained = try shell.run("train", "flowers.csv", "--target", "kind", "--epochs", "40", "--json")
    XCTAssertEqual(trained.status, 0, trained.complaints)
    XCTAssertTrue(shell.exists("runs/flowers-1/model.safetensors"))
    try FileManager.default.removeItem(atPath: shell.path("flowers.csv"))
    // Other order, another column besides, no target.
    try shell.write("new.csv", "note,color,size\nx,\"red\",1.0\ny,blue,5.0\nz,,\n")
    let predicted = try shell.run("predict", "runs/flowers-1", "--input", "new.csv")
    XCTAssertEqual(predicted.status, 0, predicted.complaints)
    let lines = predicted.output.split(separator: "\n").map(String.init)
    XCTAssertEqual(lines.count, 4)
    XCTAssertEqual(lines[0], "predicted_kind,probability_big,probability_small")
    XCTAssertTrue(lines[1].hasPrefix("small,") && lines[2].hasPrefix("big,"), predicted.output)
    let shares = lines[1].split(separator: ",").dropFirst().map { Double($0)! }
    XCTAssertEqual(shares.reduce(0, +), 1, accuracy: 1e-5)

    let written = try shell.run("predict", "runs/flowers-1", "--input", "new.csv", "--output", "answers.csv")
    XCTAssertEqual(written.status, 0)
    XCTAssertEqual(try shell.text("answers.csv"), predicted.output)
    let json = try shell.run("predict", "runs/flowers-1", "--input", "new.csv", "--json")
    let rows = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
    XCTAssertEqual(
      rows.map { $0["prediction"] as? String },
      [String(lines[1].split(separator: ",")[0]), "big", rows[2]["prediction"] as? String])

    try shell.write("marked.csv", flowers(30))
    let evaluated = try shell.run("evaluate", "runs/flowers-1", "--input", "marked.csv", "--json")
    let scores = try XCTUnwrap(try evaluated.json()["scores"] as? [String: Double])
    XCTAssertGreaterThan(scores["accuracy"]!, 0.9)
  }

  func testLearnsARegressionFromAFile() throws {
    let shell = try Shell(self)
    let rows = (0..<200).map { row -> String in
      let x = Double(row) / 20
      return "\(x),\(3 * x + 100)"
    }
    try shell.write("line.csv", "x,y\n" + rows.joined(separator: "\n") + "\n")
    let trained = try shell.run(
      "train", "line.csv", "--target", "y", "--task", "regression", "--layers", "0", "--epochs", "60",
      "--learning-rate",
      "0.05", "--dropout", "0", "--json")
    XCTAssertEqual(trained.status, 0, trained.complaints)
    let test = try XCTUnwrap(try trained.json()["test"] as? [String: Double])
    XCTAssertGreaterThan(test["r2"]!, 0.999)
    XCTAssertLessThan(test["mae"]!, 0.3, "in the units of the column")
    try shell.write("new.csv", "x\n4\n")
    let predicted = try shell.run("predict", "runs/line-1", "--input", "new.csv")
    let value = try XCTUnwrap(Double(predicted.output.split(separator: "\n")[1]))
    XCTAssertEqual(value, 112, accuracy: 1)
  }

  /// The same seed gives the same model, whatever the number of threads; another seed another one.
  func testModelsAreTheSameBytes() throws {
    let shell = try Shell(self)
    for (name, seed, threads) in [("a", "5", "1"), ("b", "5", "2"), ("c", "6", "2")] {
      let result = try shell.run(
        "train", "wine", "--epochs", "3", "--seed", seed, "--threads", threads, "--output", name, "--json")
      XCTAssertEqual(result.status, 0, result.complaints)
    }
    XCTAssertEqual(try shell.bytes("a/model.safetensors"), try shell.bytes("b/model.safetensors"))
    XCTAssertEqual(try shell.bytes("a/checkpoint.safetensors"), try shell.bytes("b/checkpoint.safetensors"))
    XCTAssertNotEqual(try shell.bytes("a/model.safetensors"), try shell.bytes("c/model.safetensors"))
  }

  /// A run in bfloat16 says so, and goes on in it.
  func testPrecisionIsKeptByResuming() throws {
    let shell = try Shell(self)
    func train(_ options: String...) throws {
      let result = try shell.start(
        ["train", "digits", "--layers", "64,64", "--precision", "bfloat16", "--json"] + options
      ).finish()
      XCTAssertEqual(result.status, 0, result.complaints)
    }
    try train("--epochs", "2", "--schedule", "constant", "--output", "whole")
    try train("--epochs", "1", "--schedule", "constant", "--output", "parts")
    let resumed = try shell.run("train", "--resume", "parts", "--epochs", "2")
    XCTAssertEqual(resumed.status, 0, resumed.complaints)
    XCTAssertTrue(resumed.output.contains("products in bfloat16"), resumed.output)
    let (whole, parts) = (try shell.bytes("whole/model.safetensors"), try shell.bytes("parts/model.safetensors"))
    XCTAssertEqual(whole, parts)
    XCTAssertTrue(try shell.text("parts/report.html").contains("bfloat16"))
    XCTAssertTrue(
      try shell.run("train", "--resume", "parts", "--precision", "float32").complaints.contains("--precision"))
  }

  /// Ctrl-C ends the batch, saves and stops; resuming gives the same bytes as a run that was left alone.
  func testInterruptAndResume() throws {
    let shell = try Shell(self)
    let options = ["--epochs", "60", "--seed", "3", "--layers", "256,256"]
    let whole = try shell.start(["train", "digits", "--output", "whole", "--json"] + options).finish()
    XCTAssertEqual(whole.status, 0, whole.complaints)

    let running = try shell.start(["train", "digits", "--output", "parts"] + options)
    // After the first epochs have been printed.
    let deadline = Date().addingTimeInterval(60)
    while !running.outputSoFar.contains(" 2/60"), running.process.isRunning, Date() < deadline {
      Thread.sleep(forTimeInterval: 0.005)
    }
    kill(running.process.processIdentifier, SIGINT)
    let stopped = try running.finish()
    try XCTSkipIf(stopped.output.contains("60/60"), "the machine was too fast to be interrupted")
    XCTAssertEqual(stopped.status, 130, stopped.complaints)
    XCTAssertTrue(stopped.output.contains("stopped in epoch"), stopped.output)
    XCTAssertTrue(stopped.output.contains("myelin train --resume parts"), stopped.output)
    for file in ["model.safetensors", "checkpoint.safetensors", "log.csv", "report.html"] {
      XCTAssertTrue(shell.exists("parts/\(file)"), file)
    }
    XCTAssertNotEqual(try shell.bytes("parts/model.safetensors"), try shell.bytes("whole/model.safetensors"))

    let resumed = try shell.run("train", "--resume", "parts")
    XCTAssertEqual(resumed.status, 0, resumed.complaints)
    XCTAssertTrue(resumed.output.contains("resumed after epoch"), resumed.output)
    XCTAssertEqual(try shell.bytes("parts/model.safetensors"), try shell.bytes("whole/model.safetensors"))
    XCTAssertEqual(try shell.bytes("parts/checkpoint.safetensors"), try shell.bytes("whole/checkpoint.safetensors"))
    XCTAssertEqual(try shell.text("parts/log.csv").split(separator: "\n").count, 61)
  }

  /// Pictures drawn anew in each epoch, running statistics and all: a run that goes on ends as one that never stopped.
  func testConvolutionalRunGoesOnBitForBit() throws {
    let shell = try Shell(self)
    let options = ["--schedule", "constant"]
    func train(_ arguments: [String]) throws {
      let result = try shell.start(["train"] + arguments + ["--json"]).finish()
      XCTAssertEqual(result.status, 0, result.complaints)
    }
    try train(["digits-cnn", "--epochs", "1", "--output", "parts"] + options)
    try train(["--resume", "parts", "--epochs", "2"])
    try train(["digits-cnn", "--epochs", "2", "--output", "whole", "--threads", "1"] + options)
    XCTAssertEqual(try shell.bytes("parts/model.safetensors"), try shell.bytes("whole/model.safetensors"))
    let summary = try shell.run("summary", "whole")
    XCTAssertTrue(summary.output.contains("Conv2D(1, 32, 3×3, padding 1, no bias)"), summary.output)
    let refused = try shell.run("train", "digits-cnn", "--layers", "64")
    XCTAssertEqual(refused.status, 2)
    XCTAssertTrue(refused.complaints.contains("--layers does nothing with digits-cnn"), refused.complaints)
  }

  func testSummaryAndInfo() throws {
    let shell = try Shell(self)
    try shell.run("train", "iris", "--epochs", "1", "--layers", "7", "--output", "i", "--json")
    let summary = try shell.run("summary", "i")
    XCTAssertTrue(summary.output.contains("Dense(4, 7"), summary.output)
    let json = try shell.run("summary", "i", "--json").json()
    XCTAssertEqual(json["classes"] as? [String], ["setosa", "versicolor", "virginica"])
    XCTAssertEqual(
      json["inputColumns"] as? [String],
      ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"])
    func names(_ value: Any) -> [String] {
      if let object = value as? [String: Any] { return object.keys + object.values.flatMap(names) }
      return (value as? [Any])?.flatMap(names) ?? []
    }
    for name in names(json) { XCTAssertFalse(name.contains("_"), "\(name): all names are in camelCase") }
    let info = try shell.run("info", "--json", environment: ["MYELIN_THREADS": "1", "CK_ISA": "portable"]).json()
    XCTAssertEqual(info["threads"] as? Int, 1)
    XCTAssertEqual(info["instructionSet"] as? String, "portable")
    XCTAssertEqual((info["cacheBytes"] as? [Int])?.count, 3)
    XCTAssertTrue(try shell.run("info").output.contains("instruction set"))
  }

  func testHelpExplainsWithAnExample() throws {
    let shell = try Shell(self)
    for command in [[], ["train"], ["evaluate"], ["predict"], ["summary"], ["info"]] {
      let help = try shell.start(command + ["--help"]).finish()
      XCTAssertEqual(help.status, 0)
      XCTAssertTrue(help.output.contains("EXAMPLE"), help.output)
      XCTAssertTrue(help.output.contains("myelin \(command.first ?? "train")"), help.output)
    }
    XCTAssertTrue(try shell.run("--version").output.hasPrefix("myelin "))
  }

  /// Standard input in the place of a file, in a pipe.
  func testStandardInput() throws {
    let shell = try Shell(self)
    let trained = try shell.start(
      ["train", "-", "--target", "kind", "--epochs", "3", "--json"], input: flowers(60)
    ).finish()
    XCTAssertEqual(trained.status, 0, trained.complaints)
    XCTAssertEqual(try trained.json()["run"] as? String, "runs/stdin-1")
    let predicted = try shell.start(
      ["predict", "runs/stdin-1", "--input", "-"], input: "size,color\n1,red\n5,blue\n"
    ).finish()
    XCTAssertEqual(predicted.output.split(separator: "\n").count, 3, predicted.complaints)
    for arguments in [["evaluate", "runs/stdin-1", "--input", "-"], ["evaluate", "runs/stdin-1"]] {
      let evaluated = try shell.start(arguments, input: flowers(60)).finish()
      XCTAssertEqual(evaluated.status, 0, evaluated.complaints)
      XCTAssertEqual(evaluated.complaints, "")
    }
  }

  /// Data that has changed since a run is told, and not gone on with unless asked.
  func testChangedData() throws {
    let shell = try Shell(self)
    let rows = (0..<60).map { "\($0 % 7),\($0 % 5),\($0 % 2 == 0 ? "x" : "y")" }
    func write(_ rows: [String]) throws {
      try shell.write("data.csv", "a,b,kind\n" + rows.joined(separator: "\n") + "\n")
    }
    try write(rows)
    let trained = try shell.run("train", "data.csv", "--target", "kind", "--epochs", "1", "--output", "run", "--json")
    XCTAssertEqual(trained.status, 0, trained.complaints)
    XCTAssertEqual(try shell.run("evaluate", "run").complaints, "")
    let flipped = rows.map { $0.hasSuffix("x") ? $0.dropLast() + "y" : $0.dropLast() + "x" }
    for changed in [flipped.map(String.init), Array(rows.reversed()), Array(rows.dropLast())] {
      try write(changed)
      let evaluated = try shell.run("evaluate", "run")
      XCTAssertTrue(evaluated.complaints.contains("the data has changed"), evaluated.complaints)
      XCTAssertEqual(evaluated.complaints.split(separator: "\n").count, 1)
      let resumed = try shell.run("train", "--resume", "run", "--epochs", "2")
      XCTAssertEqual(resumed.status, 1)
      XCTAssertTrue(resumed.complaints.contains("the data has changed"), resumed.complaints)
    }
    // The same means and classes, so that it can go on when told to.
    try write(flipped.map(String.init))
    XCTAssertEqual(try shell.run("evaluate", "run", "--json").json()["dataHasChanged"] as? Bool, true)
    let accepted = try shell.run("train", "--resume", "run", "--epochs", "2", "--accept-changed-data", "--json")
    XCTAssertEqual(accepted.status, 0, accepted.complaints)
    XCTAssertEqual(try shell.run("evaluate", "run").complaints, "")
  }

  /// Names in a file cannot steer the terminal.
  func testEscapeSequencesAreShown() throws {
    let shell = try Shell(self)
    let escape = "\u{1B}[2J"
    try shell.write(
      "data.csv", "a,\(escape)\n" + (0..<40).map { "\($0),\($0 % 2 == 0 ? "x\(escape)" : "y")\n" }.joined())
    let trained = try shell.run("train", "data.csv", "--target", escape, "--epochs", "1", "--output", "run")
    XCTAssertEqual(trained.status, 0, trained.complaints)
    XCTAssertTrue(trained.output.contains("x\\u{1b}[2J"), trained.output)
    for arguments in [["evaluate", "run"], ["summary", "run"], ["train", "data.csv", "--target", "\(escape)no"]] {
      let result = try shell.start(arguments).finish()
      XCTAssertFalse((trained.output + result.output + result.complaints).contains("\u{1B}"), "\(arguments)")
    }
  }

  func testCompletion() throws {
    let shell = try Shell(self)
    for name in ["bash", "zsh", "fish"] {
      let script = try shell.run("--generate-completion-script", name)
      XCTAssertEqual(script.status, 0)
      XCTAssertTrue(script.output.contains("perceptron") && script.output.contains("accept-changed-data"), name)
    }
    try shell.run("train", "iris", "--epochs", "1", "--json")
    try shell.write("irises.csv", "a\n")
    func completions(_ command: String, _ words: [String]) throws -> [String] {
      let last = words.last ?? ""
      let environment = ["SAP_SHELL": "bash", "SAP_SHELL_VERSION": "5.2"]
      return try shell.start(
        ["---completion", command, "--", "positional@0", "\(words.count)", "\(last.count)", "myelin"] + words,
        environment: environment
      ).finish().output.split(separator: "\n").map(String.init)
    }
    XCTAssertEqual(try completions("train", ["train", "iri"]), ["iris", "irises.csv"])
    XCTAssertEqual(try completions("evaluate", ["evaluate", "ru"]), ["runs/"])
    XCTAssertEqual(try completions("evaluate", ["evaluate", "runs/"]), ["runs/iris-1"])
  }

  func testHelpNamesDefaults() throws {
    let help = try Shell(self).run("train", "--help").output
    for option in [
      "layers", "activation", "epochs", "batch-size", "optimizer", "learning-rate", "schedule", "warmup", "dropout",
      "weight-decay", "label-smoothing", "clip", "validation", "test", "patience", "seed", "threads", "output",
    ] {
      // From the option to the next one.
      let start = try XCTUnwrap(help.range(of: "--\(option) <"), option)
      let text = help[start.lowerBound...].dropFirst(2).components(separatedBy: "\n  -")[0]
      XCTAssertTrue(text.contains("(default:"), "\(option): \(text)")
    }
  }

  private func flowers(_ count: Int) -> String {
    "size,color,kind\n"
      + (0..<count).map { row in
        row % 3 == 0
          ? "\(1 + Double(row % 7) / 10),red,small\n"
          : "\(5 + Double(row % 5) / 10),\(row % 2 == 0 ? "blue" : "red"),big\n"
      }.joined()
  }
}

extension Shell {
  /// A folder with the slice of Fashion-MNIST that the package ships, under the names of the full set.
  func shippedImages() throws -> String {
    let resources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/MyelinModels/Resources").standardizedFileURL
    let images = folder.appendingPathComponent("images")
    if FileManager.default.fileExists(atPath: images.path) { return "images" }
    try FileManager.default.createDirectory(at: images, withIntermediateDirectories: true)
    for part in ["train", "t10k"] {
      for name in ["images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"] {
        try FileManager.default.copyItem(
          at: resources.appendingPathComponent("fashion-mnist-\(part)-\(name)"),
          to: images.appendingPathComponent("\(part)-\(name)"))
      }
    }
    return "images"
  }
}
