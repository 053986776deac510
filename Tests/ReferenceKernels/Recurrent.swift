/// The sizes of a recurrent network's arrays, and which of its steps there are.
public struct RecurrentShape: CustomStringConvertible, Sendable {
  public enum Cell: Int, Sendable, CaseIterable { case lstm, gru, gruResetBefore, rnnTanh, rnnReLU }

  public var cell: Cell
  public var batch, steps, hidden: Int
  public var lengths: [Int]?
  public var reverse: Bool

  public init(_ cell: Cell, _ batch: Int, _ steps: Int, _ hidden: Int, lengths: [Int]? = nil, reverse: Bool = false) {
    (self.cell, self.batch, self.steps, self.hidden) = (cell, batch, steps, hidden)
    (self.lengths, self.reverse) = (lengths, reverse)
  }

  public var gates: Int {
    switch cell {
    case .lstm: 4
    case .gru, .gruResetBefore: 3
    case .rnnTanh, .rnnReLU: 1
    }
  }
  public var width: Int { gates * hidden }
  public var rows: Int { batch * steps }
  public var description: String {
    "\(cell) [\(batch), \(steps), \(hidden)]\(lengths.map { ", lengths \($0)" } ?? "")\(reverse ? ", reverse" : "")"
  }

  /// The rows of a sequence's steps in the order in which they are gone through.
  func order(_ sequence: Int) -> [Int] {
    let rows = (0..<(lengths?[sequence] ?? steps)).map { sequence * steps + $0 }
    return reverse ? rows.reversed() : rows
  }
}

extension Reference {
  public struct RecurrentResult {
    public var gates, memory, y, lastH, lastC: [Double]
  }
  public struct RecurrentGradients {
    public var projected, weight, bias, initialH, initialC: [Double]
  }

  private static func tanh(_ x: Double) -> Double { activation(.tanh, 0, x) }

  /// a U for the columns of one gate; a [D], U [D, G D].
  private static func gateProduct(_ s: RecurrentShape, _ a: [Double], _ weight: [Double], _ gate: Int) -> [Double] {
    (0..<s.hidden).map { j in
      (0..<s.hidden).reduce(0) { $0 + a[$1] * weight[$1 * s.width + gate * s.hidden + j] }
    }
  }

  public static func recurrentForward(
    _ s: RecurrentShape, projected: [Double], weight: [Double], bias: [Double]?, initialH: [Double]?,
    initialC: [Double]?
  ) -> RecurrentResult {
    let d = s.hidden, none = [Double](repeating: 0, count: s.batch * d)
    var result = RecurrentResult(
      gates: Array(repeating: 0, count: s.rows * s.width), memory: Array(repeating: 0, count: s.rows * d),
      y: Array(repeating: 0, count: s.rows * d), lastH: initialH ?? none, lastC: initialC ?? none)
    for sequence in 0..<s.batch {
      let state = sequence * d..<(sequence + 1) * d
      var h = Array(result.lastH[state]), c = Array(result.lastC[state])
      for row in s.order(sequence) {
        let p = { (gate: Int, j: Int) in projected[row * s.width + gate * d + j] }
        let u = (0..<s.gates).map { gate in
          let product = gateProduct(s, h, weight, gate)
          return (0..<d).map { product[$0] + (bias?[gate * d + $0] ?? 0) }
        }
        var gates = (0..<s.gates).map { gate in (0..<d).map { p(gate, $0) + u[gate][$0] } }
        switch s.cell {
        case .lstm:
          gates = gates.enumerated().map { gate, z in z.map { gate == 2 ? tanh($0) : sigmoid($0) } }
          c = (0..<d).map { gates[1][$0] * c[$0] + gates[0][$0] * gates[2][$0] }
          h = (0..<d).map { gates[3][$0] * tanh(c[$0]) }
          result.memory.replaceSubrange(row * d..<(row + 1) * d, with: c)
        case .gru, .gruResetBefore:
          gates[0] = gates[0].map(sigmoid)
          gates[1] = gates[1].map(sigmoid)
          let memory: [Double]
          if s.cell == .gru {
            memory = u[2]
            gates[2] = (0..<d).map { tanh(p(2, $0) + gates[0][$0] * memory[$0]) }
          } else {
            memory = (0..<d).map { gates[0][$0] * h[$0] }
            let product = gateProduct(s, memory, weight, 2)
            gates[2] = (0..<d).map { tanh(p(2, $0) + product[$0] + (bias?[2 * d + $0] ?? 0)) }
          }
          h = (0..<d).map { (1 - gates[1][$0]) * gates[2][$0] + gates[1][$0] * h[$0] }
          result.memory.replaceSubrange(row * d..<(row + 1) * d, with: memory)
        case .rnnTanh, .rnnReLU:
          gates[0] = gates[0].map { s.cell == .rnnTanh ? tanh($0) : activation(.relu, 0, $0) }
          h = gates[0]
        }
        result.gates.replaceSubrange(row * s.width..<(row + 1) * s.width, with: gates.flatMap { $0 })
        result.y.replaceSubrange(row * d..<(row + 1) * d, with: h)
      }
      result.lastH.replaceSubrange(state, with: h)
      result.lastC.replaceSubrange(state, with: c)
    }
    return result
  }

