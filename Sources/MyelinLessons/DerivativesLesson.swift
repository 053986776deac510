import Foundation
import Myelin
import MyelinCalculus

enum DerivativesLesson {
  static let lesson = Lesson(
    "derivatives", title: "Derivatives",
    summary: "the limit and where it breaks down, x⁵, the product rule, the tangent",
    options: [
      Lesson.Option("function", "(x^4 + 2) * cos(x)", "a function of x whose tangent is drawn"),
      Lesson.Option("at", "1", "the place x"),
    ]
  ) { try document($0) }

  private static func document(_ values: LessonValues) throws -> Document {
    let function = try values.formula("function", variables: ["x"])
    let x = try values.number("at", in: -1000...1000)
    let isDefault = !values.isGiven("function")
    let there = function([Dual(x, derivative: 1)])
    guard there.value.isFinite else { throw LessonError("\(function) has no value at x = \(short(x))") }
    guard there.derivative.isFinite else { throw LessonError("\(function) has no derivative at x = \(short(x))") }

    var page = Document("Derivatives")
    page.text(
      "The derivative of f at x says how fast f changes there: the slope of the tangent. It is what the quotient of "
        + "differences tends to as the step h shrinks:")
    page.formula("f′(x) = lim (f(x + h) − f(x)) / h   for h → 0")

    page.heading("The limit, watched: x⁵ at x = \(short(x))")
    let power = DifferenceQuotients(at: x) { pow($0, 5) }
    page.formula("(x⁵)′ = 5x⁴ = 5·\(factor(x))⁴ = \(short(5 * pow(x, 4), 10))")
    var table = TextTable(["h", "((x + h)⁵ − x⁵) / h", "error"])
    for row in power.rows {
      table.add([
        short(row.step), short(row.quotient, 12), PlotNumber.short(row.error, digits: 3).replacing("-", with: "−"),
      ])
    }
    page.table(table)
    if let best = power.best {
      page.text(
        "The error falls with h, down to \(short(best.error, 2)) at h = \(short(best.step)), and then **grows** again: "
          + "(x + h)⁵ and x⁵ then agree in so many digits that their difference is mostly rounding. Dual numbers "
          + "(x + ε with ε² = 0) carry the derivative along with the value and have no h: "
          + "they give \(short(power.exact, 12)).")
    }
    var errors = Plot(
      "Error of the quotient against h", summary: "The error falls in proportion to h, then rises like one over h.",
      x: Plot.Axis("h", scale: .logarithmic), y: Plot.Axis("error", scale: .logarithmic))
    errors.add(.line(power.rows.map { Plot.Point($0.step, $0.error) }, label: "x⁵", showsPoints: true))
    let sine = DifferenceQuotients(at: x) { sin($0) }
    errors.add(.line(sine.rows.map { Plot.Point($0.step, $0.error) }, label: "sin x", showsPoints: true))
    page.figure(errors)

    page.heading("The product rule")
    page.formula(
      "(u v)′ = u′ v + u v′", "u = x⁴ + 2,  u′ = 4x³        v = cos x,  v′ = −sin x",
      "((x⁴ + 2) cos x)′ = 4x³ cos x − (x⁴ + 2) sin x")
    let (u, v) = (pow(x, 4) + 2, Foundation.cos(x))
    let (du, dv) = (4 * pow(x, 3), -Foundation.sin(x))
    let dual = derivative(at: x) { (pow($0, 4) + 2) * cos($0) }
    page.table(
      TextTable(
        ["at x = \(short(x))", "value"],
        rows: [
          ["u = x⁴ + 2", short(u, 10)], ["u′ = 4x³", short(du, 10)], ["v = cos x", short(v, 10)],
          ["v′ = −sin x", short(dv, 10)], ["u′ v + u v′", short(du * v + u * dv, 10)],
          ["by dual numbers", short(dual, 10)],
        ]))

    page.heading("The tangent")
    let (y, slope) = (there.value, there.derivative)
    page.text("f(x) = `\(function)` at x = \(short(x)): f = \(short(y, 7)), f′ = \(short(slope, 7)).")
    page.formula("tangent: y = \(short(y)) + \(factor(slope))·(x − \(factor(x)))")
    var plot = Plot(
      isDefault ? "(x⁴ + 2) cos x and its tangent" : "\(function) and its tangent",
      summary: "The graph of the function with the line that touches it at the chosen place.", x: Plot.Axis("x"),
      y: Plot.Axis("y"))
    let range = (x - 1.25)...(x + 1.25)
    plot.add(.function(over: range, label: "f") { function([$0]) })
    plot.add(.function(over: (x - 0.8)...(x + 0.8), label: "tangent", isDashed: true) { y + slope * ($0 - x) })
    plot.add(.scatter([Plot.Point(x, y)], color: .text))
    page.figure(plot)
    page.text(
      "Near the point the tangent is the best straight line for f. Gradient descent trusts it for a small step "
        + "downhill, and back-propagation is how a network finds it.")
    page.tryThis([
      ("myelin learn derivatives --at 2", "the same function where it falls steeply"),
      ("myelin learn derivatives --function \"sin(x) / x\" --at 3", "the quotient rule at work"),
      ("myelin learn derivatives --function \"exp(-x^2)\" --at 0", "a flat place: f′ = 0"),
      ("myelin learn derivatives --function \"sqrt(x)\" --at -1", "outside the domain"),
    ])
    return page
  }
}
