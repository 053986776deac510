/// Training came to a loss or gradient that is not a finite number: where, and what to try.
public struct DivergenceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// From 1.
  public var epoch: Int
  /// From 1.
  public var step: Int
  /// What is not finite: `the loss is nan`.
  public var finding: String
  /// Path of the first layer in the model that gives a value that is not finite; nil when none does.
  public var layer: String?
  /// The first thing that is not finite, in words.
  public var place: String
  /// Most promising first.
  public var suggestions: [String]

  public var description: String {
    "training diverged at step \(step) (epoch \(epoch)): \(finding); \(place); try \(suggestions.joined(separator: ", or "))"
  }
}

/// Finds the first value of a forward pass that is not finite.
struct DivergenceFinder {
  let model: any Module
  let parameters: [Parameter]
  /// The batch's own, with what each is called.
  let tensors: [(name: String, value: Tensor)]
  /// Buffers and random stream as they were before the batch, so that dropout drops the same again.
  let snapshot: ModelSnapshot
  /// The batch's loss once more.
  let forward: () -> Void

  struct Finding: Equatable {
    var layer: String?
    var place: String
    var isInput = false
  }

  func find() -> Finding {
    for (name, tensor) in tensors {
      guard let index = firstNonFinite(tensor) else { continue }
      let columns = max(1, tensor.rowsAndColumns.columns)
      return Finding(
        place: "\(name) \(index % columns) of row \(index / columns) of the batch is \(tensor.scalars[index])",
        isInput: true)
    }
    for parameter in parameters where firstNonFinite(parameter.value) != nil {
      let layer = DivergenceFinder.title(LayerPaths.layer(of: parameter.name))
      return Finding(
        layer: layer,
        place: "first seen in layer \"\(layer)\", whose parameter \"\(parameter.name)\" is no longer finite")
    }
    let trace = LayerTrace(of: model)
    snapshot.putBack()
    Observation.by(trace) { Tape.recording(forward) }
    guard let entry = trace.entries.first(where: { firstNonFinite($0.value) != nil }) else {
      return Finding(place: "all parameters and all outputs of the model are still finite")
    }
    guard let layer = (entry.layer ?? entry.layerBefore).map(DivergenceFinder.title) else {
      return Finding(place: "first seen at the result of \(entry.operation)")
    }
    let relation = entry.layer == nil ? "after layer" : "at the output of layer"
    return Finding(layer: layer, place: "first seen \(relation) \"\(layer)\" (\(entry.operation))")
  }

  /// The largest size of an element of the batch's first tensor.
  var largestInput: Float { tensors.first { $0.value.count > 0 }?.value.absolute().max().scalar ?? 0 }

  /// A model that is one layer has no path.
  private static func title(_ layer: String) -> String { layer.isEmpty ? "model" : layer }
}

/// The tensors among a batch's properties, each called as its elements are: `input` for `inputs`.
func batchTensors(_ batch: Any) -> [(name: String, value: Tensor)] {
  if let tensor = batch as? Tensor { return [("element", tensor)] }
  return Mirror(reflecting: batch).children.flatMap { child -> [(name: String, value: Tensor)] in
    var value = child.value
    let mirror = Mirror(reflecting: value)
    if mirror.displayStyle == .optional {
      guard let content = mirror.children.first?.value else { return [] }
      value = content
    }
    guard let tensor = value as? Tensor else { return [] }
    let name = child.label ?? "element"
    return [(name.hasSuffix("s") ? String(name.dropLast()) : name, tensor)]
  }
}

/// Row-major place of the first element that is not finite.
func firstNonFinite(_ tensor: Tensor) -> Int? {
  tensor.withUnsafeBufferPointer { $0.firstIndex { !$0.isFinite } }
}
