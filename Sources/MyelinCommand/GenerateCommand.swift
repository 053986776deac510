import ArgumentParser
import Foundation
import Myelin
import MyelinModels

/// `myelin generate`
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a trained model make something new.",
    discussion: """
      Pictures of a class, or of each, on one PNG sheet. The same seed gives the same pictures, and the first of many are \
      those of few.

      EXAMPLES:
        myelin generate runs/diffusion-1 --class boot --count 16
        myelin generate runs/diffusion-1 --guidance 1 --seed 7 --output varied.png
      """)

  @Argument(help: ArgumentHelp("The folder that `myelin train` wrote.", valueName: "run"), completion: .runs)
  var runPath: String

  @Option(
    name: .customLong("class"),
    help: ArgumentHelp("Of which class: its name or a word of it (default: each).", valueName: "name"))
  var className: String?

  @Option(name: .long, help: "How many pictures, of each class (default: 16 of one class, 8 of each).")
  var count: Int?

  @Option(
    name: .long,
    help:
      "How far pictures are led to their class: 1 as varied as the data, more is more typical (default: \(PlotNumber.short(Double(DiffusionModel.usualGuidance)))).",
  )
  var guidance: Float?

  @Option(name: .long, help: "How often the network is asked (default: \(DiffusionModel.usualSteps)).")
  var steps: Int?

  @Option(name: .long, help: "The same seed makes the same (default: 0).")
  var seed: UInt64 = 0

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file of the sheet (default: generated.png).", valueName: "file"),
    completion: .file(extensions: ["png"]))
  var output = "generated.png"

  @Flag(name: .long, help: "Write over a file that is there.")
  var overwrite = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Threads to use; the result is the same with any number (default: all processors).", valueName: "count"))
  var threads: Int?

  func validate() throws {
    if let count, !(1...10_000).contains(count) { throw ValidationError("--count must be 1 to 10000, not \(count).") }
    try Generate.check(guidance: guidance, steps: steps)
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be 1 to 1024, not \(threads).")
    }
    if output.isEmpty { throw ValidationError("--output must be the name of a file.") }
  }

  static func check(guidance: Float?, steps: Int?) throws {
    if let steps, !(1...10_000).contains(steps) { throw ValidationError("--steps must be 1 to 10000, not \(steps).") }
    if let guidance, !(guidance >= 0 && guidance <= 100) {
      throw ValidationError("--guidance must be 0 to 100, not \(guidance).")
    }
  }

  func run() throws {
    if let threads { Runtime.threadCount = threads }
    let folder = try RunFolder.existing(runPath)
    let model = try RunModels.read(folder.model)
    guard let generating = model as? any GeneratingModel else {
      throw DataError(
        folder.path, "the model answers and makes nothing new", expected: "a run of: myelin train diffusion")
    }
    var options = GenerationOptions()
    options.className = className
    options.count = count
    options.guidance = guidance
    options.steps = steps
    options.seed = seed
    if let other = options.given.first(where: { !type(of: generating).generationOptions.contains($0) }) {
      throw ValidationError("--\(other.rawValue) does nothing with \(folder.path).")
    }
    // Told before the work.
    if !overwrite, FileManager.default.fileExists(atPath: output) {
      throw DataError(output, "is there already", expected: "another --output, or --overwrite")
    }
    switch try generating.generate(options) {
    case .pictures(let group, let columns):
      let sheet = Picture.sheet(group.items.map(\.picture), columns: columns)
      try sheet.write(to: URL(fileURLWithPath: output))
      Console.say("\(terminalText(group.title)): \(group.items.count) pictures in \(output)")
      Console.say(group.caption)
    }
  }
}
