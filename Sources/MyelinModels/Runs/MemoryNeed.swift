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
    let limit = MachineMemory.limit
    guard let bytes, bytes <= limit else {
      throw DataError(
        what, "needs more memory than there is", expected: "at most \(MachineMemory.text(limit))",
        found: bytes.map(MachineMemory.text) ?? "more than any machine has")
    }
  }
}
