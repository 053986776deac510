/// How the tensors of a file stand: the same numbers of a square weight fit both ways, so that no shape tells.
public enum WeightLayout: String, CaseIterable, Sendable {
  /// As here: the weight of `Dense` is [inputs, outputs].
  case myelin
  /// As PyTorch writes them: the weight of a linear layer is [outputs, inputs].
  case pytorch
}

/// A layer whose own parameters and buffers stand otherwise in PyTorch's files than here.
protocol PyTorchLayout: Module {
  /// By name: which of PyTorch's axes each of ours is.
  static var axesInPyTorch: [String: [Int]] { get }
  /// Names there by names here, where they differ.
  static var namesInPyTorch: [String: String] { get }
  /// Names there by names here of the parameters of its parts, where they differ.
  var namesOfPartsInPyTorch: [String: String] { get }
  /// Names there of what has no counterpart here.
  static var ignoredFromPyTorch: Set<String> { get }
}

extension PyTorchLayout {
  static var axesInPyTorch: [String: [Int]] { [:] }
  static var namesInPyTorch: [String: String] { [:] }
  var namesOfPartsInPyTorch: [String: String] { [:] }
  static var ignoredFromPyTorch: Set<String> { [] }
}

extension Dense: PyTorchLayout {
  static var axesInPyTorch: [String: [Int]] { ["weight": [1, 0]] }
}

// [outputs, inputs / groups, kernel height, kernel width] there.
extension Conv2D: PyTorchLayout {
  static var axesInPyTorch: [String: [Int]] { ["weight": [2, 3, 1, 0]] }
}

// [inputs, outputs / groups, kernel height, kernel width] there.
extension ConvTranspose2D: PyTorchLayout {
  static var axesInPyTorch: [String: [Int]] { ["weight": [2, 3, 1, 0]] }
}

extension BatchNorm: PyTorchLayout {
  static var namesInPyTorch: [String: String] {
    ["runningMean": "running_mean", "runningVariance": "running_var"]
  }
  static var ignoredFromPyTorch: Set<String> { ["num_batches_tracked"] }
}

extension Module {
  /// Takes over all parameters from tensors of another program, turned from its layout into ours; changes nothing where
  /// it throws.
  ///
  /// ```swift
  /// try model.load(Safetensors(contentsOf: url).tensors(), layout: .pytorch)
  /// ```
  /// The names must be those of `namedParameters` and `namedBuffers`; of layers that name a buffer otherwise there (the
  /// running statistics of ``BatchNorm``), those of the other program.
  ///
  /// - Throws: ``ModelStateError``, which lists every name that is missing, unexpected or, turned, of another shape.
  public func load(_ tensors: [String: Tensor], layout: WeightLayout) throws {
    var turned = tensors
    if layout == .pytorch {
      walkModule(self) { path, element in
        guard case .module(let module, _) = element, let layer = module as? any PyTorchLayout else { return }
        let type = type(of: layer)
        func full(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        for (name, axes) in type.axesInPyTorch {
          if let tensor = turned[full(name)], tensor.rank == axes.count {
            turned[full(name)] = tensor.detached.permuted(axes)
          }
        }
        for (name, there) in type.namesInPyTorch.merging(layer.namesOfPartsInPyTorch, uniquingKeysWith: { $1 }) {
          if let tensor = turned.removeValue(forKey: full(there)) { turned[full(name)] = tensor }
        }
        for name in type.ignoredFromPyTorch { turned[full(name)] = nil }
      }
    }
    try load(turned)
  }
}
