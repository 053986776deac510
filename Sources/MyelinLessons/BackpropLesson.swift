import Myelin
import MyelinCalculus

enum BackpropLesson {
  static let lesson = Lesson(
    "backprop", title: "Back-propagation", summary: "the chain rule through two weights, factor by factor",
    options: [
      Lesson.Option("weights", "0.8,-1.4", "w₁ and w₂"),
      Lesson.Option("input", "1.5", "a₀"),
      Lesson.Option("target", "1", "y"),
      Lesson.Option("eta", "2", "the learning rate η"),
      Lesson.Option("steps", "40", "how many updates"),
    ]
  ) { try document($0) }

  private static func document(_ values: LessonValues) throws -> Document {
    let weights = try values.numbers("weights", count: 2, in: -20...20)
    let input = try values.number("input", in: -20...20)
    let target = try values.number("target", in: -10...10)
    let rate = try values.number("eta", in: 1e-6...1000)
    let steps = try values.integer("steps", in: 1...5000)
    let chain = ScalarChain(weights: weights, input: input, target: target)
    let forward = chain.forward()

    var page = Document("Back-propagation")
    page.text(
      "How does the error change when a weight changes? Back-propagation answers that for all weights in one pass from "
        + "the error back to the inputs. The smallest network that shows it has one neuron in each of two layers:")
    page.formula("z₁ = w₁ a₀    a₁ = σ(z₁)    z₂ = w₂ a₁    a₂ = σ(z₂)    E = (y − a₂)²")
    page.heading("Forward")
    page.formula(
      "a₀ = \(short(input))    w₁ = \(short(weights[0]))    w₂ = \(short(weights[1]))    y = \(short(target))",
      "z₁ = \(factor(weights[0]))·\(factor(input)) = \(short(forward.sums[0], 8))",
      "a₁ = σ(z₁) = \(short(forward.outputs[1], 8))",
      "z₂ = \(factor(weights[1]))·\(short(forward.outputs[1], 8)) = \(short(forward.sums[1], 8))",
      "a₂ = σ(z₂) = \(short(forward.outputs[2], 8))",
      "E  = (\(short(target)) − \(short(forward.outputs[2], 8)))² = \(short(forward.error, 8))")

    page.heading("Backward, factor by factor")
    page.text(
      "E depends on w₂ through z₂ and a₂, and on w₁ through z₁, a₁, z₂ and a₂. The chain rule multiplies the local "
        + "derivatives along the way, and σ′(z) = a(1 − a) needs only what the forward pass has left behind.")
    page.formula(
      "∂E/∂w₂ = ∂E/∂a₂ · ∂a₂/∂z₂ · ∂z₂/∂w₂", "∂E/∂w₁ = ∂E/∂a₂ · ∂a₂/∂z₂ · ∂z₂/∂a₁ · ∂a₁/∂z₁ · ∂z₁/∂w₁")
    for layer in [2, 1] {
      let factors = chain.factors(ofWeight: layer)
      var table = TextTable(["factor", "is", "value", "product so far"])
      var product = 1.0
      for factor in factors {
        product *= factor.value
        table.add([factor.name, factor.formula, short(factor.value, 8), short(product, 8)])
      }
      table.add(["∂E/∂w" + String(layer).subscripted, "", "", short(product, 8)])
      page.table(table)
    }
    page.text(
      "The first two factors are the same for both: computed once, passed down. That is the whole saving, and with "
        + "millions of weights it is what makes training possible.")

    page.heading("Three ways, one answer")
    let exact = chain.gradient().weights
    let tape = tapeGradient(chain)
    var table = TextTable(["", "back-propagation", "the library's tape", "(E(w + h) − E(w − h)) / 2h"])
    for layer in [0, 1] {
      table.add([
        "∂E/∂w" + String(layer + 1).subscripted, short(exact[layer], 9), short(Double(tape[layer]), 7),
        short(numerical(chain, layer), 9),
      ])
    }
    page.table(table)
    page.text("The tape computes in 32-bit floats; the last column takes h = 10⁻⁵.")

    page.heading("Updates")
    page.formula("w ← w − η ∂E/∂w        η = \(short(rate))")
    var current = chain
    var errors = [forward.error]
    var history = [weights]
    var updates = TextTable(["step", "∂E/∂w₁", "∂E/∂w₂", "w₁", "w₂", "a₂", "E"])
    updates.add([
      "0", "", "", short(weights[0], 6), short(weights[1], 6), short(forward.outputs[2], 6), short(forward.error, 6),
    ])
    for step in 1...steps {
      let gradient = current.gradient().weights
      current = current.updated(learningRate: rate)
      let now = current.forward()
      errors.append(now.error)
      history.append(current.weights)
      if step <= 5 || step == steps {
        updates.add([
          String(step), short(gradient[0], 6), short(gradient[1], 6), short(current.weights[0], 6),
          short(current.weights[1], 6), short(now.outputs[2], 6), short(now.error, 6),
        ])
      }
    }
    page.table(updates)
    var error = Plot("E falls", summary: "The error after each update.", x: Plot.Axis("update"), y: Plot.Axis("E"))
    error.add(.line(errors, start: 0))
    page.figure(error, landscape(chain, history))
    page.text(
      errors[errors.count - 1] < errors[0]
        ? "After \(steps) updates E has fallen from \(short(errors[0], 4)) to \(short(errors[errors.count - 1], 4))."
        : "E has not fallen: the steps are too large, or the gradient is 0 here.")
    page.tryThis([
      ("myelin learn backprop --eta 0.1", "small steps"),
      ("myelin learn backprop --weights 8,8", "saturated: look at the factors σ′"),
      ("myelin learn backprop --input 0", "∂z₁/∂w₁ = a₀ = 0: w₁ cannot learn"),
      ("myelin learn backprop --target 2", "what σ cannot reach"),
    ])
    return page
  }

