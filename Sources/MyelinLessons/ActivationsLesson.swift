import Foundation
import Myelin
import MyelinCalculus

enum ActivationsLesson {
  static let lesson = Lesson(
    "activations", title: "Activation functions",
    summary: "value, derivative, range, where they saturate; σ′ step by step; dead ReLU; softmax",
    options: [
      Lesson.Option("at", "0.5", "where σ′ is worked out and the table is filled in"),
      Lesson.Option("slope", "0.1", "the slope of the leaky ReLU"),
      Lesson.Option("logits", "2,1,-1", "three numbers for softmax"),
    ]
  ) { try document($0) }

  private static func document(_ values: LessonValues) throws -> Document {
    let x = try values.number("at", in: -30...30)
    let slope = try values.number("slope", in: 0...1)
    let logits = try values.numbers("logits", count: 3, in: -1000...1000)
    let functions: [ScalarActivation] = [
      .step, .sigmoid, .tanh, .relu, .leakyReLU(slope: slope), .parametricReLU(slope: 0.25), .randomizedReLU(),
    ]

    var page = Document("Activation functions")
    page.text(
      "After its sum a neuron applies a function that is not a straight line. Without one, layers of sums collapse into "
        + "a single sum, and no depth would help.")
    var table = TextTable(["name", "f(x)", "f′(x)", "range", "f(\(short(x)))", "f′(\(short(x)))"])
    for function in functions {
      table.add([
        function.name, function.formula, function.derivativeFormula, function.range, short(function(x)),
        short(function.derivative(at: x)),
      ])
    }
    page.table(table)
    page.figures(functions.map(picture), caption: "Solid: the function. Dashed: its derivative.")

    page.heading("Where they saturate")
    page.text(
      "Where the derivative is nearly 0, an error hardly reaches the weights behind it. Below are the places beyond which "
        + "it stays under 1% of its largest value.")
    var saturation = TextTable(["name", "largest f′", "saturates below", "saturates above"])
    for function in functions {
      let ends = function.saturation()
      let largest = (0...400).map { function.derivative(at: Double($0) / 20 - 10) }.max() ?? 0
      saturation.add([
        function.name, short(largest), ends.below.map { short(rounded($0), 4) } ?? "–",
        ends.above.map { short(rounded($0), 4) } ?? "–",
      ])
    }
    page.table(saturation)
    page.text(
      "The step has derivative 0 everywhere: gradient descent cannot use it. σ′ is at most 1/4, so a signal that goes "
        + "back through ten sigmoid layers shrinks at least by 4¹⁰ = \(short(pow(4, 10), 7)).")

    sigmoidDerivative(&page, x)
    deadReLU(&page, slope)
    softmaxSection(&page, logits)
    page.tryThis([
      ("myelin learn activations --at 6", "a saturated sigmoid"),
      ("myelin learn activations --slope 0", "what is left of the leaky ReLU?"),
      ("myelin learn activations --logits 1000,999,0", "no overflow"),
    ])
    return page
  }

  private static func rounded(_ value: Double) -> Double { (value * 1e3).rounded() / 1e3 }

  private static func picture(_ function: ScalarActivation) -> Plot {
    var plot = Plot(
      function.name, summary: "\(function.name) and its derivative from −5 to 5.", x: Plot.Axis("x"), y: Plot.Axis())
    if case .step = function {
      // Two pieces: the graph has no upright part.
      plot.add(
        .line(
          [Plot.Point(-5, 0), Plot.Point(0, 0), Plot.Point(.nan, 0), Plot.Point(0, 1), Plot.Point(5, 1)], label: "f"))
    } else {
      plot.add(.function(over: -5...5, label: "f") { function($0) })
    }
    let derivative = { (x: Double) in function.derivative(at: x) }
    plot.add(
      .line(
        stride(from: -5.0, through: 5, by: 0.05).flatMap { x -> [Plot.Point] in
          let jumps = abs(derivative(x + 0.05) - derivative(x)) > 0.4
          return [Plot.Point(x, derivative(x))] + (jumps ? [Plot.Point(.nan, 0)] : [])
        }, label: "f′", isDashed: true))
    return plot
  }

