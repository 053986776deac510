/// A block of memory that tensors share: 32-bit elements, 64-byte aligned, from the pool or a window on another block.
final class Storage: @unchecked Sendable {
  let memory: UnsafeMutableRawPointer
  /// Elements of four bytes.
  let count: Int
  private let sizeClass: Int
  /// What a window looks at; nil for a block of our own.
  private let owner: Storage?

  init(count: Int) {
    let (memory, sizeClass) = MemoryPool.take(bytes: count &* 4)
    self.memory = memory
    self.count = count
    self.sizeClass = sizeClass
    owner = nil
  }

  /// `count` elements of `owner` from `offset` on. Writing to a window writes to its owner.
  init(window owner: Storage, offset: Int, count: Int) {
    require(
      offset >= 0 && count >= 0 && offset + count <= owner.count,
      "a window of \(count) elements at \(offset) of a storage of \(owner.count)")
    memory = owner.memory + offset * 4
    self.count = count
    sizeClass = -1
    self.owner = owner
  }

  deinit {
    if owner == nil { MemoryPool.give(memory, sizeClass: sizeClass) }
  }

  var floats: UnsafeMutablePointer<Float> { memory.assumingMemoryBound(to: Float.self) }
  var integers: UnsafeMutablePointer<Int32> { memory.assumingMemoryBound(to: Int32.self) }
}
