import Foundation
import Myelin
import MyelinCalculus

enum GradientDescentLesson {
  static let lesson = Lesson(
    "gradient-descent", title: "Gradient descent",
    summary: "paths on a bowl, a valley and a saddle; the learning rate; momentum, Adam",
    options: [
      Lesson.Option("surface", "valley", "for momentum and Adam: bowl, valley, saddle, or a formula of x and y"),
      Lesson.Option("start", "-1.6,1.1", "where the paths begin"),
      Lesson.Option("eta", "0.02", "the learning rate of plain descent and momentum there"),
      Lesson.Option("adam", "0.1", "the learning rate of Adam there"),
      Lesson.Option("steps", "80", "how many steps"),
    ]
  ) { try document($0) }

  private struct Surface: Sendable {
    var name: String
    var function: @Sendable ([Dual]) -> Dual
  }

  private static let bowl = Surface(name: "x² + y²") { $0[0] * $0[0] + $0[1] * $0[1] }
  private static let valley = Surface(name: "x²/2 + 10y²") { $0[0] * $0[0] / 2 + 10 * $0[1] * $0[1] }
  private static let saddle = Surface(name: "x² − y² + y⁴/4") {
    $0[0] * $0[0] - $0[1] * $0[1] + pow($0[1], 4) / 4
  }

  private static func document(_ values: LessonValues) throws -> Document {
    let start = Vector(try values.numbers("start", count: 2, in: -100...100))
    let rate = try values.number("eta", in: 1e-6...10)
    let adamRate = try values.number("adam", in: 1e-6...10)
    let steps = try values.integer("steps", in: 1...2000)
    let surface = try chosen(values)
    let height = surface.function(start.components.map { Dual($0) }).value
    guard height.isFinite else { throw LessonError("\(surface.name) has no value at \(tuple(start.components))") }

    var page = Document("Gradient descent")
    page.text(
      "To go down, step against the gradient; how far is up to the learning rate η. Training a network is nothing else, "
        + "with the loss as the height and the weights as the place.")
    page.formula("x ← x − η ∇f(x)")

    page.heading("Too small, good, too large: the bowl x² + y²")
    page.text(
      "Each step multiplies x and y by 1 − 2η: below η = 0.5 the path comes down straight, between 0.5 and 1 it jumps "
        + "from side to side and still arrives, at 1 it jumps for ever, beyond it is thrown out.")
    var table = TextTable(["η", "1 − 2η", "steps", "f at the end", "outcome"])
    var heights = Plot(
      "Height after each step", summary: "Slow, fast and growing heights.", x: Plot.Axis("step"),
      y: Plot.Axis("f", scale: .logarithmic))
    for eta in [0.01, 0.1, 0.4, 0.95, 1.05] {
      let path = gradientDescent(from: [1.5, 1], learningRate: eta, steps: 40, tolerance: 1e-6, of: bowl.function)
      let grows = path.values[path.values.count - 1] > path.values[0]
      table.add([
        short(eta), short(1 - 2 * eta), String(path.steps), short(path.values[path.values.count - 1], 3),
        grows ? "thrown out" : path.outcome.rawValue,
      ])
      heights.add(.line(path.values, start: 0, label: "η = \(short(eta))"))
    }
    page.table(table)
    page.figures(
      [0.02, 0.3, 0.95].map { eta in
        picture(
          "η = \(short(eta))", bowl.function,
          [("", gradientDescent(from: [1.5, 1], learningRate: eta, steps: 40, tolerance: 1e-3, of: bowl.function))])
      } + [heights])

    page.heading("A narrow valley: x²/2 + 10y²")
    page.text(
      "The curvature is 1 along the valley and 20 across it. Across, η must stay below 2/20 = 0.1; along, the path "
        + "shrinks only by 1 − η a step. The ratio of the curvatures, 20, is what makes plain descent slow, and in "
        + "networks it is far larger.")
    page.figures(
      [0.02, 0.095].map { eta in
        picture(
          "valley, η = \(short(eta))", valley.function,
          [("", gradientDescent(from: [-1.6, 0.9], learningRate: eta, steps: 40, of: valley.function))])
      })

    page.heading("A saddle: x² − y² + y⁴/4")
    page.text(
      "Exactly on the ridge (y = 0) the path runs into the saddle and stays: the gradient there is 0. A hair beside it, "
        + "it lingers and then finds the way down to a minimum at y = ±√2.")
    let ridge = gradientDescent(from: [1.5, 0], learningRate: 0.1, steps: 100, tolerance: 1e-6, of: saddle.function)
    let beside = gradientDescent(
      from: [1.5, 1e-3], learningRate: 0.1, steps: 100, tolerance: 1e-6, of: saddle.function)
    page.table(
      TextTable(
        ["start", "steps", "end", "f"],
        rows: [ridge, beside].map { path in
          let end = path.points[path.points.count - 1]
          return [
            tuple(path.points[0].components), String(path.steps),
            tuple(end.components.map { ($0 * 1e4).rounded() / 1e4 }),
            short(path.values[path.values.count - 1], 4),
          ]
        }))
    page.figure(
      picture("saddle", saddle.function, [("beside it", beside), ("on the ridge", ridge)], dashed: "on the ridge"))

    page.heading("Momentum and Adam: \(surface.name)")
    page.formula(
      "momentum:  v ← 0.9 v + ∇f,   x ← x − η v",
      "Adam:      m ← 0.9 m + 0.1 ∇f,   s ← 0.999 s + 0.001 (∇f)²,",
      "           x ← x − η m̂ / √ŝ")
    page.text(
      "Momentum keeps some of its speed: sideways swings cancel and the way along the valley adds up. Adam divides each "
        + "coordinate by its recent size, so that a step is about η in each, whatever the curvature.")
    let paths: [(String, DescentPath)] = [
      ("plain", gradientDescent(from: start, learningRate: rate, steps: steps, tolerance: 1e-6, of: surface.function)),
      (
        "momentum",
        gradientDescent(
          from: start, learningRate: rate, rule: .momentum(), steps: steps, tolerance: 1e-6, of: surface.function)
      ),
      (
        "Adam",
        gradientDescent(
          from: start, learningRate: adamRate, rule: .adam(), steps: steps, tolerance: 1e-6, of: surface.function)
      ),
    ]
    page.table(
      TextTable(
        ["", "η", "steps", "end", "f at the end", "outcome"],
        rows: paths.map { name, path in
          [
            name, short(name == "Adam" ? adamRate : rate), String(path.steps),
            tuple(path.points[path.points.count - 1].components, 3),
            short(path.values[path.values.count - 1], 3), path.outcome.rawValue,
          ]
        }))
    var falls = Plot(
      "Height after each step", summary: "The height along the three paths.", x: Plot.Axis("step"), y: Plot.Axis("f"))
    for (index, (name, path)) in paths.enumerated() {
      falls.add(.line(path.values, start: 0, label: name, color: .series(index + 1)))
    }
    page.figures([picture(surface.name, surface.function, paths), falls])
    page.tryThis([
      ("myelin learn gradient-descent --eta 0.11", "over the edge of the valley"),
      ("myelin learn gradient-descent --surface saddle --start 1.5,0.01", "who leaves the ridge first?"),
      (
        "myelin learn gradient-descent --surface \"(1-x)^2 + 5*(y-x^2)^2\" --start -1,1.5 --eta 0.01 --steps 400",
        "a bent valley"
      ),
    ])
    return page
  }

