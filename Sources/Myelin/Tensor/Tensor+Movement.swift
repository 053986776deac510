extension Tensor {
  /// The same elements in the same order under another shape. One size may be −1: what is left over.
  public func reshaped(_ sizes: [Int]) -> Tensor {
    var sizes = sizes
    if let open = sizes.firstIndex(of: -1) {
      let known = sizes.filter { $0 != -1 }.reduce(1, *)
      require(
        sizes.filter { $0 == -1 }.count == 1 && known > 0 && count % known == 0,
        "reshaped: shape \(shape) cannot take shape \(sizes)")
      sizes[open] = count / known
    }
    return reshaped(Shape(sizes))
  }

  /// The same elements in another shape, without a copy. Precondition: as many elements.
  public func reshaped(_ shape: Shape) -> Tensor {
    require(shape.elementCount == count, "reshaped: shape \(self.shape) cannot take shape \(shape)")
    var result = Tensor(storage: storage, shape: shape)
    if let source {
      result.record("reshaped") { gradient, pass in
        pass.accumulate(into: source, Tensor(storage: gradient.storage, shape: source.shape))
      }
    }
    return result
  }

  /// [N, …] as [N, rest].
  public func flattened() -> Tensor {
    require(rank > 0, "flattened: a scalar has no first axis")
    return reshaped(Shape(shape[0], shape.dropFirst().reduce(1, *)))
  }

  /// With an axis of size 1 put in at `axis`.
  public func expanded(at axis: Int) -> Tensor {
    let position = axis < 0 ? axis + rank + 1 : axis
    require(position >= 0 && position <= rank, "expanded: axis \(axis) of shape \(shape)")
    return reshaped(shape.inserting(1, at: position))
  }

  /// Without the axis at `axis`, whose size is 1.
  public func squeezed(axis: Int) -> Tensor {
    let axis = shape.normalized(axis: axis)
    require(shape[axis] == 1, "squeezed: axis \(axis) of shape \(shape) does not have size 1")
    return reshaped(shape.removing(axis: axis))
  }

  /// The last two axes exchanged. Precondition: there are two.
  public func transposed() -> Tensor {
    require(rank >= 2, "transposed: shape \(shape) has fewer than two axes")
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    let batch = shape.dropLast(2).reduce(1, *)
    var result = Tensor(
      uninitialized: shape.replacing(axis: rank - 2, with: columns).replacing(axis: rank - 1, with: rows))
    Kernels.transposeMatrix(batch: batch, rows: rows, columns: columns, pointer, result.pointer)
    if let source {
      result.record("transposed") { gradient, pass in pass.accumulate(into: source, gradient.detached.transposed()) }
    }
    return result
  }

  /// Axis i of the result is axis `axes[i]`. Precondition: each axis once.
  public func permuted(_ axes: [Int]) -> Tensor {
    let axes = axes.map { shape.normalized(axis: $0) }
    require(axes.sorted() == Array(0..<rank), "permuted: axes \(axes) for shape \(shape)")
    var result = Tensor(uninitialized: Shape(axes.map { shape[$0] }))
    Kernels.permute(shape, axes, pointer, result.pointer)
    if let source {
      result.record("permuted") { gradient, pass in
        var inverse = axes
        for (to, from) in axes.enumerated() { inverse[from] = to }
        pass.accumulate(into: source, gradient.detached.permuted(inverse))
      }
    }
    return result
  }

  /// The part `range` of an axis. Precondition: it lies inside.
  public func sliced(_ range: Range<Int>, axis: Int = 0) -> Tensor {
    let axis = shape.normalized(axis: axis)
    require(
      range.lowerBound >= 0 && range.upperBound <= shape[axis], "sliced: \(range) of axis \(axis) of shape \(shape)")
    let (outer, length, inner) = shape.split(at: axis)
    var result = Tensor(uninitialized: shape.replacing(axis: axis, with: range.count))
    let (from, width) = (range.lowerBound * inner, range.count * inner)
    Kernels.copyBlock(rows: outer, columns: width, pointer + from, ldx: length * inner, result.pointer, ldy: width)
    if let source {
      result.record("sliced") { gradient, pass in
        pass.accumulatePart(of: source) {
          Kernels.copyBlock(
            rows: outer, columns: width, gradient.pointer, ldx: width, $0 + from, ldy: length * inner, .accumulate)
        }
      }
    }
    return result
  }

  /// Rows of the first axis. Precondition: the range lies inside.
  public subscript(rows: Range<Int>) -> Tensor { sliced(rows) }

  /// Rows `indices` of the first axis: [N, …] becomes indices' shape with […] behind it.
  /// Precondition: each index is a row.
  public func gathered(_ indices: Indices) -> Tensor {
    require(rank >= 1, "gathered: a scalar has no rows")
    let (rows, width) = (shape[0], shape.dropFirst().reduce(1, *))
    var result = Tensor(uninitialized: Shape(Array(indices.shape) + Array(shape.dropFirst())))
    let inRange = Kernels.gatherRows(
      rows: rows, width: width, pointer, indices.count, indices.pointer, result.pointer)
    require(inRange, "gathered: an index outside 0 ..< \(rows)")
    if let source {
      result.record("gathered") { gradient, pass in
        pass.accumulatePart(of: source) {
          Kernels.scatterAddRows(rows: rows, width: width, $0, indices.count, indices.pointer, gradient.pointer)
        }
      }
    }
    return result
  }

  /// This [N, …] spread into [rows, …]: row i is added to row `indices[i]` of zeros, in order.
  /// Precondition: one index a row, each in 0 ..< rows.
  public func scatteredSum(_ indices: Indices, rows: Int) -> Tensor {
    require(
      rank >= 1 && indices.count == shape[0], "scatteredSum: \(indices.count) indices for shape \(shape)")
    require(
      indices.values.allSatisfy { $0 >= 0 && $0 < rows }, "scatteredSum: an index outside 0 ..< \(rows)")
    let width = shape.dropFirst().reduce(1, *)
    var result = Tensor(zeros: shape.replacing(axis: 0, with: rows))
    Kernels.scatterAddRows(rows: rows, width: width, result.pointer, indices.count, indices.pointer, pointer)
    if let source {
      result.record("scatteredSum") { gradient, pass in
        pass.accumulate(into: source, gradient.detached.gathered(indices))
      }
    }
    return result
  }

  /// The tensors one after another along an axis. Precondition: all other sizes are equal.
  public static func concatenated(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    require(!tensors.isEmpty, "concatenated: no tensors")
    let axis = tensors[0].shape.normalized(axis: axis)
    for tensor in tensors {
      require(
        tensor.rank == tensors[0].rank && tensor.shape.removing(axis: axis) == tensors[0].shape.removing(axis: axis),
        "concatenated: shapes \(tensors[0].shape) and \(tensor.shape) along axis \(axis)")
    }
    let length = tensors.reduce(0) { $0 + $1.shape[axis] }
    var result = Tensor(uninitialized: tensors[0].shape.replacing(axis: axis, with: length))
    let (outer, _, inner) = result.shape.split(at: axis)
    var offset = 0
    var parts: [(source: GradientNode, offset: Int, width: Int)] = []
    for tensor in tensors {
      let width = tensor.shape[axis] * inner
      Kernels.copyBlock(
        rows: outer, columns: width, tensor.pointer, ldx: width, result.pointer + offset, ldy: length * inner)
      if let source = tensor.source { parts.append((source, offset, width)) }
      offset += width
    }
    if !parts.isEmpty {
      result.record("concatenated") { gradient, pass in
        for part in parts {
          pass.accumulate(into: part.source) {
            Kernels.copyBlock(
              rows: outer, columns: part.width, gradient.pointer + part.offset, ldx: length * inner, $0,
              ldy: part.width, $1)
          }
        }
      }
    }
    return result
  }

  /// The tensors, all of one shape, along a new axis.
  public static func stacked(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    concatenated(tensors.map { $0.expanded(at: axis) }, axis: axis)
  }
}
