extension Safetensors {
  /// Tensors as float32.
  public init(_ tensors: [String: Tensor], metadata: [String: String] = [:]) {
    self.init(NamedArrays(tensors.mapValues { NumericArray($0) }), metadata: metadata)
  }

  /// The tensor of that name, whatever its element type is in the file.
  ///
  /// - Throws: `DataError` when there is none, with names like it.
  public func tensor(named name: String) throws -> Tensor {
    try array(named: name).tensor(source: source, name: "tensor \(DataError.quoted(name))")
  }

  /// All arrays as tensors.
  public func tensors() throws -> [String: Tensor] {
    var result: [String: Tensor] = [:]
    for name in names { result[name] = try tensor(named: name) }
    return result
  }
}
