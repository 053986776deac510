import Foundation
import Myelin
import MyelinCalculus

/// Drawings without axes.
enum Diagrams {
  static var biologicalNeuron: Plot {
    var plot = blank(
      "A biological neuron", "Dendrites with synapses lead into the cell body; the axon leaves it and branches.")
    let soma = Plot.Point(3, 3)
    // Each dendrite forks twice on its way to the cell body.
    for (tip, fork) in [
      (Plot.Point(0.4, 5.4), Plot.Point(1.7, 4.3)), (Plot.Point(0.2, 4), Plot.Point(1.7, 4.3)),
      (Plot.Point(0.1, 2.6), Plot.Point(1.5, 2.4)), (Plot.Point(0.3, 1.2), Plot.Point(1.5, 2.4)),
      (Plot.Point(1.3, 0.5), Plot.Point(2.1, 1.6)),
    ] {
      // As far as the membrane.
      let length = hypot(fork.x - soma.x, fork.y - soma.y)
      let edge = Plot.Point(
        soma.x + 0.75 * (fork.x - soma.x) / length, soma.y + 0.75 * (fork.y - soma.y) / length)
      plot.add(.line([tip, fork, edge], color: .series(0)))
      plot.add(.scatter([tip], color: .series(1)))
    }
    plot.add(.line(circle(soma, 0.75), color: .series(2)))
    plot.add(.line([Plot.Point(3.75, 3), Plot.Point(7.6, 3)], color: .series(3)))
    for end in [Plot.Point(9.2, 4.6), Plot.Point(9.5, 3.4), Plot.Point(9.4, 2.2), Plot.Point(8.9, 1.2)] {
      plot.add(.line([Plot.Point(7.6, 3), end], color: .series(4)))
      plot.add(.scatter([end], color: .series(4)))
    }
    for (words, x, y, color) in [
      ("dendrites", 2.4, 5.2, 0), ("synapses", 2.5, 0.4, 1), ("cell body", 3.4, 4.1, 2), ("axon", 5.7, 3.35, 3),
      ("telodendria", 7.6, 5, 4),
    ] { plot.add(.text(words, at: Plot.Point(x, y), placement: .center, color: .series(color))) }
    return plot
  }

  static var artificialNeuron: Plot {
    var plot = blank("The perceptron", "Inputs times weights are summed, the bias is added, and a step decides.")
    let sum = Plot.Point(4, 3)
    for (index, y) in [5.2, 3.7, 0.8].enumerated() {
      let name = ["x₁", "x₂", "xₙ"][index]
      let from = Plot.Point(0.8, y)
      let length = hypot(sum.x - from.x, sum.y - y)
      let to = Plot.Point(sum.x - (sum.x - from.x) / length * 0.75, sum.y - (sum.y - y) / length * 0.75)
      plot.add(.vector(from: from, to: to, color: .series(0)))
      plot.add(.text(name, at: Plot.Point(0.4, y), placement: .center, color: .series(0)))
      let weight = Plot.Point(from.x + (to.x - from.x) * 0.35, from.y + (to.y - from.y) * 0.35)
      plot.add(.scatter([weight], color: .series(1)))
      plot.add(.text(["w₁", "w₂", "wₙ"][index], at: weight, color: .series(1)))
    }
    plot.add(.text("⋮", at: Plot.Point(0.4, 2.25), placement: .center, color: .series(0)))
    plot.add(.line(circle(sum, 0.75), color: .series(2)))
    plot.add(.text("Σ", at: sum, placement: .center, color: .series(2)))
    plot.add(.vector(from: Plot.Point(4, 1), to: Plot.Point(4, 2.25), color: .series(5)))
    plot.add(.text("b", at: Plot.Point(4, 0.65), placement: .center, color: .series(5)))
    plot.add(.vector(from: Plot.Point(4.75, 3), to: Plot.Point(6, 3), color: .series(3)))
    let box = [(6.0, 2.2), (7.6, 2.2), (7.6, 3.8), (6, 3.8), (6, 2.2)].map { Plot.Point($0.0, $0.1) }
    plot.add(.line(box, color: .series(3)))
    let step = [(6.2, 2.5), (6.8, 2.5), (6.8, 3.5), (7.4, 3.5)].map { Plot.Point($0.0, $0.1) }
    plot.add(.line(step, color: .series(3)))
    plot.add(.text("threshold θ", at: Plot.Point(6.8, 4.2), placement: .center, color: .series(3)))
    plot.add(.vector(from: Plot.Point(7.6, 3), to: Plot.Point(9.2, 3), color: .series(4)))
    plot.add(.text("y", at: Plot.Point(9.5, 3), placement: .center, color: .series(4)))
    return plot
  }

