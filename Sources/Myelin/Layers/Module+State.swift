// A model's parameters and buffers as a dictionary, and which parameters are trained.

extension Module {
  /// Copies-on-write of all parameters and buffers by their path in this module: what a checkpoint keeps.
  public var stateDictionary: [String: Tensor] {
    let parameters = namedParameters.map { ($0.name, $0.parameter.value.detached) }
    let buffers = namedBuffers.map { ($0.name, $0.buffer.value) }
    return Dictionary(uniqueKeysWithValues: parameters + buffers)
  }

  /// Takes over all parameters and buffers from `dictionary`; changes nothing where it throws.
  ///
  /// - Throws: ``ModelStateError``, which lists every name that is missing, unexpected or of another shape.
  public func load(_ dictionary: [String: Tensor]) throws {
    let (parameters, buffers) = (namedParameters, namedBuffers)
    try ModelStateError.check(
      dictionary,
      expected: parameters.map { ($0.name, $0.parameter.shape) } + buffers.map { ($0.name, $0.buffer.shape) },
      what: "the model")
    for (name, parameter) in parameters { parameter.value = dictionary[name].unsafelyUnwrapped.detached }
    for (name, buffer) in buffers { buffer.value = dictionary[name].unsafelyUnwrapped }
  }

  /// Stops the training of the parameters at or below the given paths, as in `freeze("encoder", "output.bias")`.
  /// Precondition: each path leads to a parameter.
  public func freeze(_ paths: String...) { setTrainable(false, paths) }

  /// Resumes the training of the parameters at or below the given paths.
  /// Precondition: each path leads to a parameter.
  public func unfreeze(_ paths: String...) { setTrainable(true, paths) }

  private func setTrainable(_ isTrainable: Bool, _ paths: [String]) {
    let parameters = namedParameters
    for path in paths {
      let below = parameters.filter { $0.name == path || $0.name.hasPrefix(path + ".") }
      require(
        !below.isEmpty, "no parameter at \"\(path)\"; there are \(parameters.map(\.name).joined(separator: ", "))")
      for (_, parameter) in below { parameter.isTrainable = isTrainable }
    }
  }
}

/// Tensors by name that do not fit what they are loaded into.
public struct ModelStateError: Error, Hashable, CustomStringConvertible {
  /// A tensor of the right name and the wrong shape.
  public struct WrongShape: Hashable, Sendable {
    /// Its path in the model, or `state.parameter` of an optimizer.
    public let name: String
    /// The shape of what it is loaded into.
    public let expected: Shape
    /// The tensor's own.
    public let found: Shape
  }
  /// What they were for: "the model", "the optimizer".
  public let target: String
  /// Names that nothing was given for.
  public let missing: [String]
  /// Names that nothing has.
  public let unexpected: [String]
  /// Tensors whose shapes do not fit.
  public let wrongShapes: [WrongShape]

  public var description: String {
    func list(_ names: [String]) -> String {
      let shown = names.prefix(10).joined(separator: ", ")
      return names.count > 10 ? "\(shown) and \(names.count - 10) more" : shown
    }
    var parts: [String] = []
    if !missing.isEmpty { parts.append("missing \(list(missing))") }
    if !unexpected.isEmpty { parts.append("unexpected \(list(unexpected))") }
    if !wrongShapes.isEmpty {
      parts.append(list(wrongShapes.map { "\($0.name) has shape \($0.found), expected \($0.expected)" }))
    }
    return "the tensors do not fit \(target): \(parts.joined(separator: "; "))"
  }

  static func check(_ found: [String: Tensor], expected: [(name: String, shape: Shape)], what: String) throws {
    let names = Set(expected.map(\.name))
    let error = ModelStateError(
      target: what, missing: expected.map(\.name).filter { found[$0] == nil },
      unexpected: found.keys.filter { !names.contains($0) }.sorted(),
      wrongShapes: expected.compactMap { name, shape in
        guard let tensor = found[name], tensor.shape != shape else { return nil }
        return WrongShape(name: name, expected: shape, found: tensor.shape)
      })
    if !(error.missing.isEmpty && error.unexpected.isEmpty && error.wrongShapes.isEmpty) { throw error }
  }
}
