import ArgumentParser
import Myelin
import MyelinModels

/// A language model of GPT-2's smallest size that writes one token after another, with what it has read in a cache.
final class DecodeWork {
  static let name = "gpt2_small"
  static let configuration = GPT.Configuration.gpt2(
    vocabulary: 50257, context: 1024, width: 768, heads: 12, layers: 12)
  /// What each token reads at least: all weights but the positions.
  static var bytes: Double {
    4 * Double((configuration.size.parameterCount ?? 0) - configuration.context * configuration.blocks.width)
  }
  private static let prompt = 64

  private let decoder: GPTDecoder
  private(set) var logits: Tensor

  init() {
    decoder = GPTDecoder(GPT(Self.configuration))
    logits = decoder.read((0..<Self.prompt).map { Int32($0 * 700) })
  }

  /// One token.
  func step() { logits = decoder.read([Int32(decoder.tokens.count % 1000)]) }
}

struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Measures how fast a language model of GPT-2's smallest size writes, one token at a time.",
    discussion: """
      Each token reads every weight once: the per cent are of the bandwidth of memory, measured before and after. Weights are \
      drawn, and 64 tokens have been read at the beginning.

      EXAMPLES
        bench decode
        bench peers gpt2_small --python ~/peers/bin/python
      """)

  @OptionGroup var options: MeasureOptions

  func run() throws {
    let report = options.begin()
    report.table(
      "Decoding, \(DecodeWork.configuration.size.description), \(Machine.threads) threads",
      columns: [("model", 12), ("ms/token", 9), ("tokens/s", 9), ("GB/s", 7), ("of DRAM", 8)])
    let work = DecodeWork()
    let limits = Limits()
    try limits.probeStream(.dram)
    for _ in 0..<3 { work.step() }
    let timing = options.sampler(samples: 20, seconds: 2).time { work.step() }
    try limits.probeStream(.dram)
    guard work.logits.sum().scalar.isFinite else { throw BenchError("\(DecodeWork.name): the logits are not finite") }
    let gbps = DecodeWork.bytes / timing.median / 1e9
    report.row(
      [
        DecodeWork.name, compact(timing.median * 1e3), compact(1 / timing.median), compact(gbps),
        percentText(gbps, of: limits.streamGbps(.dram)),
      ],
      json: [
        "bench": "decode", "model": .text(DecodeWork.name), "threads": .integer(Machine.threads),
        "isa": .text(Machine.isa), "median_ms": .number(timing.median * 1e3, decimals: 4),
        "tokens_per_s": .number(1 / timing.median, decimals: 1), "gbps": .number(gbps, decimals: 2),
        "percent_of_dram": percent(gbps, of: limits.streamGbps(.dram)),
      ])
  }
}
