/// A model or a part of one: a plain Swift type whose properties are other modules, parameters and buffers.
///
/// ```swift
/// struct Classifier: Module {
///   let hidden = Dense(784, 512, activation: .relu)
///   let output = Dense(512, 10)
///   func callAsFunction(_ images: Tensor) -> Tensor { output(hidden(images)) }
/// }
/// ```
/// Input and output are any types: ``Tensor``, ``Indices``, a tuple, a type of your own. Parameters and buffers are found
/// by reflection, in the order of the properties, and named by their path (`hidden.weight`). The same names stand in
/// checkpoints, summaries and errors.
public protocol Module<Input, Output> {
  /// What it is called with.
  associatedtype Input = Tensor
  /// What it gives.
  associatedtype Output = Tensor
  /// The forward pass. What it computes of parameters goes on the tape while gradients are recorded.
  func callAsFunction(_ input: Input) -> Output
}

extension Module {
  /// All parameters, each once, in the order of the properties. Walks the model by reflection: ask once and keep it.
  public var parameters: [Parameter] {
    namedParameters.map { name, parameter in
      if parameter.name.isEmpty { parameter.name = name }
      return parameter
    }
  }

  /// Parameters by their path in this module. A shared parameter stands once, under its first path.
  public var namedParameters: [(name: String, parameter: Parameter)] {
    var found: [(String, Parameter)] = []
    walkModule(self) { path, element in
      if case .parameter(let parameter) = element { found.append((path, parameter)) }
    }
    return found
  }

  /// All buffers, each once, in the order of the properties.
  public var buffers: [Buffer] {
    namedBuffers.map { name, buffer in
      if buffer.name.isEmpty { buffer.name = name }
      return buffer
    }
  }

  /// Buffers by their path in this module. A shared buffer stands once, under its first path.
  public var namedBuffers: [(name: String, buffer: Buffer)] {
    var found: [(String, Buffer)] = []
    walkModule(self) { path, element in
      if case .buffer(let buffer) = element { found.append((path, buffer)) }
    }
    return found
  }

  /// Number of scalars in the parameters, trained or frozen.
  public var parameterCount: Int { namedParameters.reduce(0) { $0 + $1.parameter.count } }
}

/// What a walk through a model meets.
enum ModuleElement {
  /// With what its calls are told under, by itself or by the sequence that it is in.
  case module(any Module, [LayerKey])
  case parameter(Parameter)
  case buffer(Buffer)
}

/// Calls `visit` with the path of each module, parameter and buffer in `root`, depth first, in the order of the
/// properties; `root` itself has the path "". An object that is met again, by tied weights or a reference back, is left
/// out.
///
/// Looks into modules, and into structs, enums, tuples, arrays, optionals and dictionaries that may hold them. The
/// entries of a dictionary come in the order of their keys' descriptions, so that the order is the same in each run.
func walkModule(_ root: any Module, visit: (String, ModuleElement) -> Void) {
  var seen: Set<ObjectIdentifier> = []

  func walk(_ value: Any, _ path: String, _ element: LayerKey? = nil) {
    let mirror = Mirror(reflecting: value)
    // First, because a cast would look through the optional and find its content here and once more below.
    if mirror.displayStyle == .optional {
      for child in mirror.children { walk(child.value, path) }
      return
    }
    if mirror.displayStyle == .class {
      guard value is Parameter || value is Buffer || value is any Module,
        seen.insert(ObjectIdentifier(value as AnyObject)).inserted
      else { return }
    }
    if let parameter = value as? Parameter { return visit(path, .parameter(parameter)) }
    if let buffer = value as? Buffer { return visit(path, .buffer(buffer)) }
    if let module = value as? any Module {
      let own = mirror.displayStyle == .class ? [LayerKey.object(ObjectIdentifier(value as AnyObject))] : []
      visit(path, .module(module, own + (element.map { [$0] } ?? [])))
    }
    func below(_ label: String) -> String { path.isEmpty ? label : "\(path).\(label)" }

    if let sequence = value as? any LayerSequence {
      for (index, layer) in sequence.layers.enumerated() {
        walk(layer, below("layers.\(index)"), sequence.key(index))
      }
      return
    }
    switch mirror.displayStyle {
    case .dictionary:
      let entries = mirror.children.map { entry in Mirror(reflecting: entry.value).children.map(\.value) }
      for (key, entry) in entries.map({ (String(describing: $0[0]), $0[1]) }).sorted(by: { $0.0 < $1.0 }) {
        walk(entry, below(key))
      }
    case .class, .struct, .enum, .tuple, .collection:
      var ancestors = [mirror]
      while let parent = ancestors.last?.superclassMirror { ancestors.append(parent) }
      for level in ancestors.reversed() {
        for (index, child) in level.children.enumerated() {
          walk(child.value, below(propertyName(child.label) ?? String(index)))
        }
      }
    default: break
    }
  }

  walk(root, "")
}

/// The name in the source of a mirror's label: tuples have ".0", lazy properties a prefix of the compiler's.
private func propertyName(_ label: String?) -> String? {
  guard let label else { return nil }
  if label.hasPrefix(".") { return String(label.dropFirst()) }
  let lazyPrefix = "$__lazy_storage_$_"
  return label.hasPrefix(lazyPrefix) ? String(label.dropFirst(lazyPrefix.count)) : label
}
