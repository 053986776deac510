/// What this machine can do at most with the current threads and instruction set, measured now: what a profile's figures
/// are put beside.
public struct ProcessorLimits: Sendable, Codable {
  /// Multiplications and additions of all threads together, in registers, a second.
  public var operationsPerSecond: Double
  /// Bytes a second between memory and processor, beyond the caches.
  public var bytesPerSecond: Double

  /// Limits that are known from elsewhere; both in units a second.
  public init(operationsPerSecond: Double, bytesPerSecond: Double) {
    self.operationsPerSecond = operationsPerSecond
    self.bytesPerSecond = bytesPerSecond
  }

  /// The best of some short runs, which take about `seconds` together.
  public static func measure(seconds: Double = 0.3) -> ProcessorLimits {
    var limits = ProcessorLimits(operationsPerSecond: 0, bytesPerSecond: 0)
    // Four times the largest cache, so that it is memory that is measured.
    let bytes = min(max(4 * Runtime.cacheSize(level: 3), 32 << 20), 256 << 20)
    let count = bytes / 12
    let (x, y) = (Tensor(ones: Shape(count)), Tensor(ones: Shape(count)))
    let z = Tensor(zeros: Shape(count))
    var iterations = 20_000
    let start = Observation.now
    func spent(_ body: () -> Void) -> Double {
      let begin = Observation.now
      body()
      return max(1e-9, Double(Observation.now - begin) / 1e9)
    }
    var rounds = 0
    while rounds < 3 || Double(Observation.now - start) / 1e9 < seconds {
      var operations = 0.0
      let time = spent { operations = Kernels.probeMultiplyAdd(iterations: iterations) }
      // A millisecond a run, whatever the processor.
      if time < 0.5e-3 {
        iterations *= 2
        continue
      }
      limits.operationsPerSecond = max(limits.operationsPerSecond, operations / time)
      let triad = spent { Kernels.probeTriad(count, x.pointer, y.pointer, z.pointer) }
      let read = spent { Kernels.probeRead(count, x.pointer) }
      limits.bytesPerSecond = max(limits.bytesPerSecond, Double(12 * count) / triad, Double(4 * count) / read)
      rounds += 1
    }
    return limits
  }
}
