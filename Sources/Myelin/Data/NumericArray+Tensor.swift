extension NumericArray {
  /// As float32, row-major.
  public init(_ tensor: Tensor) { self.init(tensor.scalars, shape: Array(tensor.shape)) }

  /// As int32, row-major.
  public init(_ indices: Indices) { self.init(indices.values, shape: Array(indices.shape)) }

  /// Every element as a Float, exact where Float holds it, else rounded to nearest; then multiplied by `scale`.
  ///
  /// - Parameters:
  ///   - source: how an error names the file.
  ///   - name: how an error names the array.
  ///   - scale: for example 1/255 for pixels.
  /// - Throws: `DataError` when the shape has more axes, or longer ones, than a tensor can have.
  public func tensor(source: String, name: String = "array", scale: Float = 1) throws -> Tensor {
    Tensor(shape: try tensorShape(source, name)) { convertToFloats(into: $0.baseAddress, scale: scale) }
  }

  /// Every element as a 32-bit integer.
  ///
  /// - Throws: `DataError` at an element that is not a whole number of 32 bits, or when the shape does not fit.
  public func indices(source: String, name: String = "array") throws -> Indices {
    let shape = try tensorShape(source, name)
    return Indices(try int32s(source: source, name: name), shape: shape)
  }

  private func tensorShape(_ source: String, _ name: String) throws -> Shape {
    guard shape.count <= Shape.maximumRank, shape.allSatisfy({ $0 <= Int32.max }) else {
      throw DataError(
        source, "\(name) of shape \(shape)",
        expected: "at most \(Shape.maximumRank) axes, each below 2^31")
    }
    // Its elements are counted: `bytes` holds them. As Floats they may be four times as many bytes.
    try MachineMemory.check(count * 4, source: source, "\(name) of shape \(shape) as 32-bit numbers")
    return Shape(shape)
  }
}
