import Foundation

extension Reference {
  /// Sizes and mask of an attention: queries [batch, queries, heads, d], keys and values [batch, keys, keyHeads, d].
  public struct Attention {
    public var batch: Int
    public var queries: Int
    public var keys: Int
    public var heads: Int
    public var keyHeads: Int
    public var headSize: Int
    public var scale: Double
    public var isCausal = false
    public var window = 0
    /// Keys of each sequence.
    public var lengths: [Int]?
    /// [heads, queries, keys], added to the scores.
    public var bias: [Double]?

    public init(
      batch: Int, queries: Int, keys: Int, heads: Int, keyHeads: Int, headSize: Int, scale: Double,
      isCausal: Bool = false, window: Int = 0, lengths: [Int]? = nil, bias: [Double]? = nil
    ) {
      (self.batch, self.queries, self.keys, self.heads) = (batch, queries, keys, heads)
      (self.keyHeads, self.headSize, self.scale, self.isCausal) = (keyHeads, headSize, scale, isCausal)
      (self.window, self.lengths, self.bias) = (window, lengths, bias)
    }

    /// Whether query i of sequence b sees key j: query i stands at place keys − queries + i.
    public func sees(_ b: Int, _ i: Int, _ j: Int) -> Bool {
      let place = keys - queries + i
      return j < (lengths?[b] ?? keys) && (!isCausal || j <= place) && (window == 0 || abs(j - place) < window)
    }

    private func queryPlace(_ b: Int, _ i: Int, _ h: Int) -> Int { ((b * queries + i) * heads + h) * headSize }
    private func keyPlace(_ b: Int, _ j: Int, _ h: Int) -> Int {
      ((b * keys + j) * keyHeads + h * keyHeads / heads) * headSize
    }

    private func forEachRow(_ body: (_ b: Int, _ i: Int, _ h: Int, _ seen: [Int]) -> Void) {
      for b in 0..<batch {
        for i in 0..<queries {
          for h in 0..<heads { body(b, i, h, (0..<keys).filter { sees(b, i, $0) }) }
        }
      }
    }

    private func scores(_ q: [Double], _ k: [Double], _ b: Int, _ i: Int, _ h: Int, _ seen: [Int]) -> [Double] {
      let query = queryPlace(b, i, h)
      return seen.map { j in
        let key = keyPlace(b, j, h)
        let product = (0..<headSize).map { q[query + $0] * k[key + $0] }.reduce(0, +)
        return scale * product + (bias?[(h * queries + i) * keys + j] ?? 0)
      }
    }

    /// y [batch, queries, heads, d] and the logarithms of the softmax's denominators [batch, heads, queries].
    public func forward(_ q: [Double], _ k: [Double], _ v: [Double]) -> (y: [Double], logSumExp: [Double]) {
      var y = [Double](repeating: 0, count: q.count)
      var sums = [Double](repeating: -.infinity, count: batch * heads * queries)
      forEachRow { b, i, h, seen in
        let scores = scores(q, k, b, i, h, seen)
        let sum = Reference.logSumExp(scores)
        sums[(b * heads + h) * queries + i] = sum
        guard sum != -.infinity else { return }
        for (j, score) in zip(seen, scores) {
          for e in 0..<headSize { y[queryPlace(b, i, h) + e] += exp(score - sum) * v[keyPlace(b, j, h) + e] }
        }
      }
      return (y, sums)
    }

    /// Gradients of q, k and v.
    public func backward(
      _ q: [Double], _ k: [Double], _ v: [Double], y: [Double], logSumExp: [Double], dy: [Double]
    ) -> (dq: [Double], dk: [Double], dv: [Double]) {
      var dq = [Double](repeating: 0, count: q.count)
      var (dk, dv) = ([Double](repeating: 0, count: k.count), [Double](repeating: 0, count: v.count))
      forEachRow { b, i, h, seen in
        let sum = logSumExp[(b * heads + h) * queries + i]
        guard sum != -.infinity else { return }
        let query = queryPlace(b, i, h)
        let delta = (0..<headSize).map { dy[query + $0] * y[query + $0] }.reduce(0, +)
        for (j, score) in zip(seen, scores(q, k, b, i, h, seen)) {
          let (key, p) = (keyPlace(b, j, h), exp(score - sum))
          let slope = p * ((0..<headSize).map { dy[query + $0] * v[key + $0] }.reduce(0, +) - delta) * scale
          for e in 0..<headSize {
            dv[key + e] += p * dy[query + e]
            dq[query + e] += slope * k[key + e]
            dk[key + e] += slope * q[query + e]
          }
        }
      }
      return (dq, dk, dv)
    }
  }

  /// Heads [.., d] of x [batch, steps, heads, d], the first `rotated` of each step normalised by their root mean square
  /// (`epsilon` nil: not) and turned by angles [steps, d / 2].
  public static func rotary(
    _ x: [Double], steps: Int, heads: Int, rotated: Int, headSize d: Int, epsilon: Double?, angles: [Double]?
  ) -> (y: [Double], inverseDeviation: [Double]) {
    var y = x
    var deviations: [Double] = []
    for at in stride(from: 0, to: x.count, by: max(d, 1)) where at / d % heads < rotated {
      var row = Array(x[at..<at + d])
      if let epsilon {
        let r = 1 / (row.map { $0 * $0 }.reduce(0, +) / Double(d) + epsilon).squareRoot()
        deviations.append(r)
        row = row.map { $0 * r }
      }
      if let angles {
        let step = at / d / heads % steps
        row = turned(row, Array(angles[step * d / 2..<(step + 1) * d / 2]))
      }
      y.replaceSubrange(at..<at + d, with: row)
    }
    return (y, deviations)
  }

  /// dx of ``rotary``.
  public static func rotaryBackward(
    _ x: [Double], dy: [Double], steps: Int, heads: Int, rotated: Int, headSize d: Int, epsilon: Double?,
    angles: [Double]?
  ) -> [Double] {
    var dx = dy
    for at in stride(from: 0, to: x.count, by: max(d, 1)) where at / d % heads < rotated {
      var g = Array(dy[at..<at + d])
      if let angles {
        let step = at / d / heads % steps
        g = turned(g, angles[step * d / 2..<(step + 1) * d / 2].map { -$0 })
      }
      if let epsilon {
        let row = Array(x[at..<at + d])
        let r = 1 / (row.map { $0 * $0 }.reduce(0, +) / Double(d) + epsilon).squareRoot()
        let mean = zip(g, row).map { $0 * $1 * r }.reduce(0, +) / Double(d)
        g = zip(g, row).map { r * ($0 - $1 * r * mean) }
      }
      dx.replaceSubrange(at..<at + d, with: g)
    }
    return dx
  }

  private static func turned(_ x: [Double], _ angles: [Double]) -> [Double] {
    let half = x.count / 2
    return x.indices.map { i in
      let angle = angles[i % half]
      return i < half
        ? x[i] * cos(angle) - x[i + half] * sin(angle) : x[i] * cos(angle) + x[i - half] * sin(angle)
    }
  }
}
