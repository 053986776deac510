import CKernels
import ReferenceKernels
import XCTest

final class RecurrentTests: XCTestCase {
  private static func call(
    _ shape: RecurrentShape, _ body: (UnsafePointer<ck_recurrent_shape>) -> ck_status
  ) -> ck_status {
    let lengths = shape.lengths?.map { Int32($0) } ?? []
    return lengths.withUnsafeBufferPointer {
      var c = ck_recurrent_shape(
        cell: ck_cell(UInt32(shape.cell.rawValue)), batch: Int64(shape.batch), steps: Int64(shape.steps),
        hidden: Int64(shape.hidden), lengths: shape.lengths == nil ? nil : $0.baseAddress, reverse: shape.reverse)
      return body(&c)
    }
  }

  /// `initial`: whether there is an initial state.
  private func test(_ cell: RecurrentShape.Cell, initial: Bool) {
    let isLSTM = cell == .lstm, hasMemory = cell != .rnnTanh && cell != .rnnReLU
    typealias Shape = RecurrentShape
    let shapes = [
      Shape(cell, 0, 3, 2), Shape(cell, 2, 0, 3), Shape(cell, 2, 3, 0), Shape(cell, 1, 1, 1), Shape(cell, 2, 1, 5),
      Shape(cell, 3, 2, 17, lengths: [2, 0, 1]), Shape(cell, 1, 6, 33, reverse: true),
      Shape(cell, 9, 5, 20, lengths: [5, 1, 0, 4, 5, 2, 3, 5, 4], reverse: true), Shape(cell, 70, 3, 16),
      Shape(cell, 4, 4, 50, lengths: [4, 4, 2, 3]), Shape(cell, 3, 3, 200),
    ]
    let count = { (s: Shape) in s.batch * s.hidden }
    let steps = { (s: Shape) in s.rows * s.hidden }
    // A rectifier's sums may overflow on the way.
    let specials: [Float] = cell == .rnnReLU ? [.nan] : Specials.withoutLargest
    let forward: KernelTest<Shape>.Reference = { s, v in
      let result = Reference.recurrentForward(
        s, projected: v["projected"], weight: v["weight"], bias: v["bias"], initialH: v.optional("initialH"),
        initialC: v.optional("initialC"))
      return [
        "gates": result.gates, "memory": hasMemory ? result.memory : [], "y": result.y, "lastH": result.lastH,
        "lastC": isLSTM ? result.lastC : [],
      ]
    }
    var inputs: [Input<Shape>] = [
      .floats("projected", in: -2...2, specials: specials) { $0.rows * $0.width },
      // Larger ones would make each step's errors grow in the next.
      .floats("weight", in: -0.3...0.3, specials: [.nan]) { $0.hidden * $0.width },
      .floats("bias", specials: [.nan]) { $0.width },
    ]
    if initial { inputs.append(.floats("initialH", specials: [.nan]) { count($0) }) }
    if initial && isLSTM { inputs.append(.floats("initialC", specials: [.nan]) { count($0) }) }
    let outputs: [Output<Shape>] = [
      .overwritten("gates", within: .recurrent, optional: true) { $0.rows * $0.width },
      .overwritten("memory", within: .recurrent, optional: true) { hasMemory ? steps($0) : 0 },
      .overwritten("y", within: .recurrent) { steps($0) },
      .overwritten("lastH", within: .recurrent, optional: true) { count($0) },
      .overwritten("lastC", within: .recurrent, optional: true) { isLSTM ? count($0) : 0 },
    ]
    let call: KernelTest<Shape>.Call = { s, a in
      let initialH = initial ? a["initialH"] : nil, initialC = initial && isLSTM ? a["initialC"] : nil
      let lastC = isLSTM ? a["lastC"] : nil
      return Self.call(s) {
        ck_recurrent_forward(
          $0, a["projected"], a["weight"], a["bias"], initialH, initialC, a["gates"], a["memory"], a["y"], a["lastH"],
          lastC)
      }
    }
    let backward: KernelTest<Shape>.Call = { s, a in
      let ofC = initial && isLSTM
      let initialH = initial ? a["initialH"] : nil, initialC = ofC ? a["initialC"] : nil
      let dlastC = isLSTM ? a["dlastC"] : nil
      let dinitialH = initial ? a["dinitialH"] : nil, dinitialC = ofC ? a["dinitialC"] : nil
      let modes = (initial ? a.mode("dinitialH") : CK_OVERWRITE, ofC ? a.mode("dinitialC") : CK_OVERWRITE)
      return Self.call(s) {
        ck_recurrent_backward(
          $0, a["weight"], initialH, initialC, a["gates"], a["memory"], a["y"], a["dy"], a["dlastH"], dlastC,
          a["dprojected"], dinitialH, modes.0, dinitialC, modes.1, a["dweight"], a.mode("dweight"), a["dbias"],
          a.mode("dbias"))
      }
    }
    let gradients: KernelTest<Shape>.Reference = { s, v in
      let result = Reference.recurrentBackward(
        s, weight: v["weight"], initialH: v.optional("initialH"), initialC: v.optional("initialC"), gates: v["gates"],
        memory: v["memory"], y: v["y"], dy: v["dy"], dlastH: v["dlastH"], dlastC: v["dlastC"])
      return [
        "dprojected": result.projected, "dweight": result.weight, "dbias": result.bias, "dinitialH": result.initialH,
        "dinitialC": result.initialC,
      ]
    }
    let ofState = initial ? ["initialH"] + (isLSTM ? ["initialC"] : []) : []
    let wanted = ["projected", "weight", "bias"] + ofState
    let arriving = ["y", "lastH"] + (isLSTM ? ["lastC"] : [])
    var test = KernelTest<Shape>(
      "\(cell), initial state: \(initial)", shapes: shapes,
      edges: [Shape(cell, 2, 3, 3, lengths: [3, 1]), Shape(cell, 1, 2, 2, reverse: true)], inputs: inputs,
      outputs: outputs, inPlace: [("projected", "gates")], call: call, reference: forward)
    test = test.backward(
      of: wanted, from: arriving, saving: ["gates", "memory", "y"], optional: true, within: { _ in .recurrentBackward },
      specials: [.nan], call: backward, reference: gradients)
    test = test.changingBackward {
      $0.outputs[0] = .overwritten("dprojected", within: .recurrentBackward) { $0.rows * $0.width }
      $0.inPlace = [("gates", "dprojected")]
    }
    test.check()
  }

  func testLSTM() {
    test(.lstm, initial: true)
    test(.lstm, initial: false)
  }

  func testGRU() {
    test(.gru, initial: true)
    test(.gruResetBefore, initial: true)
    test(.gruResetBefore, initial: false)
  }

  func testPlain() {
    test(.rnnTanh, initial: true)
    test(.rnnReLU, initial: false)
  }

  func testLengthsOutsideAreRefused() {
    let floats = ScratchFloats64()
    for lengths: [Int32] in [[3, 1], [-1, 1]] {
      lengths.withUnsafeBufferPointer {
        var shape = ck_recurrent_shape(
          cell: CK_GRU, batch: 2, steps: 2, hidden: 1, lengths: $0.baseAddress, reverse: false)
        XCTAssertEqual(
          ck_recurrent_forward(
            &shape, floats.start, floats.start, nil, nil, nil, nil, nil, floats.start + 32, nil, nil),
          CK_INVALID_ARGUMENT)
      }
    }
  }
}

private final class ScratchFloats64 {
  let start = UnsafeMutablePointer<Float>.allocate(capacity: 64)
  init() { start.initialize(repeating: 0, count: 64) }
  deinit { start.deallocate() }
}
