extension Safetensors {
  /// The metadata that says which program wrote the tensors, and so how they stand; PyTorch's files have "pt" in it.
  public static let formatKey = "format"
  /// Its value in files of Myelin.
  public static let format = "myelin"
}

extension Module {
  /// The weights as a file that `load` knows for one of ours: with `format` in its metadata.
  public func safetensors(metadata: [String: String] = [:]) -> Safetensors {
    Safetensors(
      stateDictionary, metadata: metadata.merging([Safetensors.formatKey: Safetensors.format]) { $1 })
  }

  /// Takes over all parameters from a file; changes nothing where it throws.
  ///
  /// ```swift
  /// try model.safetensors().write(to: url)
  /// try model.load(Safetensors(contentsOf: url))                      // ours
  /// try model.load(Safetensors(contentsOf: other), layout: .pytorch)  // another program's
  /// ```
  ///
  /// - Parameters:
  ///   - file: the weights under this model's names.
  ///   - layout: how the file's tensors stand; nil only for files of Myelin, which say so themselves.
  /// - Throws: `DataError` for a file of another program without `layout`, or whose tensors do not fit the model.
  public func load(_ file: Safetensors, layout: WeightLayout? = nil) throws {
    let format = file.metadata[Safetensors.formatKey]
    guard let layout = layout ?? (format == Safetensors.format ? .myelin : nil) else {
      throw DataError(
        file.source,
        "metadata \"\(Safetensors.formatKey)\" does not say that Myelin wrote it, and a square weight "
          + "fits in both directions: give `layout`",
        expected: DataError.quoted(Safetensors.format), found: format.map(DataError.quoted) ?? "none")
    }
    let tensors = try file.tensors()
    do { try load(tensors, layout: layout) } catch let error as ModelStateError {
      throw DataError(file.source, error.description)
    }
  }
}
