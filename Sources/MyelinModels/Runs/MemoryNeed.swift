import Foundation
import Myelin

/// The memory that a training takes at least, counted before anything is allocated.
package struct MemoryNeed: Sendable {
  /// nil beyond what an Int can count.
  package let bytes: Int?

  /// - Parameters:
  ///   - parameterCount: scalars of the network; nil beyond what an Int can count.
  ///   - copies: of each: weight, gradient, optimizer states, weights that are kept.
  ///   - activations: scalars that one batch leaves on its way through the network.
  package init(parameterCount: Int?, copies: Int, activations: Int? = 0) {
    guard let parameterCount, let activations else {
      bytes = nil
      return
    }
    let (scalars, isTooLarge) = parameterCount.multipliedReportingOverflow(by: copies)
    let (sum, isSumTooLarge) = scalars.addingReportingOverflow(activations)
    let (bytes, isProductTooLarge) = sum.multipliedReportingOverflow(by: 4)
    self.bytes = isTooLarge || isSumTooLarge || isProductTooLarge ? nil : bytes
  }

  /// - Parameter what: what needs the memory, for the error.
  /// - Throws: `DataError` when the machine does not have it.
  package func check(_ what: String) throws {
    let limit = MemoryNeed.machineBytes
    guard let bytes, bytes <= limit else {
      throw DataError(
        what, "needs more memory than there is", expected: "at most \(MemoryNeed.text(limit))",
        found: bytes.map(MemoryNeed.text) ?? "more than any machine has")
    }
  }

  /// The memory of the machine, or of the container where that is less.
  static var machineBytes: Int {
    let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    let container = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].compactMap {
      (try? String(contentsOfFile: $0, encoding: .utf8)).flatMap {
        Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
    return container.reduce(physical) { $1 > 0 ? min($0, $1) : $0 }
  }

  private static func text(_ bytes: Int) -> String {
    let units = [("EB", 1e18), ("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6)]
    let (unit, size) = units.first { Double(bytes) >= $0.1 } ?? units[4]
    return "\(PlotNumber.short(Double(bytes) / size, digits: 3)) \(unit)"
  }
}
