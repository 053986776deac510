import ArgumentParser
import Foundation
import Myelin
import MyelinModels

/// `myelin generate`
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a trained model make something new.",
    discussion: """
      Pictures of a class, or of each, on one PNG sheet; or a text that goes on from a prompt, as it is made. At a terminal \
      and without a prompt it asks for one, again and again. The same seed gives the same, and the first of many pictures \
      are those of few.

      EXAMPLES:
        myelin generate runs/diffusion-1 --class boot --count 16
        myelin generate runs/diffusion-1 --guidance 1 --seed 7 --output varied.png
        myelin generate runs/novel-1 --prompt "It is a truth" --length 300 --temperature 0.7 --top-p 0.9
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

  @Option(name: .long, help: "What a text begins with (default: at a terminal it is asked for, else nothing).")
  var prompt: String?

  @Option(name: .long, help: ArgumentHelp("How long a text is (default: 500).", valueName: "tokens"))
  var length: Int?

  @Option(
    name: .long,
    help: "How far a text strays from what is most probable: 0 not at all, 1 as it was learned (default: 0.8).")
  var temperature: Float?

  @Option(
    name: .long,
    help: ArgumentHelp("Draw only from so many of the most probable tokens (default: all).", valueName: "count"))
  var topK: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Draw only from the most probable tokens that have this share together (default: all).", valueName: "share"))
  var topP: Float?

  @Option(name: .long, help: "The same seed makes the same (default: 0).")
  var seed: UInt64 = 0

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The file of the sheet, or of the text (default: generated.png, standard output).", valueName: "file"),
    completion: .file())
  var output: String?

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
    if let length, !(1...10_000_000).contains(length) {
      throw ValidationError("--length must be 1 to 10000000, not \(length).")
    }
    if let temperature, !(temperature >= 0 && temperature <= 100) {
      throw ValidationError("--temperature must be 0 to 100, not \(temperature).")
    }
    if let topK, topK < 1 { throw ValidationError("--top-k must be at least 1, not \(topK).") }
    if let topP, !(topP > 0 && topP <= 1) {
      throw ValidationError("--top-p must be above 0 and at most 1, not \(topP).")
    }
    if output?.isEmpty == true { throw ValidationError("--output must be the name of a file.") }
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
        folder.path, "the model answers and makes nothing new",
        expected: "a run of: myelin train diffusion, or of a text")
    }
    var options = GenerationOptions()
    options.className = className
    options.count = count
    options.guidance = guidance
    options.steps = steps
    options.prompt = prompt
    options.length = length
    options.temperature = temperature
    options.topK = topK
    options.topP = topP
    options.seed = seed
    if let other = options.given.first(where: { !type(of: generating).generationOptions.contains($0) }) {
      throw ValidationError("--\(other.rawValue) does nothing with \(folder.path).")
    }
    let makesText = type(of: generating).generationOptions.contains(.prompt)
    let output = self.output ?? (makesText ? nil : "generated.png")
    // Told before the work.
    try DataFile.check(output: output, isNoneOf: folder.files + model.options.source.files(near: folder))
    if let output, !overwrite, FileManager.default.fileExists(atPath: output) {
      throw DataError(output, "is there already", expected: "another --output, or --overwrite")
    }
    let isAtTerminal = isatty(STDIN_FILENO) != 0 && Console.output.isTerminal
    if makesText, prompt == nil, output == nil, isAtTerminal { return try talk(generating, options) }
    switch try generating.generate(options) {
    case .pictures(let group, let columns):
      let sheet = Picture.sheet(group.items.map(\.picture), columns: columns)
      try sheet.write(to: URL(fileURLWithPath: output!))
      Console.say("\(terminalText(group.title)): \(group.items.count) pictures in \(output!)")
      Console.say(group.caption)
    case .text(let text):
      guard let output else { return stream(text) }
      try DataFile.write(Array((text.prompt + text.joined()).utf8), to: URL(fileURLWithPath: output))
      Console.say("a text in \(output)")
    }
  }

  /// Writes a text as it is made.
  private func stream(_ text: TextGeneration) {
    func write(_ text: String) {
      Console.write(Console.output.isTerminal ? terminalText(text, keepsLines: true) : text)
    }
    write(text.prompt)
    for piece in text { write(piece) }
    Console.say()
  }

  /// Asks for prompts until the end of the input.
  private func talk(_ model: any GeneratingModel, _ options: GenerationOptions) throws {
    Console.say("What is the text to begin with? (Ctrl-D ends)")
    var options = options
    while true {
      Console.write("> ")
      guard let line = readLine() else { return Console.say() }
      options.prompt = line
      if case .text(let text) = try model.generate(options) { stream(text) }
      options.seed &+= 1
    }
  }
}
