/// Where tensors' memory comes from: freed buffers are kept by size and given out again, so that a steady training
/// step asks the system for nothing.
public enum MemoryPool {
  /// Counts in bytes, except `systemAllocations`.
  public struct Statistics: Sendable {
    /// Held by living tensors.
    public var bytesInUse = 0
    /// The most that was held at once since the last `resetPeak`.
    public var peakBytesInUse = 0
    /// Taken from the system: in use or kept for later.
    public var bytesReserved = 0
    /// How often the system was asked for memory.
    public var systemAllocations = 0
  }

  /// What is held now, and was.
  public static var statistics: Statistics { state.withLock { $0.statistics } }

  /// Makes what is held now the peak.
  public static func resetPeak() {
    state.withLock { $0.statistics.peakBytesInUse = $0.statistics.bytesInUse }
  }

  /// Gives all memory that no tensor holds back to the system.
  public static func trim() {
    state.withLock { state in
      for index in 0..<sizeClassCount {
        let bytes = byteCount(sizeClass: index)
        while let block = state.free[index] {
          state.free[index] = block.load(as: UnsafeMutableRawPointer?.self)
          Kernels.free(block, bytes: bytes)
          state.statistics.bytesReserved -= bytes
        }
      }
    }
  }

  /// A buffer of at least `bytes` with any content, and the class to return it to.
  static func take(bytes: Int) -> (memory: UnsafeMutableRawPointer, sizeClass: Int) {
    let index = sizeClass(bytes: bytes)
    let size = byteCount(sizeClass: index)
    let block = state.withLock { state -> UnsafeMutableRawPointer in
      state.statistics.bytesInUse += size
      if state.statistics.bytesInUse > state.statistics.peakBytesInUse {
        state.statistics.peakBytesInUse = state.statistics.bytesInUse
      }
      if let block = state.free[index] {
        // A free block holds the address of the next one.
        state.free[index] = block.load(as: UnsafeMutableRawPointer?.self)
        return block
      }
      state.statistics.bytesReserved += size
      state.statistics.systemAllocations += 1
      guard let block = Kernels.allocate(bytes: size) else {
        fatalError("no memory for a tensor of \(bytes) bytes (\(state.statistics.bytesInUse - size) are in use)")
      }
      return block
    }
    return (block, index)
  }

  static func give(_ memory: UnsafeMutableRawPointer, sizeClass index: Int) {
    let size = byteCount(sizeClass: index)
    state.withLock { state in
      memory.storeBytes(of: state.free[index], as: UnsafeMutableRawPointer?.self)
      state.free[index] = memory
      state.statistics.bytesInUse -= size
    }
  }

  private struct State: @unchecked Sendable {
    var statistics = Statistics()
    let free = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: sizeClassCount)

    init() { free.initialize(repeating: nil, count: sizeClassCount) }
  }

  private static let state = Lock(State())

  // Four classes between powers of two, from 64 bytes on: at most a fifth of a block is wasted.
  private static let sizeClassCount = 4 * 48

  static func sizeClass(bytes: Int) -> Int {
    if bytes <= 64 { return 0 }
    // In units of 16 bytes: 2^power ≤ units < 2^(power + 1), and the two bits below the leading one are the quarter.
    let units = UInt(bitPattern: (bytes + 15) >> 4) - 1
    let power = (UInt.bitWidth - 1) - units.leadingZeroBitCount
    let quarter = Int(units >> UInt(power - 2)) & 3
    return (power - 2) * 4 + quarter + 1
  }

  static func byteCount(sizeClass index: Int) -> Int {
    if index == 0 { return 64 }
    return (16 << ((index - 1) / 4)) * (5 + (index - 1) % 4)
  }
}