  private static func chosen(_ values: LessonValues) throws -> Surface {
    switch values.text("surface") {
    case "bowl": return bowl
    case "valley": return valley
    case "saddle": return saddle
    default:
      let formula = try values.formula("surface", variables: ["x", "y"])
      return Surface(name: formula.description) { formula($0) }
    }
  }

  /// Contours of the surface, as far as the paths go, with the paths on them.
  private static func picture(
    _ title: String, _ function: ([Dual]) -> Dual, _ paths: [(name: String, path: DescentPath)],
    dashed: String? = nil
  ) -> Plot {
    let points = paths.flatMap(\.path.points).filter { $0.magnitude < 6 }
    func range(_ axis: Int) -> ClosedRange<Double> {
      let places = points.map { $0[axis] } + [-1.2, 1.2]
      let (low, high) = (places.min() ?? -1, places.max() ?? 1)
      return (low - 0.15 * (high - low))...(high + 0.15 * (high - low))
    }
    let (xs, ys) = (range(0), range(1))
    var plot = Plot(
      title, summary: "Contour lines of the surface and the paths of descent on them.", x: Plot.Axis("x", range: xs),
      y: Plot.Axis("y", range: ys), hasEqualUnits: true)
    let heights = Plot.sample(x: xs, y: ys, resolution: 56) { x, y in function([Dual(x), Dual(y)]).value }
    // Levels at equal shares of the area, not of the height, so that the floor of a valley has contours too.
    let sorted = heights.joined().filter(\.isFinite).sorted()
    let levels = sorted.isEmpty ? [] : (1..<9).map { sorted[$0 * (sorted.count - 1) / 9] }
    plot.add(.field(heights, x: xs, y: ys, levels: levels))
    for (index, (name, path)) in paths.enumerated() {
      let line = path.points.map { Plot.Point($0[0], $0[1]) }
      plot.add(
        .line(
          line, label: name.isEmpty ? nil : name, color: .series(index + 1), isDashed: name == dashed,
          showsPoints: path.steps <= 40))
    }
    if let first = paths.first?.path.points.first { plot.add(.text("start", at: Plot.Point(first[0], first[1]))) }
    return plot
  }
}
