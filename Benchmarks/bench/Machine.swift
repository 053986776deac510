import Myelin
import CKernels
import Foundation

/// What the figures were measured on.
enum Machine {
  static var threads: Int { Int(ck_thread_count()) }
  static var isa: String { String(cString: ck_isa_name(ck_active_isa())) }

  static var description: String {
    let caches = (1...3).map { "L\($0) \(byteText(Double(ck_cache_size(Int32($0)))))" }.joined(separator: ", ")
    let processor = String(cString: ck_processor_name())
    let openMP = String(cString: ck_openmp_runtime())
    let load = NumberText.fixed(loadAverage, decimals: 2)
    return "\(processor), \(isa), \(threads) threads (OpenMP: \(openMP)), \(caches), load average \(load)"
  }

  /// Over the last minute.
  static var loadAverage: Double {
    var load = [0.0, 0.0, 0.0]
    return getloadavg(&load, 3) > 0 ? load[0] : 0
  }

  /// Notices other programs that run meanwhile. The load average would still count the compiler that built this one.
  struct Watch {
    private let before = Machine.processorTimes()
    private let own = Machine.ownTicks()

    /// The share of all processors that others have kept busy since; nil where the system does not tell.
    var othersShare: Double? {
      guard let before, let after = Machine.processorTimes(), after.total > before.total else { return nil }
      let total = after.total - before.total
      let busy = total - (after.idle - before.idle)
      return Double(max(0, busy - (Machine.ownTicks() - own))) / Double(total)
    }

    func warn(_ what: String) {
      guard let share = othersShare, share > 0.1 else { return }
      printError(
        "warning: \(what) \(Int(share * 100))% of the processors: expect low, scattered figures")
    }
  }

  /// Processor time of this process and of the children that have ended, in clock ticks as /proc/stat counts them.
  private static func ownTicks() -> Int {
    var spent = tms()
    _ = times(&spent)
    return Int(spent.tms_utime + spent.tms_stime + spent.tms_cutime + spent.tms_cstime)
  }

  private static func processorTimes() -> (idle: Int, total: Int)? {
    guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
      let line = text.split(separator: "\n").first
    else { return nil }
    // cpu user nice system idle iowait …
    let times = line.split(separator: " ").dropFirst().compactMap { Int($0) }
    guard times.count >= 5 else { return nil }
    return (times[3] + times[4], times.reduce(0, +))
  }
}

/// A size of memory that a measurement's data just fits.
enum MemoryLevel: String, CaseIterable {
  case l2 = "L2"
  case l3 = "L3"
  case dram = "DRAM"

  /// Bytes that a measurement touches: half of the cache, so that nothing else pushes it out (all threads' L2 together),
  /// or several times the last cache.
  var workingSet: Int {
    let l2 = Int(ck_cache_size(2)) * Machine.threads / 2
    let l3 = max(Int(ck_cache_size(3)) / 2, 2 * l2)
    switch self {
    case .l2: return l2
    case .l3: return l3
    case .dram: return max(8 * l3, 64 << 20)
    }
  }
}

/// Float arrays that live as long as a measurement, from one aligned block.
final class Workspace {
  private let memory: UnsafeMutableRawPointer
  private let bytes: Int

  init(bytes: Int) throws {
    guard let memory = ck_allocate(bytes) else {
      throw BenchError("no memory for \(byteText(Double(bytes))) of benchmark data")
    }
    self.memory = memory
    self.bytes = bytes
  }

  deinit { ck_free(memory, bytes) }

  /// `arrays` arrays of `count` floats, one after another, each 64-byte aligned.
  func split(_ arrays: Int, count: Int) -> [UnsafeMutablePointer<Float>] {
    let stride = Workspace.bytes(arrays: 1, count: count)
    require(stride * arrays <= bytes, "workspace of \(bytes) bytes is too small for \(arrays) × \(count) floats")
    return (0..<arrays).map { (memory + $0 * stride).assumingMemoryBound(to: Float.self) }
  }

  static func bytes(arrays: Int, count: Int) -> Int {
    // One cache line more than a multiple of 4 KiB would leave: arrays must not share their cache sets.
    arrays * ((count * 4 + 63) / 64 * 64 + 64)
  }

  /// Numbers in -1…1 that repeat every 4093 floats.
  func fill(bytes wanted: Int? = nil) {
    var state: UInt32 = 12345
    let period = 4093
    let floats = memory.assumingMemoryBound(to: Float.self)
    let count = min(wanted ?? bytes, bytes) / 4
    for i in 0..<min(period, count) {
      state = state &* 1_664_525 &+ 1_013_904_223
      floats[i] = Float(Int32(bitPattern: state)) / 2_147_483_648
    }
    var done = min(period, count)
    while done < count {
      let length = min(done, count - done)
      memcpy(floats + done, floats, length * 4)
      done += length
    }
  }
}

func byteText(_ bytes: Double) -> String {
  let units = ["B", "KiB", "MiB", "GiB"]
  var value = bytes
  var unit = 0
  while value >= 1024 && unit < units.count - 1 {
    value /= 1024
    unit += 1
  }
  return value == value.rounded()
    ? "\(Int(value)) \(units[unit])" : "\(NumberText.fixed(value, decimals: 1)) \(units[unit])"
}
