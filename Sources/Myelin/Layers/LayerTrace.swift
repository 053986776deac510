/// What a model puts on the tape, operation by operation, each with the layer that it belongs to.
///
/// A layer of ours tells when it begins and ends, and a ``Sequential`` tells it of its layers. Any other layer shows itself
/// by asking for its parameters: what follows counts as its own until the next layer begins.
final class LayerTrace: Observer {
  struct Entry {
    let operation: StaticString
    let value: Tensor
    /// Path of the layer at work; nil between layers.
    let layer: String?
    /// Path of the last layer that was at work before, where there is none now.
    let layerBefore: String?
  }
  private(set) var entries: [Entry] = []
  private let paths: LayerPaths
  private let everything: Bool
  private var position = LayerPosition()

  init(of model: any Module, recordsEverything: Bool = false) {
    paths = LayerPaths(model)
    everything = recordsEverything
  }

  override var recordsEverything: Bool { everything }
  override func layerBegan(_ layer: LayerKey) { position.begin(paths[layer]) }
  override func layerEnded(_ layer: LayerKey) { position.end() }
  override func read(_ parameter: Parameter) { position.read(paths[parameter]) }
  override func recorded(_ operation: StaticString, _ value: Tensor) {
    entries.append(
      Entry(operation: operation, value: value, layer: position.layer, layerBefore: position.lastLayer))
  }

  /// The shape of the last value that each layer gave.
  var outputShapes: [String: Shape] {
    var shapes: [String: Shape] = [:]
    for entry in entries {
      if let layer = entry.layer { shapes[layer] = entry.value.shape }
    }
    return shapes
  }
}

/// The paths of a model's layers by what an observer hears of them.
struct LayerPaths {
  private var ofLayers: [LayerKey: String] = [:]
  private var ofParameters: [ObjectIdentifier: String] = [:]

  init(_ model: any Module) {
    walkModule(model) { path, element in
      switch element {
      case .module(_, let keys): for key in keys { ofLayers[key] = path }
      case .parameter(let parameter): ofParameters[ObjectIdentifier(parameter)] = LayerPaths.layer(of: path)
      case .buffer: break
      }
    }
  }

  subscript(key: LayerKey) -> String? { ofLayers[key] }
  /// The layer whose property the parameter is.
  subscript(parameter: Parameter) -> String? { ofParameters[ObjectIdentifier(parameter)] }

  /// `hidden` of `hidden.weight`; empty for a model that is one layer.
  static func layer(of parameter: String) -> String {
    parameter.lastIndex(of: ".").map { String(parameter[..<$0]) } ?? ""
  }
}

/// Which layer is at work, by what has been heard so far.
struct LayerPosition {
  /// Layers that have begun and not ended; nil for one that the model does not know.
  private var open: [String?] = []
  /// A layer that tells nothing but has asked for a parameter, inside the innermost open one.
  private var implied: String?
  private(set) var lastLayer: String?

  var layer: String? { implied ?? open.last(where: { $0 != nil }) ?? nil }

  mutating func begin(_ path: String?) {
    open.append(path)
    implied = nil
    if let path { lastLayer = path }
  }

  mutating func end() {
    _ = open.popLast()
    implied = nil
  }

  mutating func read(_ path: String?) {
    guard let path, path != layer else { return }
    implied = path
    lastLayer = path
  }
}
