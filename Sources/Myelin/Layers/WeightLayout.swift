/// How the tensors of a file stand: the same numbers of a square weight fit both ways, so that no shape tells.
public enum WeightLayout: String, CaseIterable, Sendable {
  /// As here: the weight of `Dense` is [inputs, outputs].
  case myelin
  /// As PyTorch writes them: the weight of a linear layer is [outputs, inputs].
  case pytorch
}

/// A layer whose own parameters stand otherwise in PyTorch's files than here.
protocol PyTorchLayout: Module {
  /// Names of those whose last two axes are exchanged there.
  static var transposedInPyTorch: Set<String> { get }
}

extension Dense: PyTorchLayout {
  static var transposedInPyTorch: Set<String> { ["weight"] }
}

extension Module {
  /// Takes over all parameters from tensors of another program, turned from its layout into ours; changes nothing where
  /// it throws.
  ///
  /// ```swift
  /// try model.load(Safetensors(contentsOf: url).tensors(), layout: .pytorch)
  /// ```
  /// The names must be those of `namedParameters`.
  ///
  /// - Throws: ``ModelStateError``, which lists every name that is missing, unexpected or, turned, of another shape.
  public func load(_ tensors: [String: Tensor], layout: WeightLayout) throws {
    var turned = tensors
    if layout == .pytorch {
      walkModule(self) { path, element in
        guard case .module(let module, _) = element, let type = type(of: module) as? any PyTorchLayout.Type else {
          return
        }
        for name in type.transposedInPyTorch {
          let full = path.isEmpty ? name : "\(path).\(name)"
          if let tensor = tensors[full], tensor.rank >= 2 { turned[full] = tensor.detached.transposed() }
        }
      }
    }
    try load(turned)
  }
}
