import Foundation
import Myelin
import MyelinCalculus

enum GradientsLesson {
  static let lesson = Lesson(
    "gradients", title: "Partial derivatives and the gradient",
    summary: "one variable at a time, ∇f, the direction of steepest ascent",
    options: [
      Lesson.Option("function", "2*x^2 + 4*y", "a function of x and y whose gradient is drawn"),
      Lesson.Option("at", "1,0.5", "the point (x, y)"),
    ]
  ) { try document($0) }

  private static func document(_ values: LessonValues) throws -> Document {
    let function = try values.formula("function", variables: ["x", "y"])
    let at = Vector(try values.numbers("at", count: 2, in: -1000...1000))
    let (x, y) = (at[0], at[1])
    let place = tuple(at.components)
    let value = function(at.components)
    let slope = gradient(at: at) { function($0) }
    guard value.isFinite else { throw LessonError("\(function) has no value at \(place)") }
    guard slope.components.allSatisfy(\.isFinite) else { throw LessonError("\(function) has no gradient at \(place)") }

    var page = Document("Partial derivatives and the gradient")
    page.text(
      "A function of several variables has a derivative for each: hold the others still and differentiate. "
        + "Together they are the gradient, a vector.")
    page.formula("∇f = (∂f/∂x, ∂f/∂y)")

    page.heading("x⁴y at \(place)")
    page.formula("∂/∂x (x⁴y) = 4x³y        y is held still", "∂/∂y (x⁴y) = x⁴          x is held still")
    let quartic = gradient(at: at) { pow($0[0], 4) * $0[1] }
    page.table(
      TextTable(
        ["", "formula", "by dual numbers"],
        rows: [
          ["∂/∂x", short(4 * pow(x, 3) * y, 10), short(quartic[0], 10)],
          ["∂/∂y", short(pow(x, 4), 10), short(quartic[1], 10)],
        ]))
    page.text(
      "A dual number gives ∂/∂x when x carries the ε and y does not, and the other way round for ∂/∂y: one evaluation "
        + "for each variable. Back-propagation gives all of them in one: that is why networks use it.")

    page.heading("∇f of 2x² + 4y")
    let plane = gradient(at: at) { 2 * $0[0] * $0[0] + 4 * $0[1] }
    page.formula("∇(2x² + 4y) = (4x, 4)", "at \(place): (4·\(factor(x)), 4) = \(tuple(plane.components))")

    page.heading("Where it points")
    if values.isGiven("function") { page.text("f(x, y) = `\(function)`") }
    page.text(
      "At \(place) f = \(short(value)) and ∇f = \(tuple(slope.components)), of magnitude \(short(slope.magnitude)). "
        + "Small steps of the same length 0.001 in several directions show what is special about it:")
    var table = TextTable(["direction", "change of f / 0.001", "∇f · direction"])
    let base = slope.direction ?? [1, 0]
    for (name, degrees) in [
      ("along ∇f", 0.0), ("45° from it", 45), ("at a right angle", 90), ("135° from it", 135), ("against ∇f", 180),
    ] {
      let turn = degrees * Double.pi / 180
      let direction: Vector = [
        base[0] * Foundation.cos(turn) - base[1] * Foundation.sin(turn),
        base[0] * Foundation.sin(turn) + base[1] * Foundation.cos(turn),
      ]
      let change = (function((at + 0.001 * direction).components) - value) / 0.001
      table.add([name, PlotNumber.fixed(change, decimals: 3), PlotNumber.fixed(slope.dot(direction), decimals: 3)])
    }
    page.table(table)
    page.text(
      "f rises fastest along the gradient, not at all across it, and falls fastest against it. Gradient descent walks "
        + "against it.")
    // As far as the longest arrow from an outer place.
    let (xs, ys) = ((x - 2.4)...(x + 2.4), (y - 2.4)...(y + 2.4))
    var plot = Plot(
      "Contours and gradients", summary: "Contour lines of the function; the arrows stand at right angles to them.",
      x: Plot.Axis("x", range: xs), y: Plot.Axis("y", range: ys), hasEqualUnits: true)
    plot.add(.field(x: xs, y: ys, resolution: 56) { function([$0, $1]) })
    var arrows: [(from: Plot.Point, to: Plot.Point)] = []
    let places = stride(from: -1.6, through: 1.6, by: 0.8)
    let gradients = places.flatMap { dx in
      places.map { dy -> (Vector, Vector) in
        let p = at + [dx, dy]
        return (p, gradient(at: p) { function($0) })
      }
    }
    let longest = gradients.map(\.1.magnitude).filter(\.isFinite).max() ?? 1
    for (p, g) in gradients where g.magnitude.isFinite && longest > 0 {
      let tip = p + (0.7 / longest) * g
      arrows.append((Plot.Point(p[0], p[1]), Plot.Point(tip[0], tip[1])))
    }
    plot.add(.vectors(arrows, label: "∇f", color: .series(1)))
    plot.add(.scatter([Plot.Point(x, y)], color: .text))
    page.figure(plot, caption: "The closer the contours, the longer the arrows, which stand at right angles to them.")
    page.tryThis([
      ("myelin learn gradients --at 2,-1", "another point"),
      ("myelin learn gradients --function \"x^2 + y^2\"", "a bowl: every arrow points away from its bottom"),
      ("myelin learn gradients --function \"sin(x) * cos(y)\" --at 0,0", "hills and hollows"),
    ])
    return page
  }
}
