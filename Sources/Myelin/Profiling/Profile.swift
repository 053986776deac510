/// Where the time of some training steps went: what a ``Profiler`` gives. Printing it gives a table.
public struct Profile: Sendable {
  /// Which part of a step.
  public enum Phase: String, Sendable, Codable, CaseIterable {
    /// The model and the loss.
    case forward
    /// The way back: gradients.
    case backward
    /// The optimizer's step, with the products of weight gradients that it takes over.
    case update
  }

  /// An operation of a layer, all its kernels and calls together. Times, operations and bytes are those of one step.
  public struct Row: Sendable, Codable {
    /// Property path in the model; empty outside its layers.
    public var layer: String
    /// Its name on the tape, as `dense`; of a kernel that no operation called, the kernel's.
    public var operation: String
    /// Which part of a step it belongs to.
    public var phase: Phase
    /// Kernels that ran.
    public var calls: Double
    /// From the beginning of each kernel to its end, on the calling thread.
    public var seconds: Double
    /// Multiplications, additions and the like; 0 where they are not counted.
    public var operations: Double
    /// The least that had to be read and written, each operand once; 0 where it is not counted.
    public var bytes: Double
    /// Seconds that threads worked in it, all together.
    public var threadSeconds: Double

    /// ``operations`` by ``seconds``; 0 where neither is known.
    public var operationsPerSecond: Double { seconds > 0 ? operations / seconds : 0 }
    /// ``bytes`` by ``seconds``; 0 where neither is known.
    public var bytesPerSecond: Double { seconds > 0 ? bytes / seconds : 0 }

    /// The share of the machine's limit that it reaches: the time that the binding one of arithmetic and memory would take,
    /// by the time that it takes. Above 1 where its data is in the caches.
    public func share(of limits: ProcessorLimits) -> Double {
      guard seconds > 0, limits.operationsPerSecond > 0, limits.bytesPerSecond > 0 else { return 0 }
      return max(operations / limits.operationsPerSecond, bytes / limits.bytesPerSecond) / seconds
    }
  }

  /// The longest first.
  public let rows: [Row]
  /// How many steps the figures are means over.
  public let steps: Int
  /// Of one step, from its beginning to its end.
  public let seconds: Double
  /// Threads that a kernel could use.
  public let threads: Int
  /// What the shares are taken of.
  public internal(set) var limits: ProcessorLimits
  /// False where there was more than the profiler keeps.
  public let isComplete: Bool

  let events: [ProfileEvent]
  let spans: [ThreadSpan]
  let start: UInt64

  /// Of one step, in which no kernel ran: the tape, memory, the loop.
  public var secondsBetween: Double { max(0, seconds - rows.reduce(0) { $0 + $1.seconds }) }

  /// The share of the threads' time in which they worked.
  public var threadUse: Double {
    seconds > 0 ? rows.reduce(0) { $0 + $1.threadSeconds } / (seconds * Double(threads)) : 0
  }

  init(
    events: [ProfileEvent], spans: [ThreadSpan], start: UInt64, end: UInt64, steps: Int, threads: Int,
    limits: ProcessorLimits, isComplete: Bool
  ) {
    self.events = events
    self.spans = spans.sorted { $0.begin < $1.begin }
    self.start = start
    self.steps = steps
    self.threads = threads
    self.limits = limits
    self.isComplete = isComplete
    let perStep = 1 / Double(steps)
    seconds = Double(end - start) / 1e9 * perStep

    struct Key: Hashable {
      let layer, operation: String
      let phase: Phase
    }
    var places: [Key: Int] = [:]
    var rows: [Row] = []
    var next = 0
    for event in events {
      let key = Key(layer: event.layer, operation: event.operation, phase: event.phase)
      let place =
        places[key]
        ?? {
          places[key] = rows.count
          rows.append(
            Row(
              layer: key.layer, operation: key.operation, phase: key.phase, calls: 0, seconds: 0, operations: 0,
              bytes: 0, threadSeconds: 0))
          return rows.count - 1
        }()
      // What the workers did meanwhile. The caller works all the time, beside them or alone.
      while next < self.spans.count, self.spans[next].begin < event.begin { next += 1 }
      var working = Double(event.end - event.begin)
      while next < self.spans.count, self.spans[next].begin < event.end {
        if self.spans[next].thread != 0 { working += Double(self.spans[next].end - self.spans[next].begin) }
        next += 1
      }
      rows[place].calls += perStep
      rows[place].seconds += Double(event.end - event.begin) / 1e9 * perStep
      rows[place].operations += event.cost.operations * perStep
      rows[place].bytes += event.cost.bytes * perStep
      rows[place].threadSeconds += working / 1e9 * perStep
    }
    self.rows = rows.sorted { $0.seconds > $1.seconds }
  }