  /// The same network on the tape: parameters, one forward expression, `backward()`.
  static func tapeGradient(_ chain: ScalarChain) -> [Float] {
    let weights = chain.weights.map { Parameter(Tensor(Float($0))) }
    var a = Tensor(Float(chain.input))
    for weight in weights { a = sigmoid(weight.value * a) }
    (Tensor(Float(chain.target)) - a).squared().backward()
    return weights.map { $0.gradient?.scalar ?? 0 }
  }

  private static func numerical(_ chain: ScalarChain, _ layer: Int) -> Double {
    let h = 1e-5
    var (above, below) = (chain, chain)
    above.weights[layer] += h
    below.weights[layer] -= h
    return (above.forward().error - below.forward().error) / (2 * h)
  }

  /// E over the two weights, with the way that the updates took.
  private static func landscape(_ chain: ScalarChain, _ history: [[Double]]) -> Plot {
    func range(_ axis: Int) -> ClosedRange<Double> {
      let places = history.map { $0[axis] }
      let (low, high) = (places.min() ?? 0, places.max() ?? 0)
      let margin = max(1.5, 0.4 * (high - low))
      return (low - margin)...(high + margin)
    }
    let (xs, ys) = (range(0), range(1))
    var plot = Plot(
      "E over the weights", summary: "Contours of the error with the path of the updates.",
      x: Plot.Axis("w₁", range: xs), y: Plot.Axis("w₂", range: ys))
    plot.add(
      .field(x: xs, y: ys, resolution: 56) { w1, w2 in
        var other = chain
        other.weights = [w1, w2]
        return other.forward().error
      })
    plot.add(.line(history.map { Plot.Point($0[0], $0[1]) }, color: .series(1), showsPoints: true))
    plot.add(.text("start", at: Plot.Point(history[0][0], history[0][1])))
    return plot
  }
}