  /// Layers of neurons, every one joined to all of the next layer by a line with its weight. Of layers of more than 8
  /// neurons 8 are drawn, and of more than 5 the weights are left out: they could not be told apart.
  /// - Parameter weights: for each layer after the first a row for each neuron, with a number for each neuron of the layer
  ///   before.
  static func network(weights: [[[Double]]]) -> Plot {
    let sizes = [weights[0][0].count] + weights.map(\.count)
    var plot = blank(
      sizes.map(String.init).joined(separator: " – "),
      "A network with layers of \(sizes.map(String.init).joined(separator: ", ")) neurons, each joined to all of the next."
    )
    plot.yAxis.range = -0.7...6.7
    let shown = sizes.map { min(8, $0) }
    let showsWeights = (shown.max() ?? 0) <= 5
    func place(_ layer: Int, _ index: Int) -> Plot.Point {
      let count = shown[layer]
      let x = 1 + 7.6 * Double(layer) / Double(max(1, sizes.count - 1))
      return Plot.Point(x, 3 + (Double(count - 1) / 2 - Double(index)) * min(2, 5 / Double(max(1, count - 1))))
    }
    func name(_ layer: Int, _ index: Int) -> String {
      let letter = layer == 0 ? "x" : layer < sizes.count - 1 ? "h" : "y"
      return sizes[layer] == 1 ? letter : letter + String(index + 1).subscripted
    }
    for layer in weights.indices {
      for from in 0..<shown[layer] {
        for to in 0..<shown[layer + 1] {
          plot.add(.line([place(layer, from), place(layer + 1, to)], color: .series(5)))
        }
      }
    }
    for layer in sizes.indices {
      let points = (0..<shown[layer]).map { place(layer, $0) }
      plot.add(.scatter(points, color: .series([0, 2, 1][min(layer, 2)])))
      for (index, point) in points.enumerated() {
        // Clear of the lines: before the inputs, above or below the hidden neurons, behind the outputs.
        let isLow = 2 * index >= shown[layer]
        let (dx, dy) = layer == 0 ? (-0.6, 0.0) : layer < sizes.count - 1 ? (0, isLow ? -0.5 : 0.5) : (0.5, 0)
        plot.add(.text(name(layer, index), at: Plot.Point(point.x + dx, point.y + dy), placement: .center))
      }
    }
    guard showsWeights else { return plot }
    for layer in weights.indices {
      for from in 0..<shown[layer] {
        for to in 0..<shown[layer + 1] {
          plot.add(
            .text(
              short(weights[layer][to][from], 3), at: place(layer, from), placement: .along(place(layer + 1, to))))
        }
      }
    }
    return plot
  }

  private static func blank(_ title: String, _ summary: String) -> Plot {
    var plot = Plot(
      title, summary: summary, x: Plot.Axis(range: -0.4...10), y: Plot.Axis(range: -0.2...6), hasEqualUnits: true)
    plot.hasAxes = false
    return plot
  }

  static func circle(_ middle: Plot.Point, _ radius: Double) -> [Plot.Point] {
    (0...48).map { step in
      let angle = Double(step) / 48 * 2 * Double.pi
      return Plot.Point(middle.x + radius * Foundation.cos(angle), middle.y + radius * Foundation.sin(angle))
    }
  }
}
