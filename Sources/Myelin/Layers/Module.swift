/// A model or a part of one: a plain Swift type whose properties are other modules and parameters.
///
/// ```swift
/// struct Classifier: Module {
///   let hidden = Dense(784, 512, activation: .relu)
///   let output = Dense(512, 10)
///   func callAsFunction(_ images: Tensor) -> Tensor { output(hidden(images)) }
/// }
/// ```
/// Parameters are found by reflection, in the order of the properties, and named by their path (`hidden.weight`). The
/// same names stand in checkpoints, summaries and errors.
public protocol Module<Input, Output> {
  associatedtype Input = Tensor
  associatedtype Output = Tensor
  func callAsFunction(_ input: Input) -> Output
}

extension Module {
  /// All parameters, each once, in the order of the properties. Walks the model by reflection: ask once and keep it.
  public var parameters: [Parameter] {
    var found: [Parameter] = []
    var seen: Set<ObjectIdentifier> = []
    walk(self, path: "") { path, parameter in
      guard seen.insert(ObjectIdentifier(parameter)).inserted else { return }
      if parameter.name.isEmpty { parameter.name = path }
      found.append(parameter)
    }
    return found
  }

  /// Parameters by their path in this module. A shared parameter stands once, under its first path.
  public var namedParameters: [(name: String, parameter: Parameter)] {
    var found: [(String, Parameter)] = []
    var seen: Set<ObjectIdentifier> = []
    walk(self, path: "") { path, parameter in
      if seen.insert(ObjectIdentifier(parameter)).inserted { found.append((path, parameter)) }
    }
    return found
  }

  /// Number of trained scalars.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }
}

/// Calls `visit` for each parameter below `value`, depth first, in the order of the properties.
private func walk(_ value: Any, path: String, visit: (String, Parameter) -> Void) {
  if let parameter = value as? Parameter {
    visit(path, parameter)
    return
  }
  let mirror = Mirror(reflecting: value)
  func descend(_ mirror: Mirror) {
    if let parent = mirror.superclassMirror { descend(parent) }
    for (index, child) in mirror.children.enumerated() {
      let label = child.label.flatMap { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 } ?? String(index)
      let isTransparent = mirror.displayStyle == .optional
      walk(
        child.value, path: isTransparent ? path : path.isEmpty ? label : "\(path).\(label)", visit: visit)
    }
  }
  switch mirror.displayStyle {
  case .optional, .collection, .tuple, .dictionary: descend(mirror)
  case .struct, .class, .enum: if value is any Module { descend(mirror) }
  default: break
  }
}
