import ArgumentParser
import Foundation
import Myelin
import MyelinModels

/// `myelin similar`
struct Similar: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the pictures that are most like one, the words for a picture, or the pictures for words.",
    discussion: """
      Of a run of `myelin train similar`: the pictures that are most like a picture. Of one of `myelin train captions` or \
      `myelin train FILE.csv --task captions`: the texts that are nearest to a picture, or the pictures that are nearest to \
      words. The distance is 1 − cosine of what the networks make of the two: 0 for the same, about 1 for what has nothing \
      in common.

      EXAMPLES:
        myelin similar runs/similar-1 --query letter.png
        myelin similar runs/similar-1 --query letter.png --among drawings more/*.png --count 3 --json
        myelin similar runs/captions-1 --query cat.png
        myelin similar runs/captions-1 --words "smiling cat" --sheet cats.png
        myelin similar runs/captions-1 --words "red flower" --among my-pictures
      """)

  @Argument(help: ArgumentHelp("The folder that `myelin train` wrote.", valueName: "run"), completion: .runs)
  var runPath: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("A PNG or JPEG file.", valueName: "picture"), completion: .file())
  var query: String?

  @Option(name: .shortAndLong, help: "Words in the place of a picture, of a run of captions.")
  var words: String?

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp(
      "Pictures and folders of pictures to look among (default: those that the run was trained on).",
      valueName: "folder"), completion: .file())
  var among: [String] = []

  @Option(name: .shortAndLong, help: "How many are listed.")
  var count = 5

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --words: a PNG file for the pictures that are found, from left to right.", valueName: "file"),
    completion: .file(extensions: ["png"]))
  var sheet: String?

  @Option(name: .long, help: "Pictures to look among that are damaged, empty or too large: refuse or skip.")
  var badFiles = BadFiles.refuse

  @Flag(name: .long, help: "Print as JSON.")
  var json = false

  func validate() throws {
    guard (1...1_000_000).contains(count) else {
      throw ValidationError("--count must be 1 to 1000000, not \(count).")
    }
    guard (query == nil) != (words == nil) else {
      throw ValidationError("Give --query with a picture, or --words.")
    }
    if sheet != nil, words == nil { throw ValidationError("--sheet does nothing without --words.") }
    if sheet != nil, count > 1000 { throw ValidationError("--sheet holds 1000 pictures at most, not \(count).") }
  }

  func run() throws {
    let folder = try RunFolder.existing(runPath)
    let gallery = among.isEmpty ? nil : among
    func warn(_ text: String) { Console.complain("warning: \(text)") }
    switch try RunModels.read(folder.model) {
    case let model as SimilarityModel:
      guard let query else {
        throw DataError(runPath, "its model knows no words", expected: "--query PICTURE")
      }
      try show(
        model.neighbors(of: query, among: gallery, count: count, badFiles: badFiles, near: folder, warn: warn),
        "picture")
    case let model as CaptionModel:
      if let query {
        if gallery != nil {
          throw DataError("--among", "does nothing with --query and a run of captions", expected: "--words")
        }
        try show(model.texts(near: query, count: count, folder: folder), "text")
      } else {
        // Told before the work.
        try DataFile.check(
          output: sheet, isNoneOf: among + folder.files + model.options.source.files(near: folder))
        let found = try model.pictures(
          near: words!, among: gallery, count: count, badFiles: badFiles, folder: folder, warn: warn)
        if let sheet, !found.isEmpty {
          try Picture.sheet(found.map(\.picture), columns: min(10, found.count)).write(to: URL(fileURLWithPath: sheet))
        }
        try show(found.map(\.neighbor), "picture")
      }
    default:
      throw DataError(
        runPath, "its model does not say what is alike",
        expected: "a run of `myelin train similar` or `myelin train captions`")
    }
  }

  private func show(_ found: [Neighbor], _ what: String) throws {
    if json { return try Console.json(found) }
    let table = TextTable(
      ["", "distance", what],
      rows: found.enumerated().map {
        ["\($0 + 1)", PlotNumber.fixed(Double($1.distance), decimals: 4), terminalText($1.name)]
      })
    Console.say(table.terminal(width: Console.output.width, style: Console.output.style))
  }
}
