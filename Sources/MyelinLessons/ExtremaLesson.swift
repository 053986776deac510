import Foundation
import Myelin
import MyelinCalculus

enum ExtremaLesson {
  static let lesson = Lesson(
    "extrema", title: "Minima, maxima and saddles", summary: "critical points and the second-derivative tests",
    options: [
      Lesson.Option("function", "x^3 - 3*x", "a function of x, or of x and y, to search"),
      Lesson.Option("from", "-3", "where the search begins, in each variable"),
      Lesson.Option("to", "3", "where it ends"),
    ]
  ) { try document($0) }

  private struct Example: Sendable {
    var name: String
    var comment: String
    var function: @Sendable ([HyperDual]) -> HyperDual
  }

  private static let ofOneVariable: [Example] = [
    Example(name: "x² − 2x", comment: "") { $0[0] * $0[0] - 2 * $0[0] },
    Example(name: "4x − x²", comment: "") { 4 * $0[0] - $0[0] * $0[0] },
    Example(name: "x³ − 3x", comment: "") { pow($0[0], 3) - 3 * $0[0] },
    Example(name: "x³", comment: "neither: it rises on both sides") { pow($0[0], 3) },
    Example(name: "x⁴", comment: "a minimum all the same") { pow($0[0], 4) },
    Example(name: "−x⁴", comment: "a maximum all the same") { -pow($0[0], 4) },
  ]

  private static let ofTwoVariables: [Example] = [
    Example(name: "x² + y²", comment: "") { $0[0] * $0[0] + $0[1] * $0[1] },
    Example(name: "−x² − y²", comment: "") { -$0[0] * $0[0] - $0[1] * $0[1] },
    Example(name: "x² − y²", comment: "") { $0[0] * $0[0] - $0[1] * $0[1] },
    Example(name: "x³ − 3x + y³ − 3y", comment: "all kinds") {
      pow($0[0], 3) - 3 * $0[0] + pow($0[1], 3) - 3 * $0[1]
    },
    Example(name: "x⁴ + y⁴", comment: "a minimum all the same") { pow($0[0], 4) + pow($0[1], 4) },
    Example(name: "x³ − 3xy²", comment: "a saddle for a monkey: three ways down") {
      pow($0[0], 3) - 3 * $0[0] * $0[1] * $0[1]
    },
  ]

  /// Starting points for Newton: a grid that misses the axes of symmetry.
  private static func starts(_ range: ClosedRange<Double>) -> [Vector] {
    let places = [0.08, 0.29, 0.47, 0.66, 0.93].map { range.lowerBound + $0 * (range.upperBound - range.lowerBound) }
    return places.flatMap { x in places.map { Vector([x, $0]) } }
  }

  private static func document(_ values: LessonValues) throws -> Document {
    let function = try values.formula("function", variables: ["x", "y"])
    let (low, high) = (
      try values.number("from", in: -1000...1000), try values.number("to", in: -1000...1000)
    )
    guard low < high else {
      throw LessonError("--from \(short(low)) --to \(short(high)): expected the first below the second")
    }
    let range = low...high

    var page = Document("Minima, maxima and saddles")
    page.text(
      "At the lowest and highest places of a smooth function its derivative is zero: such places are critical points. "
        + "Training a network is the search for a low one. Which kind a critical point is, the second derivative says.")
    page.heading("One variable")
    page.formula(
      "f′(x) = 0 and f″(x) > 0: minimum    f′(x) = 0 and f″(x) < 0: maximum",
      "f′(x) = 0 and f″(x) = 0: the test is undecided")
    var table = TextTable(["f", "x", "f(x)", "f″(x)", "the test says", "besides"])
    for example in ofOneVariable {
      for point in criticalPoints(in: -3...3.2, of: { example.function([$0]) }) {
        table.add([
          example.name, rounded(point.position[0]), rounded(point.value), rounded(point.discriminant ?? 0),
          point.kind.rawValue, example.comment,
        ])
      }
    }
    page.table(table)
    page.text(
      "Where f″ is 0 look at f′ on both sides, or at higher derivatives: x³, x⁴ and −x⁴ all have f′ = f″ = 0 at 0.")

    page.heading("Two variables")
    page.formula(
      "r = ∂²f/∂x²    s = ∂²f/∂x∂y    t = ∂²f/∂y²",
      "rt − s² > 0 and r > 0: minimum    rt − s² > 0 and r < 0: maximum",
      "rt − s² < 0: saddle               rt − s² = 0: the test is undecided")
    var second = TextTable(["f", "(x, y)", "r", "s", "t", "rt − s²", "the test says", "besides"])
    for example in ofTwoVariables {
      for point in sorted(criticalPoints(from: starts(-2.6...2.9), of: example.function)) {
        second.add(row(example.name, point) + [example.comment])
      }
    }
    page.table(second)
    let saddle = field("x² − y²: a saddle", -2...2) { $0 * $0 - $1 * $1 }
    var hills = field("x³ − 3x + y³ − 3y", -2...2) { x, y in x * x * x - 3 * x + y * y * y - 3 * y }
    mark(&hills, criticalPoints(from: starts(-2.6...2.9), of: ofTwoVariables[3].function))
    page.figure(saddle, hills, caption: "Along x the saddle is a minimum, along y a maximum.")
    page.text(
      "With more variables the signs of the eigenvalues of the matrix of second derivatives (the Hessian) decide: all "
        + "positive is a minimum, all negative a maximum, both a saddle. A network has millions of variables, and most "
        + "of its critical points are saddles.")

    page.heading("Your function: \(function)")
    if function.uses("y") {
      try searchTwo(&page, function, range)
    } else {
      try searchOne(&page, function, range)
    }
    page.tryThis([
      ("myelin learn extrema --function \"sin(x)\" --from 0 --to 10", "one after the other"),
      ("myelin learn extrema --function \"x^2*y - x - y^2\"", "two variables"),
      ("myelin learn extrema --function \"(1-x)^2 + 100*(y-x^2)^2\"", "Rosenbrock's valley"),
      ("myelin learn extrema --function \"exp(x)\"", "none at all"),
    ])
    return page
  }