  /// From what the forward pass has left: one step after the other, from the last to the first.
  public static func recurrentBackward(
    _ s: RecurrentShape, weight: [Double], initialH: [Double]?, initialC: [Double]?, gates: [Double], memory: [Double],
    y: [Double], dy: [Double], dlastH: [Double], dlastC: [Double]
  ) -> RecurrentGradients {
    let d = s.hidden, none = [Double](repeating: 0, count: s.batch * d)
    var result = RecurrentGradients(
      projected: Array(repeating: 0, count: s.rows * s.width), weight: Array(repeating: 0, count: d * s.width),
      bias: Array(repeating: 0, count: s.width), initialH: none, initialC: none)
    for sequence in 0..<s.batch {
      let state = sequence * d..<(sequence + 1) * d
      var dh = Array(dlastH[state]), dc = s.cell == .lstm ? Array(dlastC[state]) : []
      let order = s.order(sequence)
      for (index, row) in order.enumerated().reversed() {
        let before = index > 0 ? order[index - 1] : nil
        let h = before.map { Array(y[$0 * d..<($0 + 1) * d]) } ?? Array((initialH ?? none)[state])
        let at = { (gate: Int, j: Int) in gates[row * s.width + gate * d + j] }
        // What goes into the gates from the input and from h U + v.
        var dp = [[Double]](repeating: Array(repeating: 0, count: d), count: s.gates), du = dp
        var dBefore = [Double](repeating: 0, count: d)
        // What the columns of a gate were multiplied by.
        var factors = [[Double]](repeating: h, count: s.gates)
        for j in 0..<d {
          let g = dh[j] + dy[row * d + j]
          switch s.cell {
          case .lstm:
            let c = before.map { memory[$0 * d + j] } ?? (initialC ?? none)[state.lowerBound + j]
            let t = tanh(memory[row * d + j])
            let slope = g * at(3, j) * (1 - t * t) + dc[j]
            dp[0][j] = slope * at(2, j) * at(0, j) * (1 - at(0, j))
            dp[1][j] = slope * c * at(1, j) * (1 - at(1, j))
            dp[2][j] = slope * at(0, j) * (1 - at(2, j) * at(2, j))
            dp[3][j] = g * t * at(3, j) * (1 - at(3, j))
            dc[j] = slope * at(1, j)
          case .gru, .gruResetBefore:
            dp[2][j] = g * (1 - at(1, j)) * (1 - at(2, j) * at(2, j))
            dp[1][j] = g * (h[j] - at(2, j)) * at(1, j) * (1 - at(1, j))
            dBefore[j] = g * at(1, j)
          case .rnnTanh: dp[0][j] = g * (1 - at(0, j) * at(0, j))
          case .rnnReLU: dp[0][j] = at(0, j) > 0 || at(0, j).isNaN ? g : 0
          }
        }
        if s.cell == .gru {
          for j in 0..<d { dp[0][j] = dp[2][j] * memory[row * d + j] * at(0, j) * (1 - at(0, j)) }
        }
        if s.cell == .gruResetBefore {
          factors[2] = Array(memory[row * d..<(row + 1) * d])
          for i in 0..<d {
            let reset = (0..<d).reduce(0) { $0 + dp[2][$1] * weight[i * s.width + 2 * d + $1] }
            dBefore[i] += reset * at(0, i)
            dp[0][i] = reset * h[i] * at(0, i) * (1 - at(0, i))
          }
        }
        du = dp
        if s.cell == .gru { for j in 0..<d { du[2][j] = dp[2][j] * at(0, j) } }
        for gate in 0..<s.gates {
          for j in 0..<d {
            result.projected[row * s.width + gate * d + j] = dp[gate][j]
            result.bias[gate * d + j] += du[gate][j]
            for i in 0..<d {
              result.weight[i * s.width + gate * d + j] += factors[gate][i] * du[gate][j]
              if s.cell != .gruResetBefore || gate < 2 {
                dBefore[i] += du[gate][j] * weight[i * s.width + gate * d + j]
              }
            }
          }
        }
        dh = dBefore
      }
      result.initialH.replaceSubrange(state, with: dh)
      if s.cell == .lstm { result.initialC.replaceSubrange(state, with: dc) }
    }
    return result
  }
}
