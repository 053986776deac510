import ArgumentParser
import Foundation

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Says what has changed beyond the noise between two files of --json lines.",
    discussion: """
      Rows belong together when all that names them is equal: benchmark, name, sizes, threads, instruction set. A row \
      that occurs several times in a file (several runs, one after another) counts with its median. A change is beyond \
      the noise when it is larger than --threshold, than half of the spread of either row, and, where there are several \
      runs, when the runs of one file are all on one side of those of the other. Alternate the builds for the runs: two \
      runs of the same build differ by more than a single run shows.

      EXAMPLES
        bench train --json > old.json
        bench compare old.json new.json
        bench compare old.json new.json --threshold 2 --fail
      """)

  @Argument(help: ArgumentHelp("The run to compare with.", valueName: "old"))
  var old: String

  @Argument(help: ArgumentHelp("The run to judge.", valueName: "new"))
  var new: String

  @Option(help: ArgumentHelp("Changes up to so many per cent are noise.", valueName: "percent"))
  var threshold = 3.0

  @Flag(help: "Exit with 1 when something has become slower beyond the noise.")
  var fail = false

  @Flag(help: "Print one JSON object a line instead of a table.")
  var json = false

  func validate() throws {
    if !(threshold >= 0 && threshold <= 1000) {
      throw ValidationError("--threshold takes 0 to 1000 per cent, not \(threshold)")
    }
  }

  func run() throws {
    let before = try BenchFile(path: old)
    let after = try BenchFile(path: new)
    let report = Report(json: json)
    report.table(
      "\(new) against \(old): below 1 is faster", columns: [("row", 58), ("old", 9), ("new", 9), ("ratio", 6), ("", 6)])
    var counts: [Change: Int] = [:]
    for key in after.order {
      guard let first = before.rows[key], let second = after.rows[key] else { continue }
      let ratio = second.median / first.median
      let change = Change(from: first, to: second, threshold: threshold / 100)
      counts[change, default: 0] += 1
      report.row(
        [key, compact(first.median), compact(second.median), compact(ratio), change == .same ? "" : change.rawValue],
        json: [
          "bench": "compare", "row": .text(key), "old": .number(first.median, decimals: 5),
          "new": .number(second.median, decimals: 5), "ratio": .number(ratio, decimals: 4),
          "change": .text(change.rawValue),
        ])
    }
    let matched = counts.values.reduce(0, +)
    guard matched > 0 else { throw BenchError("\(old) and \(new) have no row in common") }
    report.text(
      "\(counts[.faster] ?? 0) faster, \(counts[.slower] ?? 0) slower, \(counts[.same] ?? 0) the same within the noise")
    let missing = before.order.filter { after.rows[$0] == nil }.count
    let added = after.order.filter { before.rows[$0] == nil }.count
    if missing + added > 0 { report.text("\(missing) rows only in \(old), \(added) only in \(new)") }
    if fail, let slower = counts[.slower] { throw BenchError("\(slower) of \(matched) rows have become slower") }
  }
}

/// What happened to a row.
enum Change: String {
  case faster, slower, same

  /// - Parameter threshold: the share of the old time up to which a change is noise whatever the rows say.
  init(from old: BenchFile.Row, to new: BenchFile.Row, threshold: Double) {
    let change = new.median / old.median - 1
    let noise = max(threshold, old.spread / 2, new.spread / 2)
    let apart = new.times.min()! > old.times.max()! || new.times.max()! < old.times.min()!
    self = abs(change) <= noise || !apart ? .same : change > 0 ? .slower : .faster
  }
}

/// The lines of `bench … --json`.
struct BenchFile {
  /// Where a row has a time it is compared, else its speed, turned round.
  struct Row {
    var times: [Double] = []
    /// The largest of the runs: width of the middle half of the samples, as a share of the median.
    var spread = 0.0

    var median: Double { Timing(samples: times).median }
  }

  private(set) var rows: [String: Row] = [:]
  /// The keys as they come.
  private(set) var order: [String] = []

  private static let times = ["median_us", "median_ms"]
  private static let speeds = ["gflops", "fma_gflops", "gbps", "stream_gbps", "samples_per_s"]
  /// Whole numbers that name a row; others are results.
  private static let sizes = ["m", "n", "k", "size", "elements", "batch", "threads"]

  init(path: String) throws {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw BenchError("\(path): cannot be read as text")
    }
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where line.hasPrefix("{") {
      guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
        throw BenchError("\(path): line \(index + 1): expected a JSON object")
      }
      add(object)
    }
    if rows.isEmpty { throw BenchError("\(path): no line of bench --json with a time or a speed") }
  }

  private mutating func add(_ object: [String: Any]) {
    func number(_ name: String) -> Double? { (object[name] as? NSNumber)?.doubleValue }
    let time =
      Self.times.lazy.compactMap(number).first ?? Self.speeds.lazy.compactMap(number).first.map { 1 / $0 }
    guard let time, time.isFinite, time > 0 else { return }
    let names = object.keys.sorted().filter { object[$0] is String && $0 != "bench" }.compactMap {
      object[$0] as? String
    }
    let sizes = Self.sizes.compactMap { name in number(name).map { "\(name)=\(Int($0))" } }
    let key = ([object["bench"] as? String ?? "?"] + names + sizes).joined(separator: " ")
    if rows[key] == nil { order.append(key) }
    rows[key, default: Row()].times.append(time)
    rows[key]!.spread = max(rows[key]!.spread, (number("spread_percent") ?? 0) / 100)
  }
}
