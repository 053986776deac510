import ArgumentParser
import Foundation
import Myelin
import MyelinModels

/// `myelin embed`
struct Embed: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make vectors of sentences by a pretrained encoder.",
    discussion: """
      The folder is one of sentence-transformers in BERT's form, as all-MiniLM-L6-v2: config.json, model.safetensors and \
      tokenizer.json. A line for each text, its numbers separated by commas. Texts that mean the same have vectors in about \
      the same direction. Without a text, the lines of standard input are taken.

      EXAMPLES:
        myelin embed --model all-MiniLM-L6-v2 "How do I get there?" "What is the way?"
        myelin embed --model all-MiniLM-L6-v2 --output vectors.npy < sentences.txt
      """)

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder of the encoder.", valueName: "folder"), completion: .directory)
  var model: String

  @Argument(help: "Texts (default: the lines of standard input).")
  var texts: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("An NPY file for the vectors (default: standard output, as text).", valueName: "file"),
    completion: .file(extensions: ["npy"]))
  var output: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Threads to use; the result is the same with any number (default: all processors).", valueName: "count"))
  var threads: Int?

  @Flag(name: .long, help: "Print as JSON.")
  var json = false

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be 1 to 1024, not \(threads).")
    }
    if output == "" { throw ValidationError("--output must be the name of a file.") }
    if json, output != nil { throw ValidationError("--json does nothing with --output.") }
  }

  private struct Answer: Encodable {
    let text: String
    let vector: [Float]
  }

  func run() throws {
    if let threads { Runtime.threadCount = threads }
    try DataFile.check(
      output: output, isNoneOf: ["config.json", "model.safetensors", "tokenizer.json"].map { "\(model)/\($0)" })
    let encoder = try SentenceEncoder(contentsOf: URL(fileURLWithPath: model))
    let texts = texts.isEmpty ? try lines() : texts
    guard !texts.isEmpty else { throw DataError("standard input", "no text") }
    let vectors = encoder.embed(texts)
    if let output {
      try NPY.write(NumericArray(vectors), to: URL(fileURLWithPath: output))
      return Console.say("\(texts.count) vectors of \(vectors.shape[1]) numbers in \(output)")
    }
    let (values, width) = (vectors.scalars, vectors.shape[1])
    let rows = texts.indices.map { Array(values[$0 * width..<($0 + 1) * width]) }
    if json { return try Console.json(zip(texts, rows).map { Answer(text: $0, vector: $1) }) }
    for row in rows { Console.say(row.map { "\($0)" }.joined(separator: ",")) }
  }

  private func lines() throws -> [String] {
    guard isatty(STDIN_FILENO) == 0 else {
      throw DataError(
        "standard input", "is a terminal", expected: "texts as arguments, by a pipe, or from a file with <")
    }
    let bytes = try DataFile.read(URL(fileURLWithPath: "/dev/stdin"), isText: true)
    return bytes.split(separator: 10, omittingEmptySubsequences: false).map {
      String(decoding: $0.last == 13 ? $0.dropLast() : $0, as: UTF8.self)
    }.dropLast(bytes.last == 10 || bytes.isEmpty ? 1 : 0)
  }
}