  private static func sigmoidDerivative(_ page: inout Document, _ x: Double) {
    page.heading("σ′ = σ(1 − σ), step by step")
    page.text("σ(x) = 1 / (1 + e⁻ˣ) is three simple functions, one inside the other:")
    page.formula(
      "p = −x          dp/dx = −1", "q = 1 + eᵖ      dq/dp = eᵖ", "f = 1/q         df/dq = −1/q²",
      "σ′ = df/dq · dq/dp · dp/dx = (−1/q²) · eᵖ · (−1) = e⁻ˣ / (1 + e⁻ˣ)²")
    page.text("With 1/(1 + e⁻ˣ) = σ and e⁻ˣ/(1 + e⁻ˣ) = 1 − σ this is σ(1 − σ). In numbers, at x = \(short(x)):")
    let p = -x
    let q = 1 + Foundation.exp(p)
    let s = sigmoid(x)
    let product = (-1 / (q * q)) * Foundation.exp(p) * -1
    page.table(
      TextTable(
        ["step", "value", "derivative", "value of the derivative"],
        rows: [
          ["p = −x", short(p, 8), "−1", "−1"],
          ["q = 1 + eᵖ", short(q, 8), "eᵖ", short(Foundation.exp(p), 8)],
          ["f = 1/q", short(1 / q, 8), "−1/q²", short(-1 / (q * q), 8)],
          ["product of the three", "", "σ′", short(product, 8)],
          ["σ(1 − σ)", short(s, 8), "σ′", short(s * (1 - s), 8)],
          ["by dual numbers", short(s, 8), "σ′", short(derivative(at: x) { sigmoid($0) }, 8)],
        ]))
  }

  /// One neuron whose sum is negative for all of its inputs, trained by gradient descent with ReLU and with leaky ReLU.
  private static func deadReLU(_ page: inout Document, _ slope: Double) {
    page.heading("A dead ReLU")
    let samples: [(x: Double, y: Double)] = [(0.5, 1), (1, 2), (1.5, 3)]
    let start: Vector = [0.5, -2]
    func loss(_ v: [Dual], _ slope: Double) -> Dual {
      var sum: Dual = 0
      for (x, y) in samples {
        let error = leakyReLU(v[0] * x + v[1], slope: slope) - y
        sum = sum + error * error
      }
      return sum
    }
    page.text(
      "A neuron max(0, w·x + b) with w = \(short(start[0])), b = \(short(start[1])) is to give 1, 2, 3 for "
        + "x = 0.5, 1, 1.5. Its sums are \(tuple(samples.map { start[0] * $0.x + start[1] })): all negative, so it "
        + "gives 0 for every input, its derivative is 0 for every input, and so is the gradient.")
    let leak = slope > 0 ? slope : 0.1
    var plot = Plot(
      "Squared error while training", summary: "The ReLU neuron's error stays where it is; the leaky one's falls.",
      x: Plot.Axis("step"), y: Plot.Axis("error"))
    var table = TextTable(["", "gradient at the start", "error at the start", "after 300 steps", "w, b after"])
    for (name, slope) in [("ReLU", 0.0), ("leaky ReLU, slope \(short(leak))", leak)] {
      let path = gradientDescent(from: start, learningRate: 0.05, steps: 300, tolerance: -1) { loss($0, slope) }
      let first = gradient(at: start) { loss($0, slope) }
      table.add([
        name, tuple(first.components, 3), short(path.values[0], 4), short(path.values[path.values.count - 1], 3),
        tuple(path.points[path.points.count - 1].components, 4),
      ])
      plot.add(.line(path.values, start: 0, label: name))
    }
    page.table(table)
    page.figure(plot)
    page.text("It is dead: no step will ever change it. A slope on the negative side lets it come back.")
  }

  private static func softmaxSection(_ page: inout Document, _ logits: [Double]) {
    page.heading("Softmax")
    page.text("For a choice among classes, softmax turns any numbers (logits) into probabilities:")
    page.formula("pᵢ = exp(xᵢ) / (exp(x₁) + … + exp(xₙ))")
    let p = softmax(logits)
    var table = TextTable(["class", "x", "p"])
    for (index, (x, p)) in zip(logits, p).enumerated() { table.add([String(index + 1), short(x), short(p, 6)]) }
    table.add(["sum", "", short(p.reduce(0, +), 12)])
    page.table(table)
    let slopes = jacobian(at: Vector(logits)) { softmax($0) }
    page.text("Each probability depends on every logit, so its derivative is a matrix; each of its rows sums to 0:")
    page.formula("∂pᵢ/∂xⱼ = pᵢ(1 − pᵢ) for i = j, else −pᵢ pⱼ")
    page.table(
      TextTable(
        ["", "∂/∂x₁", "∂/∂x₂", "∂/∂x₃"],
        rows: slopes.enumerated().map { index, row in
          ["p" + String(index + 1).subscripted] + row.map { short($0, 5) }
        }))
    let shifted = softmax(logits.map { $0 + 100 })
    page.text(
      "Adding 100 to every logit changes the probabilities by at most "
        + "\(short(zip(p, shifted).map { abs($0 - $1) }.max() ?? 0, 2)): only differences count, so subtracting the "
        + "largest first avoids overflow.")
    let two = softmax(Array(logits.prefix(2)))
    page.text("With two classes softmax is the sigmoid of the difference:")
    page.formula(
      "softmax(\(short(logits[0])), \(short(logits[1])))₁ = \(short(two[0], 10))",
      "σ(\(short(logits[0])) − \(factor(logits[1]))) = \(short(sigmoid(logits[0] - logits[1]), 10))")
  }
}
