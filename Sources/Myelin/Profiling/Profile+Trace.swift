import Foundation

extension Profile {
  private struct TraceEvent: Encodable {
    var name: String
    /// Category: the phase.
    var cat: String?
    /// X: a complete event; M: metadata.
    var ph: String
    /// Microseconds.
    var ts: Double?
    var dur: Double?
    var pid = 1
    var tid: Int
    var args: [String: TraceValue]
  }

  private enum TraceValue: Encodable {
    case text(String)
    case number(Double)

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .text(let text): try container.encode(text)
      case .number(let number): try container.encode(number)
      }
    }
  }

  /// All kernels and all threads' work in Chrome's trace format, one track a thread, which ui.perfetto.dev and
  /// chrome://tracing open.
  ///
  /// - Throws: ``DataError`` when the file cannot be written.
  public func writeTrace(to url: URL) throws {
    struct Trace: Encodable {
      let displayTimeUnit = "ns"
      let traceEvents: [TraceEvent]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try DataFile.write(Array(encoder.encode(Trace(traceEvents: traceEvents))), to: url)
  }

  private var traceEvents: [TraceEvent] {
    let workers = spans.map(\.thread).max() ?? 0
    var result = (0...workers).map { thread in
      TraceEvent(
        name: "thread_name", ph: "M", tid: thread,
        args: ["name": .text(thread == 0 ? "step" : "worker \(thread)")])
    }
    func time(_ nanoseconds: UInt64) -> Double { Double(nanoseconds - start) / 1e3 }
    for event in events {
      var args: [String: TraceValue] = ["kernel": .text("\(event.kernel)")]
      if !event.layer.isEmpty { args["layer"] = .text(event.layer) }
      let seconds = Double(event.end - event.begin) / 1e9
      if event.cost.operations > 0, seconds > 0 {
        args["GFLOP/s"] = .number((event.cost.operations / seconds / 1e7).rounded() / 100)
      }
      if event.cost.bytes > 0 { args["bytes"] = .number(event.cost.bytes) }
      result.append(
        TraceEvent(
          name: event.layer.isEmpty ? event.operation : "\(event.layer) \(event.operation)", cat: event.phase.rawValue,
          ph: "X", ts: time(event.begin), dur: Double(event.end - event.begin) / 1e3, tid: 0, args: args))
    }
    // A worker's part is called as the kernel that it was for.
    var next = 0
    for span in spans where span.thread != 0 && span.begin >= start {
      while next < events.count, events[next].end < span.begin { next += 1 }
      let event = next < events.count && events[next].begin <= span.begin ? events[next] : nil
      result.append(
        TraceEvent(
          name: event?.operation ?? "work", cat: event?.phase.rawValue ?? "other", ph: "X", ts: time(span.begin),
          dur: Double(span.end - span.begin) / 1e3, tid: span.thread, args: [:]))
    }
    return result
  }
}