  private static func searchOne(
    _ page: inout Document, _ function: Formula, _ range: ClosedRange<Double>
  ) throws {
    let samples = (0...200).map { range.lowerBound + Double($0) / 200 * (range.upperBound - range.lowerBound) }
    guard samples.contains(where: { function([$0, 0]).isFinite }) else {
      throw LessonError("\(function) has no value from \(short(range.lowerBound)) to \(short(range.upperBound))")
    }
    let points = criticalPoints(in: range) { function([$0, 0]) }
    page.text(
      points.isEmpty
        ? "It has no critical point from \(short(range.lowerBound)) to \(short(range.upperBound))."
        : "Critical points from \(short(range.lowerBound)) to \(short(range.upperBound)), found where f′ changes sign "
          + "and closed in on by Newton's method:")
    if !points.isEmpty {
      page.table(
        TextTable(
          ["x", "f(x)", "f″(x)", "kind"],
          rows: points.prefix(30).map {
            [rounded($0.position[0]), rounded($0.value), rounded($0.discriminant ?? 0), $0.kind.rawValue]
          }))
    }
    var plot = Plot(
      function.description, summary: "The function and its derivative, with the critical points marked.",
      x: Plot.Axis("x"), y: Plot.Axis("y"))
    plot.add(.function(over: range, label: "f") { function([$0, 0]) })
    plot.add(
      .function(over: range, label: "f′", isDashed: true) { x in derivative(at: x) { function([$0, 0]) } })
    plot.add(.horizontal(0))
    for (kind, color) in kinds {
      let marked = points.filter { $0.kind == kind }
      if !marked.isEmpty {
        plot.add(
          .scatter(marked.map { Plot.Point($0.position[0], $0.value) }, label: kind.rawValue, color: .series(color)))
      }
    }
    page.figure(plot, caption: "f′ crosses zero exactly where f turns.")
  }

  private static func searchTwo(
    _ page: inout Document, _ function: Formula, _ range: ClosedRange<Double>
  ) throws {
    let points = sorted(criticalPoints(from: starts(range)) { function($0) })
    var plot = field(function.description, range) { function([$0, $1]) }
    guard starts(range).contains(where: { function($0.components).isFinite }) else {
      throw LessonError(
        "\(function) has no value with x and y from \(short(range.lowerBound)) to \(short(range.upperBound))")
    }
    page.text(
      points.isEmpty
        ? "Newton's method on the gradient reaches no critical point from 25 places between "
          + "\(short(range.lowerBound)) and \(short(range.upperBound))."
        : "Newton's method on the gradient, from 25 places between \(short(range.lowerBound)) and "
          + "\(short(range.upperBound)) in each variable, reaches:")
    if !points.isEmpty {
      page.table(
        TextTable(
          ["(x, y)", "r", "s", "t", "rt − s²", "kind"],
          rows: points.map { Array(row("", $0).dropFirst()) }))
    }
    mark(&plot, points)
    page.figure(plot)
  }

  private static let kinds: [(CriticalPoint.Kind, Int)] = [
    (.minimum, 2), (.maximum, 1), (.saddle, 3), (.undecided, 4),
  ]

  private static func field(
    _ title: String, _ range: ClosedRange<Double>, _ value: (Double, Double) -> Double
  ) -> Plot {
    var plot = Plot(
      title, summary: "Contour lines: the darker, the higher.", x: Plot.Axis("x", range: range),
      y: Plot.Axis("y", range: range), hasEqualUnits: true)
    plot.add(.field(x: range, y: range, resolution: 64, value))
    return plot
  }

  private static func mark(_ plot: inout Plot, _ points: [CriticalPoint]) {
    for (kind, color) in kinds {
      let places = points.filter { $0.kind == kind }.map { Plot.Point($0.position[0], $0.position[1]) }
      if !places.isEmpty { plot.add(.scatter(places, label: kind.rawValue, color: .series(color))) }
    }
  }

  private static func row(_ name: String, _ point: CriticalPoint) -> [String] {
    let h = point.hessian
    return [
      name, "(" + point.position.components.map(rounded).joined(separator: ", ") + ")", rounded(h[0][0]),
      rounded(h[0][1]), rounded(h[1][1]), rounded(point.discriminant ?? 0), point.kind.rawValue,
    ]
  }

  private static func sorted(_ points: [CriticalPoint]) -> [CriticalPoint] {
    points.sorted { a, b in
      let (p, q) = (
        a.position.components.map { ($0 * 1e4).rounded() }, b.position.components.map { ($0 * 1e4).rounded() }
      )
      return p.lexicographicallyPrecedes(q)
    }
  }

  /// To four decimals: what is left of an iteration below that is not worth reading.
  private static func rounded(_ value: Double) -> String {
    guard abs(value) < 1e9 else { return short(value) }
    let cut = (value * 1e4).rounded() / 1e4
    return short(cut == 0 ? 0 : cut, 8)
  }
}
