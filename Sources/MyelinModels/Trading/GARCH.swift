import Foundation
import Myelin

/// GARCH(1,1) with a mean of 0 (T. Bollerslev, "Generalized autoregressive conditional heteroskedasticity", 1986): the
/// variance of the next change r is h(t) = ω + α r²(t − 1) + β h(t − 1), by the largest Gaussian likelihood.
struct GARCH: Codable, Hashable, Sendable {
  let omega: Double
  let alpha: Double
  let beta: Double
  /// The mean square of the changes that it was fitted to.
  let variance: Double

  var isConsistent: Bool {
    omega > 0 && alpha >= 0 && beta >= 0 && alpha + beta < 1 && variance > 0 && omega.isFinite && variance.isFinite
  }

  /// Fits it to changes, of which at least one is not 0.
  init(fitting changes: [Double]) {
    let squares = changes.map { $0 * $0 }
    let variance = max(squares.reduce(0, +) / Double(max(squares.count, 1)), 1e-12)
    let start = GARCH.first(squares)
    func candidate(_ p: [Double]) -> GARCH {
      // Any three numbers are a GARCH that does not explode.
      let persistence = 1 / (1 + exp(-p[1])), share = 1 / (1 + exp(-p[2]))
      return GARCH(
        omega: variance * exp(p[0]), alpha: persistence * share, beta: persistence * (1 - share), variance: variance)
    }
    func cost(_ p: [Double]) -> Double {
      let model = candidate(p)
      var (h, sum) = (model.omega + (model.alpha + model.beta) * start, 0.0)
      for square in squares {
        sum += log(h) + square / h
        h = model.omega + model.alpha * square + model.beta * h
      }
      return sum.isFinite && model.isConsistent ? sum / Double(max(squares.count, 1)) : .infinity
    }
    // Persistences from which the valley is reached; the best of them.
    let found = [3.0, 4.5, 1.5].map { persistence in
      GARCH.smallest(cost, from: [log(1 / (1 + exp(persistence))), persistence, -2.5])
    }
    self = candidate(found.min { cost($0) < cost($1) }!)
  }

  private init(omega: Double, alpha: Double, beta: Double, variance: Double) {
    (self.omega, self.alpha, self.beta, self.variance) = (omega, alpha, beta, variance)
  }

  /// The variance before the first change: the mean square of the first 75, the earlier the heavier.
  private static func first(_ squares: [Double]) -> Double {
    var (sum, total, weight) = (0.0, 0.0, 1.0)
    for square in squares.prefix(75) {
      sum += weight * square
      total += weight
      weight *= 0.94
    }
    return total == 0 ? 1e-12 : max(sum / total, 1e-12)
  }

  /// The variance of each change by those before it, and of the one after the last.
  func variances(of changes: [Double]) -> [Double] {
    var h = omega + (alpha + beta) * GARCH.first(changes.map { $0 * $0 })
    var result = [h]
    for change in changes {
      h = omega + alpha * change * change + beta * h
      result.append(h)
    }
    return result
  }

  /// J. Nelder and R. Mead, "A simplex method for function minimization", 1965.
  private static func smallest(_ cost: ([Double]) -> Double, from start: [Double]) -> [Double] {
    var corners =
      [start]
      + start.indices.map { index in
        var corner = start
        corner[index] += 0.5
        return corner
      }
    var costs = corners.map(cost)
    for _ in 0..<400 {
      let order = costs.indices.sorted { costs[$0] < costs[$1] }
      (corners, costs) = (order.map { corners[$0] }, order.map { costs[$0] })
      let worst = corners.count - 1
      if costs[worst] - costs[0] < 1e-10 { break }
      let center = start.indices.map { index in
        corners[..<worst].reduce(0) { $0 + $1[index] } / Double(worst)
      }
      func moved(_ factor: Double) -> [Double] {
        start.indices.map { center[$0] + factor * (corners[worst][$0] - center[$0]) }
      }
      func put(_ corner: [Double], _ cost: Double) { (corners[worst], costs[worst]) = (corner, cost) }
      let mirrored = moved(-1), atMirrored = cost(mirrored)
      if atMirrored < costs[0] {
        let far = moved(-2), atFar = cost(far)
        if atFar < atMirrored { put(far, atFar) } else { put(mirrored, atMirrored) }
      } else if atMirrored < costs[worst - 1] {
        put(mirrored, atMirrored)
      } else {
        let near = moved(0.5), atNear = cost(near)
        if atNear < costs[worst] {
          put(near, atNear)
        } else {
          for index in 1...worst {
            corners[index] = start.indices.map { (corners[0][$0] + corners[index][$0]) / 2 }
            costs[index] = cost(corners[index])
          }
        }
      }
    }
    return corners[costs.indices.min { costs[$0] < costs[$1] }!]
  }
}
