import Foundation
import Myelin

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
      plot.add(.line([tip, fork, soma], color: .series(0)))
      plot.add(.scatter([tip], color: .series(1)))
    }
    plot.add(.line(circle(soma, 0.75), color: .series(2)))
    plot.add(.line([Plot.Point(3.75, 3), Plot.Point(7.6, 3)], color: .series(3)))
    for end in [Plot.Point(9.2, 4.6), Plot.Point(9.5, 3.4), Plot.Point(9.4, 2.2), Plot.Point(8.9, 1.2)] {
      plot.add(.line([Plot.Point(7.6, 3), end], color: .series(4)))
      plot.add(.scatter([end], color: .series(4)))
    }
    plot.add(.text("dendrites", at: Plot.Point(1.5, 5), color: .series(0)))
    plot.add(.text("synapses", at: Plot.Point(1.4, 0.1), color: .series(1)))
    plot.add(.text("cell body", at: Plot.Point(2.6, 4.1), color: .series(2)))
    plot.add(.text("axon", at: Plot.Point(5, 3.1), color: .series(3)))
    plot.add(.text("telodendria", at: Plot.Point(7.2, 5), color: .series(4)))
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
      plot.add(.text(name, at: Plot.Point(-0.1, y - 0.1), color: .series(0)))
      let weight = Plot.Point(from.x + (to.x - from.x) * 0.35, from.y + (to.y - from.y) * 0.35)
      plot.add(.scatter([weight], color: .series(1)))
      plot.add(.text(["w₁", "w₂", "wₙ"][index], at: weight, color: .series(1)))
    }
    plot.add(.text("⋮", at: Plot.Point(-0.1, 2.1), color: .series(0)))
    plot.add(.line(circle(sum, 0.75), color: .series(2)))
    plot.add(.text("Σ", at: Plot.Point(3.75, 2.7), color: .series(2)))
    plot.add(.vector(from: Plot.Point(4, 1), to: Plot.Point(4, 2.25), color: .series(5)))
    plot.add(.text("b", at: Plot.Point(3.9, 0.5), color: .series(5)))
    plot.add(.vector(from: Plot.Point(4.75, 3), to: Plot.Point(6, 3), color: .series(3)))
    let box = [(6.0, 2.2), (7.6, 2.2), (7.6, 3.8), (6, 3.8), (6, 2.2)].map { Plot.Point($0.0, $0.1) }
    plot.add(.line(box, color: .series(3)))
    let step = [(6.2, 2.5), (6.8, 2.5), (6.8, 3.5), (7.4, 3.5)].map { Plot.Point($0.0, $0.1) }
    plot.add(.line(step, color: .series(3)))
    plot.add(.text("threshold θ", at: Plot.Point(5.6, 4), color: .series(3)))
    plot.add(.vector(from: Plot.Point(7.6, 3), to: Plot.Point(9.2, 3), color: .series(4)))
    plot.add(.text("y", at: Plot.Point(9.1, 3.1), color: .series(4)))
    return plot
  }

  /// Layers of neurons, every one joined to all of the next layer. Layers of more than 8 are drawn with 8.
  static func network(_ sizes: [Int], names: [[String]]) -> Plot {
    var plot = blank(
      sizes.map(String.init).joined(separator: " – "),
      "A network with layers of \(sizes.map(String.init).joined(separator: ", ")) neurons, each joined to all of the next."
    )
    func place(_ layer: Int, _ index: Int, of count: Int) -> Plot.Point {
      let x = 0.8 + 8 * Double(layer) / Double(max(1, sizes.count - 1))
      return Plot.Point(x, 3 + (Double(count - 1) / 2 - Double(index)) * min(2, 5 / Double(max(1, count - 1))))
    }
    let shown = sizes.map { min(8, $0) }
    for layer in 0..<(sizes.count - 1) {
      for from in 0..<shown[layer] {
        for to in 0..<shown[layer + 1] {
          let (a, b) = (place(layer, from, of: shown[layer]), place(layer + 1, to, of: shown[layer + 1]))
          plot.add(.line([a, b], color: .series(5)))
        }
      }
    }
    for layer in sizes.indices {
      let points = (0..<shown[layer]).map { place(layer, $0, of: shown[layer]) }
      plot.add(.scatter(points, color: .series([0, 2, 1][min(layer, 2)])))
      for (point, name) in zip(points, names[layer]) {
        // Clear of the lines: before the inputs, above the hidden neurons, behind the outputs.
        let at =
          layer == 0
          ? Plot.Point(point.x - 0.9, point.y - 0.25)
          : layer < sizes.count - 1 ? Plot.Point(point.x - 0.3, point.y + 0.1) : Plot.Point(point.x, point.y - 0.25)
        plot.add(.text(name, at: at))
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
