import Myelin
import XCTest

private struct Block: Module {
  let inner = Dense(4, 4, activation: .relu)
  let scale = Parameter(Tensor([2]))
  func callAsFunction(_ x: Tensor) -> Tensor { inner(x) * scale.value }
}

/// Parameters in every kind of place.
private final class Model: Module {
  let first = Dense(3, 4)
  let blocks = [Block(), Block()]
  let optional: Dense? = Dense(4, 4, bias: false)
  let absent: Dense? = nil
  let pair = (Dense(4, 4), Dense(4, 4))
  // No module itself, but it holds some.
  struct Options { let extra = Dense(4, 4) }
  let options = Options()
  let named = ["b": Dense(4, 4), "a": Dense(4, 4)]
  lazy var late = Dense(4, 2)
  // A reference back must not make the walk endless.
  var parent: Model?

  init() {
    _ = late
    parent = self
  }

  func callAsFunction(_ x: Tensor) -> Tensor { late(options.extra(blocks[1](blocks[0](first(x))))) }
}

private class Base: Module {
  let below = Parameter(Tensor([1]))
  func callAsFunction(_ x: Tensor) -> Tensor { x * below.value }
}

private final class Derived: Base {
  let above = Parameter(Tensor([1]))
}

private struct Tied: Module {
  let encoder: Dense
  let decoder: Dense
  init() {
    encoder = Dense(4, 4, bias: false)
    decoder = encoder
  }
  func callAsFunction(_ x: Tensor) -> Tensor { decoder(encoder(x)) }
}

final class ModuleTests: XCTestCase {
  func testParametersAreFoundInEveryPlaceUnderTheirPath() {
    let model = Model()
    XCTAssertEqual(
      model.namedParameters.map(\.name),
      [
        "first.weight", "first.bias", "blocks.0.inner.weight", "blocks.0.inner.bias", "blocks.0.scale",
        "blocks.1.inner.weight", "blocks.1.inner.bias", "blocks.1.scale", "optional.weight", "pair.0.weight",
        "pair.0.bias", "pair.1.weight", "pair.1.bias", "options.extra.weight", "options.extra.bias", "named.a.weight",
        "named.a.bias", "named.b.weight", "named.b.bias", "late.weight", "late.bias",
      ])
    XCTAssertEqual(model.parameters.map(\.name), model.namedParameters.map(\.name))
    model.parent = nil
  }

  func testInheritedAndTiedParameters() {
    XCTAssertEqual(Derived().namedParameters.map(\.name), ["below", "above"])
    XCTAssertEqual(Tied().namedParameters.map(\.name), ["encoder.weight"])
    XCTAssertEqual(Tied().parameterCount, 16)
    XCTAssertEqual(Dense(2, 3).namedParameters.map(\.name), ["weight", "bias"])
  }

  func testStateGoesFromOneModelToAnother() throws {
    let (a, b) = (Block(), Block())
    let x = RandomGenerator(seed: 1).normal([5, 4])
    let kept = a.stateDictionary
    try b.load(kept)
    XCTAssertEqual(b(x).scalars, a(x).scalars)
    // What was taken out does not change with the model.
    b.inner.weight.value = Tensor(zeros: [4, 4])
    XCTAssertNotEqual(kept["inner.weight"]!.scalars, b.stateDictionary["inner.weight"]!.scalars)
    XCTAssertNotEqual(a(x).scalars, b(x).scalars)
  }

  func testLoadingWhatDoesNotFitListsAllAndChangesNothing() {
    let block = Block()
    var state = block.stateDictionary
    let before = state["inner.weight"]!.scalars
    state["inner.weight"] = Tensor(zeros: [4, 4])
    state["inner.bias"] = Tensor(zeros: [3])
    state["scale"] = nil
    state["other"] = Tensor(1)
    XCTAssertThrowsError(try block.load(state)) { error in
      let error = error as! ModelStateError
      XCTAssertEqual(error.missing, ["scale"])
      XCTAssertEqual(error.unexpected, ["other"])
      XCTAssertEqual(
        error.description,
        "the tensors do not fit the model: missing scale; unexpected other; inner.bias has shape [3], expected [4]")
    }
    XCTAssertEqual(block.inner.weight.value.scalars, before)
  }

  func testFrozenParametersKeepTheirValues() {
    let model = Sequential {
      Dense(3, 3)
      Dense(3, 2)
    }
    model.freeze("layers.0", "layers.1.bias")
    let optimizer = SGD(model.parameters, learningRate: 1)
    let before = model.stateDictionary.mapValues(\.scalars)
    func step() {
      model(Tensor(ones: [1, 3])).sum().backward()
      optimizer.step()
    }
    step()
    var changed: [String] { model.stateDictionary.filter { $0.value.scalars != before[$0.key]! }.keys.sorted() }
    XCTAssertEqual(changed, ["layers.1.weight"])
    model.unfreeze("layers.1", "layers.0.bias")
    step()
    XCTAssertEqual(changed, ["layers.0.bias", "layers.1.bias", "layers.1.weight"])
  }

  /// A cast looks through an optional: its content must be met once all the same.
  func testOptionalPropertiesAreMetOnce() {
    struct Network: Module {
      let first = Dense(3, 3)
      let dropout: Dropout? = Dropout(0.5)
      let shared: Parameter?
      let again: Parameter?
      let none: Dense? = nil

      init() {
        let parameter = Parameter(Tensor(ones: [2]))
        (shared, again) = (parameter, parameter)
      }

      func callAsFunction(_ x: Tensor) -> Tensor { first(x) }
    }
    let network = Network()
    XCTAssertEqual(network.namedParameters.map(\.name), ["first.weight", "first.bias", "shared"])
    XCTAssertEqual(network.summary().rows.map(\.name), ["first", "dropout", "shared"])
    XCTAssertEqual(network.parameterCount, 14)
  }

  func testSummaryListsLayersWithShapesAndParameters() {
    struct Net: Module {
      let flatten = Flatten()
      let hidden = Dense(784, 512, activation: .relu)
      let dropout = Dropout(0.5)
      let output = Dense(512, 10, bias: false)
      let temperature = Parameter(Tensor([1]))
      func callAsFunction(_ x: Tensor) -> Tensor { output(dropout(hidden(flatten(x)))) * temperature.value }
    }
    let net = Net()
    net.freeze("hidden.bias")
    let random = RandomGenerator.shared.state
    let summary = net.summary(inputShape: [2, 28, 28])
    XCTAssertEqual(RandomGenerator.shared.state, random, "a summary must not disturb the run")
    XCTAssertEqual(
      summary.description,
      """
      layer        type                     output    parameters
      flatten      Flatten                  [2, 784]           0
      hidden       Dense(784, 512, relu)    [2, 512]     401,920
      dropout      Dropout(0.5)             [2, 512]           0
      output       Dense(512, 10, no bias)  [2, 10]        5,120
      temperature  Parameter[1]             –                  1
      407,041 parameters, 1.6 MB, 512 of them frozen
      """)
    XCTAssertEqual(summary.bytes, 4 * 407_041)
    XCTAssertEqual(net.summary().rows.map(\.outputShape), [nil, nil, nil, nil, nil])
  }
}
