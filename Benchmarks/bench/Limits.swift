import CKernels

/// What the machine can do at most with the current threads and instruction set: the best of many short runs, spread
/// over the whole benchmark, so that a disturbed run cannot lower a limit and flatter a kernel.
final class Limits {
  private(set) var fmaGflops = 0.0
  /// Of products of bfloat16 pairs; nil where the processor multiplies none.
  private(set) var bfloat16Gflops: Double?
  private var bandwidth: [MemoryLevel: Double] = [:]
  private var arrays: Workspace?
  private var iterations: Int64 = 20_000

  /// GB/s of the best of reading, triad and triad past the caches, within `level`.
  func streamGbps(_ level: MemoryLevel) -> Double { bandwidth[level] ?? 0 }

  /// Some 5 ms of multiply-adds.
  func probeFMA() {
    var operations = 0.0
    // About one millisecond a run, whatever the processor.
    while Sampler.seconds({ _ = ck_probe_fma(iterations, &operations) }) < 0.5e-3 && iterations < 1 << 40 {
      iterations *= 2
    }
    for _ in 0..<5 {
      let spent = Sampler.seconds { _ = ck_probe_fma(iterations, &operations) }
      fmaGflops = max(fmaGflops, operations / spent / 1e9)
    }
  }

  /// The same for pairs of bfloat16.
  func probeBFloat16() {
    probeFMA()
    guard ck_multiplies_pairs() else { return }
    var operations = 0.0
    for _ in 0..<5 {
      let spent = Sampler.seconds { _ = ck_probe_bfloat16(iterations, &operations) }
      bfloat16Gflops = max(bfloat16Gflops ?? 0, operations / spent / 1e9)
    }
  }

  /// A few passes of each stream over the level's working set.
  func probeStream(_ level: MemoryLevel) throws {
    let count = level.workingSet / 4
    if arrays == nil {
      arrays = try Workspace(bytes: Workspace.bytes(arrays: 4, count: MemoryLevel.dram.workingSet / 4) * 5 / 4)
      arrays?.fill()
    }
    guard let arrays else { return }
    var result: Float = 0
    // A read has the whole working set, a triad three arrays of a third: the limit is for what fits, not what runs over.
    for kind in [CK_STREAM_READ, CK_STREAM_TRIAD, CK_STREAM_TRIAD_UNCACHED] {
      if kind == CK_STREAM_TRIAD_UNCACHED && level != .dram { continue }
      let streams = kind == CK_STREAM_READ ? 1 : 3
      let length = count / streams
      let array = arrays.split(streams, count: length)
      let x = array[0]
      let y = array[min(1, streams - 1)]
      let z = array[streams - 1]
      let bytes = Double(streams * length * 4)
      let once = { _ = ck_probe_stream(kind, Int64(length), x, y, z, &result) }
      let passes = max(1, Int(4e6 / bytes))
      once()
      for _ in 0..<(level == .dram ? 2 : 8) {
        let spent = Sampler.seconds { for _ in 0..<passes { once() } }
        bandwidth[level] = max(streamGbps(level), bytes * Double(passes) / spent / 1e9)
      }
    }
  }
}
