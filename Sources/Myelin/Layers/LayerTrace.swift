import Synchronization

/// Notes the shapes that layers give while a summary runs a model on an example.
enum LayerTrace {
  private static let active = Atomic<Int>(0)
  private static let shapes = Mutex<[ObjectIdentifier: Shape]>([:])

  /// A layer calls this with each of its results. One load of a shared counter while nobody traces.
  @inline(__always)
  static func note(_ layer: AnyObject, _ output: Tensor) {
    if active.load(ordering: .relaxed) != 0 { keep(layer, output.shape) }
  }

  @inline(never)
  private static func keep(_ layer: AnyObject, _ shape: Shape) {
    shapes.withLock { $0[ObjectIdentifier(layer)] = shape }
  }

  /// The last result's shape of each layer that `body` called.
  static func record(_ body: () -> Void) -> [ObjectIdentifier: Shape] {
    active.add(1, ordering: .relaxed)
    body()
    return shapes.withLock { shapes in
      let result = shapes
      if active.subtract(1, ordering: .relaxed).newValue == 0 { shapes = [:] }
      return result
    }
  }
}
