/// A tensor that a model keeps but does not train: running statistics, a mask, a table of positions.
///
/// Found by reflection and named by its property path as a ``Parameter`` is; saved, restored and exported with the
/// parameters, put back with the best weights, and never seen by an optimizer.
///
/// ```swift
/// final class Centering: Module {
///   let mean: Buffer
///   init(_ features: Int) { mean = Buffer(Tensor(zeros: [features])) }
///   func callAsFunction(_ x: Tensor) -> Tensor {
///     if isRecordingGradients { mean.value = mean.value * 0.9 + x.detached.mean(axis: 0) * 0.1 }
///     return x - mean.value
///   }
/// }
/// ```
public final class Buffer {
  /// Its property path in the model; empty until ``Module/buffers`` has been asked for.
  public internal(set) var name = ""
  /// The value's shape, which stays.
  public let shape: Shape
  private var tensor: Tensor

  /// A buffer that starts with `value`, of its shape; what led to the value on the tape is forgotten.
  public init(_ value: Tensor) {
    shape = value.shape
    tensor = value.detached
  }

  /// Number of scalars.
  public var count: Int { shape.elementCount }

  /// The current value, a constant for the tape. Setting precondition: the shape stays.
  public var value: Tensor {
    get { tensor }
    set {
      require(newValue.shape == shape, "buffer \(name) has shape \(shape), not \(newValue.shape)")
      tensor = newValue.detached
    }
  }

  /// For an update in place by a kernel: copies first where a tensor elsewhere still holds the value.
  func mutablePointer() -> MutableFloatPointer {
    tensor.makeUnique()
    return tensor.pointer
  }
}
