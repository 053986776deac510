import Foundation

/// Memory for an array of a kernel's call, at any address that holds a `Float`, between two zones of a known pattern:
/// a write outside the array is seen afterwards, and what is read from there is NaN.
final class GuardedArray {
  /// A NaN that no kernel makes: the content of the zones, and of outputs before they are overwritten.
  static let untouched = Float(bitPattern: 0x7FC5_A5A5)
  private static let zone = 64

  let count: Int
  private let memory: UnsafeMutableRawPointer
  let floats: UnsafeMutablePointer<Float>

  /// `offset`: how many floats behind a multiple of 64 bytes the array begins.
  init(_ contents: [Float], offset: Int) {
    count = contents.count
    let all = Self.zone + offset + count + Self.zone
    memory = .allocate(byteCount: 4 * all, alignment: 64)
    let start = memory.bindMemory(to: Float.self, capacity: all)
    floats = start + Self.zone + offset
    start.update(repeating: Self.untouched, count: Self.zone + offset)
    contents.withUnsafeBufferPointer { if count > 0 { floats.update(from: $0.baseAddress!, count: count) } }
    (floats + count).update(repeating: Self.untouched, count: Self.zone)
    markZones(AddressSanitizer.poison)
  }

  deinit {
    markZones(AddressSanitizer.unpoison)
    memory.deallocate()
  }

  private func markZones(_ mark: AddressSanitizer.Marking?) {
    mark?(memory, UnsafeRawPointer(floats) - UnsafeRawPointer(memory))
    mark?(floats + count, 4 * Self.zone)
  }

  var integers: UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(floats).assumingMemoryBound(to: Int32.self)
  }

  var contents: [Float] { Array(UnsafeBufferPointer(start: floats, count: count)) }

  /// The distance from the array's first element to one outside that has been written to, if there is one.
  func firstWriteOutside() -> Int? {
    markZones(AddressSanitizer.unpoison)
    defer { markZones(AddressSanitizer.poison) }
    let begin = memory.assumingMemoryBound(to: Float.self) - floats
    let outside = Array(begin..<0) + Array(count..<(count + Self.zone))
    return outside.first { floats[$0].bitPattern != Self.untouched.bitPattern }
  }
}

/// The sanitizer's own marks, where the tests run under it: reads outside an array are reported too.
private enum AddressSanitizer {
  typealias Marking = @convention(c) (UnsafeRawPointer, Int) -> Void

  static let poison = function("__asan_poison_memory_region")
  static let unpoison = function("__asan_unpoison_memory_region")

  private static func function(_ name: String) -> Marking? {
    dlsym(dlopen(nil, RTLD_NOW), name).map { unsafeBitCast($0, to: Marking.self) }
  }
}
