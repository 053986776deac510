extension Tensor {
  /// The sum of all elements: a scalar.
  public func sum() -> Tensor { reduced("sum", .sum, outer: 1, length: count, inner: 1, Shape([])) }
  /// The mean of all elements: a scalar.
  public func mean() -> Tensor { reduced("mean", .mean, outer: 1, length: count, inner: 1, Shape([])) }

  /// The sum along an axis (−1 is the last), which goes away or keeps size 1.
  public func sum(axis: Int, keepingAxis: Bool = false) -> Tensor { reduced("sum", .sum, axis, keepingAxis) }
  /// The mean along an axis; negative ones count from the last. The axis goes, or stays with size 1.
  public func mean(axis: Int, keepingAxis: Bool = false) -> Tensor { reduced("mean", .mean, axis, keepingAxis) }
  /// The largest along an axis. The gradient goes to the first place where it stands.
  public func max(axis: Int, keepingAxis: Bool = false) -> Tensor { extreme("max", .max, axis, keepingAxis) }
  /// The smallest along an axis. The gradient goes to the first place where it stands.
  public func min(axis: Int, keepingAxis: Bool = false) -> Tensor { extreme("min", .min, axis, keepingAxis) }
  /// The largest element, as a scalar; NaN where there is one. The gradient goes to the first of equals.
  public func max() -> Tensor { reshaped([count]).max(axis: 0) }
  /// The smallest element, as a scalar; NaN where there is one. The gradient goes to the first of equals.
  public func min() -> Tensor { reshaped([count]).min(axis: 0) }

  /// The index of the first largest element along an axis. Precondition: the axis is not empty.
  public func argmax(axis: Int = -1) -> Indices {
    let axis = shape.normalized(axis: axis)
    let (outer, length, inner) = shape.split(at: axis)
    require(length > 0 || outer * inner == 0, "argmax over an empty axis of shape \(shape)")
    let result = Indices(uninitialized: shape.removing(axis: axis))
    Kernels.argmax(outer: outer, length: length, inner: inner, pointer, result.pointer)
    return result
  }

  /// Σ (x − mean)² / (n − correction) along an axis; `correction: 1` is the unbiased estimate.
  public func variance(axis: Int, correction: Int = 0, keepingAxis: Bool = false) -> Tensor {
    let axis = shape.normalized(axis: axis)
    let (outer, length, inner) = shape.split(at: axis)
    let kept = shape.replacing(axis: axis, with: 1)
    var result = Tensor(uninitialized: keepingAxis ? kept : shape.removing(axis: axis))
    let mean = Tensor(uninitialized: kept)
    Kernels.variance(
      outer: outer, length: length, inner: inner, correction: correction, pointer, mean: mean.pointer,
      result.pointer)
    if let source {
      let x = detached
      result.record("variance") { gradient, pass in
        // d/dx = 2 (x − mean) / (n − correction)
        let scaled = gradient.reshaped(kept) * (2 / Float(length - correction))
        pass.accumulate(into: source, (x - mean) * scaled)
      }
    }
    return result
  }

  /// √Σx² of all elements: a scalar, right also where the squares are beyond Float. Its gradient at 0 is 0.
  public func norm() -> Tensor {
    let norm = Kernels.norm(count, pointer)
    var result = Tensor(norm)
    if let source {
      let x = detached
      result.record("norm") { gradient, pass in
        // x / ‖x‖ is that of any multiple of x: of one whose norm and its reciprocal are in range.
        let multiple = norm == 0 ? x : norm < 0x1p-100 ? x * 0x1p64 : norm > 0x1p100 ? x * 0x1p-64 : x
        let length = multiple.pointer == x.pointer ? norm : Kernels.norm(x.count, multiple.pointer)
        let factor = length == 0 ? 0 : gradient.scalar / length
        pass.accumulate(into: source) { Kernels.scale(x.count, factor, multiple.pointer, $0, $1) }
      }
    }
    return result
  }

  private func reduced(_ name: StaticString, _ operation: Reduction, _ axis: Int, _ keepingAxis: Bool) -> Tensor {
    let axis = shape.normalized(axis: axis)
    let (outer, length, inner) = shape.split(at: axis)
    let result = keepingAxis ? shape.replacing(axis: axis, with: 1) : shape.removing(axis: axis)
    return reduced(name, operation, outer: outer, length: length, inner: inner, result)
  }

  private func reduced(
    _ name: StaticString, _ operation: Reduction, outer: Int, length: Int, inner: Int, _ shape: Shape
  ) -> Tensor {
    var result = Tensor(uninitialized: shape)
    Kernels.reduce(operation, outer: outer, length: length, inner: inner, pointer, result.pointer)
    if let source {
      let scale = operation == .mean ? 1 / Float(length) : 1
      result.record(name) { gradient, pass in
        pass.accumulate(into: source) {
          Kernels.broadcast(outer: outer, length: length, inner: inner, scale: scale, gradient.pointer, $0, $1)
        }
      }
    }
    return result
  }

  private func extreme(_ name: StaticString, _ operation: Reduction, _ axis: Int, _ keepingAxis: Bool) -> Tensor {
    let axis = shape.normalized(axis: axis)
    let (outer, length, inner) = shape.split(at: axis)
    require(length > 0 || outer * inner == 0, "\(name) over an empty axis of shape \(shape)")
    var result = Tensor(
      uninitialized: keepingAxis ? shape.replacing(axis: axis, with: 1) : shape.removing(axis: axis))
    Kernels.reduce(operation, outer: outer, length: length, inner: inner, pointer, result.pointer)
    if let source {
      let places = operation == .max ? argmax(axis: axis) : (-detached).argmax(axis: axis)
      result.record(name) { gradient, pass in
        pass.accumulatePart(of: source) { target in
          for o in 0..<outer {
            for i in 0..<inner {
              let place = Int(places.pointer[o * inner + i])
              target[(o * length + place) * inner + i] += gradient.pointer[o * inner + i]
            }
          }
        }
      }
    }
    return result
  }
}
