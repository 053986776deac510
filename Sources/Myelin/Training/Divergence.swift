/// Training came to a loss or gradient that is not a finite number: where, and what to try.
public struct DivergenceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Both from 1.
  public var epoch: Int
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
  let model: any Module<Tensor, Tensor>
  let parameters: [Parameter]
  let inputs: Tensor
  /// Where the random stream stood before the batch, so that dropout drops the same again.
  let random: RandomGenerator.State

  struct Finding: Equatable {
    var layer: String?
    var place: String
    var isInput = false
  }

  func find() -> Finding {
    if let index = firstNonFinite(inputs) {
      let columns = max(1, inputs.rowsAndColumns.columns)
      return Finding(
        place: "input \(index % columns) of row \(index / columns) of the batch is \(inputs.scalars[index])",
        isInput: true)
    }
    for parameter in parameters where firstNonFinite(parameter.value) != nil {
      let layer = DivergenceFinder.layer(of: parameter.name)
      return Finding(
        layer: layer,
        place: "first seen in layer \"\(layer)\", whose parameter \"\(parameter.name)\" is no longer finite")
    }
    let count = forward().firstIndex { firstNonFinite($0.value) != nil }
    guard let count else { return Finding(place: "all parameters and all outputs of the model are still finite") }
    // The operation's layer is that of the parameters that reach it and did not reach the operation before.
    let before = count == 0 ? [] : reached(by: count - 1)
    let new = reached(by: count).filter { !before.contains($0) }
    let operation = "\(forward()[count].operation)"
    if let name = new.first ?? before.last {
      let layer = DivergenceFinder.layer(of: name)
      let where_ = new.isEmpty ? "after layer" : "at the output of layer"
      return Finding(layer: layer, place: "first seen \(where_) \"\(layer)\" (\(operation))")
    }
    return Finding(place: "first seen at the result of \(operation)")
  }

  /// `hidden` of `hidden.weight`; a model that is one layer is called `model`.
  static func layer(of parameter: String) -> String {
    parameter.lastIndex(of: ".").map { String(parameter[..<$0]) } ?? "model"
  }

  private func forward() -> [TapeWatch.Entry] {
    RandomGenerator.shared.state = random
    return TapeWatch.entries { model(inputs) }
  }

  /// Names of the parameters behind the operation with that number. Going back uses the tape up, hence a new pass.
  private func reached(by index: Int) -> [String] {
    let value = forward()[index].value
    for parameter in parameters { parameter.gradient = nil }
    value.backward(gradient: Tensor(zeros: value.shape))
    defer { for parameter in parameters { parameter.gradient = nil } }
    return parameters.filter { $0.gradient != nil }.map(\.name)
  }
}

/// Row-major place of the first element that is not finite.
func firstNonFinite(_ tensor: Tensor) -> Int? {
  tensor.withUnsafeBufferPointer { $0.firstIndex { !$0.isFinite } }
}
