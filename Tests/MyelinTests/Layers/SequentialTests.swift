import XCTest

@testable import Myelin

final class SequentialTests: XCTestCase {
  /// Rows of a table by number: takes indices, gives a tensor.
  private struct Table: Module {
    let rows: Parameter
    func callAsFunction(_ indices: Indices) -> Tensor { rows.value.gathered(indices) }
  }

  /// Gives a value of a type of its own.
  private struct Split: Module {
    struct Halves { let left, right: Tensor }
    func callAsFunction(_ x: Tensor) -> Halves {
      let middle = x.shape[1] / 2
      return Halves(left: x.sliced(0..<middle, axis: 1), right: x.sliced(middle..<x.shape[1], axis: 1))
    }
  }

  private struct Difference: Module {
    func callAsFunction(_ halves: Split.Halves) -> Tensor { halves.left - halves.right }
  }

  func testLayersOfDifferentTypes() {
    let model = Sequential {
      Table(rows: Parameter(Tensor([1, 2, 3, 4, 5, 6, 7, 8], shape: [2, 4])))
      Split()
      Difference()
      ReLU()
    }
    let y: Tensor = model(Indices([1, 0]))
    XCTAssertEqual(y.scalars, [0, 0, 0, 0])
    XCTAssertEqual(model.parameters.map(\.name), ["layers.0.rows"])
    XCTAssertEqual(model.layers.count, 4)
    model(Indices([1])).sum().backward()
    XCTAssertEqual(model.parameters[0].gradient!.scalars, [0, 0, 0, 0, 0, 0, 0, 0])
  }

  func testConditionsLoopsAndArrays() {
    RandomGenerator.shared.reset(seed: 1)
    let deep = true
    let model = Sequential {
      Dense(2, 3)
      if deep { Dense(3, 3) }
      for _ in 0..<2 { Dense(3, 3, activation: .tanh) }
      [Dropout(0.1), ReLU()] as [any Module<Tensor, Tensor>]
      if deep { Dense(3, 1) } else { Dense(3, 2) }
    }
    XCTAssertEqual(model.layers.count, 7)
    XCTAssertEqual(withoutGradient { model(Tensor(ones: [5, 2])) }.shape, [5, 1])
    let array = Sequential([Dense(2, 2), ReLU()] as [any Module<Tensor, Tensor>])
    XCTAssertEqual(array(Tensor(ones: [1, 2])).shape, [1, 2])
    XCTAssertEqual(
      model.summary(inputShape: [5, 2]).rows.map(\.outputShape),
      [[5, 3], [5, 3], [5, 3], [5, 3], [5, 3], [5, 3], [5, 1]])
  }

  /// Layers of users tell nothing and are seen all the same: by their parameters, or by the sequence.
  func testLayersOfUsersAreSeen() {
    struct Scale: Module {
      let factor = Parameter(Tensor([2, 2, 2]))
      func callAsFunction(_ x: Tensor) -> Tensor { (x * factor.value).squared() }
    }
    struct Double: Module {
      func callAsFunction(_ x: Tensor) -> Tensor { x + x }
    }
    struct Net: Module {
      let first = Dense(4, 3)
      let scale = Scale()
      let rest = Sequential {
        Double()
        Dense(3, 2)
      }
      func callAsFunction(_ x: Tensor) -> Tensor { rest(scale(first(x))) }
    }
    let net = Net()
    net.freeze("scale")
    let trace = LayerTrace(of: net, recordsEverything: true)
    Observation.by(trace) { _ = net(Tensor(ones: [1, 4])) }
    XCTAssertEqual(
      trace.entries.map { "\($0.operation) \($0.layer ?? "-")" },
      ["dense first", "multiply scale", "squared scale", "add rest.layers.0", "dense rest.layers.1"])
    XCTAssertEqual(net.summary(inputShape: [1, 4]).rows.map(\.outputShape), [[1, 3], [1, 3], [1, 3], [1, 2]])
  }
}