  /// `gemmBatched` of `gemmBatched(transposeA:…)`.
  static func name(of kernel: StaticString) -> String {
    String("\(kernel)".prefix { $0 != "(" })
  }
}

extension Profile: CustomStringConvertible {
  public var description: String { text() }

  /// The table: what took longest first, what is left between operations, and the whole.
  ///
  /// - Parameters:
  ///   - limit: at most so many rows; the others are added up in one.
  ///   - width: characters in a line.
  ///   - style: what the terminal can show.
  public func text(rows limit: Int = 30, width: Int = .max, style: TerminalStyle = TerminalStyle()) -> String {
    func number(_ value: Double) -> String {
      value >= 100 ? PlotNumber.fixed(value, decimals: 0) : value > 0 ? PlotNumber.short(value, digits: 3) : "–"
    }
    func percent(_ value: Double) -> String { value > 0 ? PlotNumber.fixed(100 * value, decimals: 1) + "%" : "–" }
    let header = [
      "layer", "operation", "phase", "calls", "µs", "share", "GFLOP/s", "GB/s", "of limit", "MB", "threads",
    ]
    // What a narrow terminal can do without.
    let optional: Set = width < 110 ? ["calls", "GB/s", "MB"] : []
    let columns = header.indices.filter { !optional.contains(header[$0]) }
    var table = TextTable(columns.map { header[$0] })
    func add(_ cells: [String]) { table.add(columns.map { $0 < cells.count ? cells[$0] : "" }) }
    for row in rows.prefix(limit) {
      add([
        row.layer.isEmpty ? "–" : row.layer, row.operation, row.phase.rawValue, number(row.calls),
        number(row.seconds * 1e6), percent(row.seconds / seconds), number(row.operationsPerSecond / 1e9),
        number(row.bytesPerSecond / 1e9), percent(row.share(of: limits)), number(row.bytes / 1e6),
        percent(row.threadSeconds / (row.seconds * Double(threads))),
      ])
    }
    if rows.count > limit {
      let rest = rows.dropFirst(limit)
      add([
        "", "\(rest.count) more", "", number(rest.reduce(0) { $0 + $1.calls }),
        number(rest.reduce(0) { $0 + $1.seconds } * 1e6), percent(rest.reduce(0) { $0 + $1.seconds } / seconds),
      ])
    }
    add(["", "(between)", "", "", number(secondsBetween * 1e6), percent(secondsBetween / seconds)])
    let (operations, bytes) = (rows.reduce(0) { $0 + $1.operations }, rows.reduce(0) { $0 + $1.bytes })
    add([
      "", "(one step)", "", number(rows.reduce(0) { $0 + $1.calls }), number(seconds * 1e6), "100%",
      number(operations / seconds / 1e9), number(bytes / seconds / 1e9),
      percent(operations / limits.operationsPerSecond / seconds), number(bytes / 1e6), percent(threadUse),
    ])
    let limitText =
      "limit: \(number(limits.operationsPerSecond / 1e9)) GFLOP/s, \(number(limits.bytesPerSecond / 1e9)) GB/s "
      + "from memory, with \(threads) \(threads == 1 ? "thread" : "threads")"
    let note = isComplete ? "" : "\nthe profile is not complete: there was more than the profiler keeps"
    return table.terminal(width: width, style: style)
      + "of one step, mean of \(steps); (between): tape, memory and loop, no kernel\n"
      + "\(limitText)\(note)\n"
  }
}
