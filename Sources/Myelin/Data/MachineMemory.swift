import Foundation

/// How much memory this process may have at all. What a file asks for beyond it is refused in one line, where an
/// allocation would stop the program or send the machine swapping.
package enum MachineMemory {
  /// The machine's memory, or less where a control group (a container) allows less.
  package static let limit: Int = {
    let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    return min(physical, controlGroupLimit() ?? physical)
  }()

  /// Throws where `bytes` is nil (the number overflowed) or above `limit`.
  package static func check(_ bytes: Int?, source: String, _ what: String, limit: Int = limit) throws {
    guard let bytes, bytes <= limit else {
      throw DataError(
        source, what, expected: "at most \(text(limit)) of memory",
        found: bytes.map(text) ?? "more than can be addressed")
    }
  }

  /// `1.5 GiB`
  package static func text(_ bytes: Int) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var (value, unit) = (Double(bytes), 0)
    while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
    return "\(NumberText.fixed(value, decimals: unit == 0 ? 0 : 1)) \(units[unit])"
  }

  /// The smallest `memory.max` (version 2) or `memory.limit_in_bytes` (version 1) of our group and those it is in.
  private static func controlGroupLimit() -> Int? {
    #if os(Linux)
      func contents(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
      var smallest: Int?
      for line in (contents("/proc/self/cgroup") ?? "").split(separator: "\n") {
        // hierarchy:controllers:path
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, fields[0] == "0" || fields[1].split(separator: ",").contains("memory") else {
          continue
        }
        let (root, name) =
          fields[0] == "0" ? ("/sys/fs/cgroup", "memory.max") : ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        var parts = fields[2].split(separator: "/").map(String.init)
        while true {
          let path = ([root] + parts + [name]).joined(separator: "/")
          if let text = contents(path), let bytes = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) {
            smallest = min(smallest ?? bytes, bytes)
          }
          if parts.popLast() == nil { break }
        }
      }
      return smallest
    #else
      return nil
    #endif
  }
}
