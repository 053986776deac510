import Foundation
import Myelin
import MyelinCalculus

enum XORLesson {
  static let lesson = Lesson(
    "xor", title: "A multi-layer perceptron learns XOR",
    summary: "the boundary as it bends; per activation how fast and how often",
    options: [
      Lesson.Option("hidden", "4", "neurons of the hidden layer"),
      Lesson.Option("activation", "tanh", "of the hidden layer: sigmoid, tanh, relu, leaky-relu, identity"),
      Lesson.Option("eta", "0.1", "the learning rate (Adam)"),
      Lesson.Option("steps", "200", "steps at most"),
      Lesson.Option("seed", "2", "where the weights of the pictured run start"),
      Lesson.Option("runs", "10", "starts to try for each activation"),
    ]
  ) { try document($0) }

  private static func document(_ values: LessonValues) throws -> Document {
    let hidden = try values.integer("hidden", in: 1...64)
    let (_, activation) = try values.choice("activation", ForwardLesson.activations)
    let rate = try values.number("eta", in: 1e-5...10)
    let steps = try values.integer("steps", in: 4...5000)
    let seed = try values.integer("seed", in: 0...1_000_000)
    let runs = try values.integer("runs", in: 1...200)

    var page = Document("A multi-layer perceptron learns XOR")
    page.text(
      "A single threshold unit cannot compute XOR, because no line separates its classes (lesson `perceptron`). A hidden "
        + "layer first maps the four cases to places where one line does.")
    page.code(
      """
      let hidden = Dense(2, \(hidden), activation: .\(ForwardLesson.name(activation)))
      let output = Dense(\(hidden), 1)
      let optimizer = Adam(
        hidden.parameters + output.parameters, learningRate: \(PlotNumber.short(rate)))
      for _ in 0..<\(steps) {
        let logits = output(hidden(inputs))
        // Binary cross-entropy.
        (softplus(logits) - targets * logits).mean().backward()
        optimizer.step()
      }
      """)

    let marks = [0, steps / 20, steps / 5, steps].map { max(0, $0) }
    let network = XORNetwork(hidden: hidden, activation: activation, seed: UInt64(seed), learningRate: Float(rate))
    var pictures: [Plot] = []
    var losses: [Double] = []
    for step in 0...steps {
      if marks.contains(step), pictures.count < marks.count { pictures.append(boundary(network, step)) }
      if step < steps { losses.append(Double(network.step())) }
    }
    page.heading("The boundary as it bends")
    page.figures(
      pictures, caption: "The thick line is where the network says one half; the shades are its probabilities.")
    var table = TextTable(["x₁ x₂", "target", "probability", ""])
    for (index, p) in network.probabilities().enumerated() {
      let target = XORNetwork.targets[index]
      table.add([
        XORNetwork.inputs[index].map { short(Double($0)) }.joined(separator: "  "), short(Double(target)),
        PlotNumber.fixed(Double(p), decimals: 4), (p > 0.5) == (target > 0.5) ? "right" : "wrong",
      ])
    }
    page.table(table)
    var curve = Plot(
      "Loss", summary: "Binary cross-entropy after each step.", x: Plot.Axis("step"),
      y: Plot.Axis("cross-entropy", scale: .logarithmic))
    curve.add(.line(losses, start: 0))
    curve.add(.horizontal(Foundation.log(2), label: "log 2: guessing"))
    page.figure(curve)
    page.figure(
      Diagrams.network(weights: network.weights),
      caption: "The network after training, each line with its weight. The biases: "
        + network.biases.map { $0.map { short($0, 3) }.joined(separator: ", ") }.joined(separator: "; ") + ".")
    page.text(
      network.isSolved
        ? "Solved, with \(hidden) hidden neurons: \(2 * hidden + hidden + hidden + 1) weights and biases."
        : "Not solved by this start within \(steps) steps. Gradient descent goes down from where it starts, and with few "
          + "hidden neurons some starts lead to a place from which there is no way down to the solution.")

    page.heading("Which activation, how fast, how often")
    page.text(
      "\(runs) starts each, the same for all activations. Solved means that all four probabilities are within 0.1 of "
        + "their targets; the steps are the median of the solved runs.")
    addComparison(&page, hidden: hidden, rate: rate, steps: steps, runs: runs)
    page.tryThis([
      ("myelin learn xor --hidden 2", "the least that can do it: how often does it?"),
      ("myelin learn xor --hidden 8", "more neurons, fewer failures"),
      ("myelin learn xor --activation identity", "two layers without activation are a single line"),
      ("myelin learn xor --activation relu --seed 4", "straight edges"),
    ])
    return page
  }

  private static func addComparison(_ page: inout Document, hidden: Int, rate: Double, steps: Int, runs: Int) {
    var table = TextTable(["activation", "solved", "median steps", "fastest", "slowest"])
    var solvedShares: [Double] = []
    let candidates = ForwardLesson.activations
    for (name, (_, activation)) in candidates {
      var needed: [Int] = []
      for seed in 1...runs {
        let network = XORNetwork(
          hidden: hidden, activation: activation, seed: UInt64(seed), learningRate: Float(rate))
        if let step = network.solve(within: steps) { needed.append(step) }
      }
      needed.sort()
      solvedShares.append(100 * Double(needed.count) / Double(runs))
      table.add([
        name, "\(needed.count) of \(runs)", needed.isEmpty ? "–" : String(needed[needed.count / 2]),
        needed.first.map(String.init) ?? "–", needed.last.map(String.init) ?? "–",
      ])
    }
    page.table(table)
    var bars = Plot(
      "Solved within \(steps) steps", summary: "Per cent of the starts that learned XOR, for each activation.",
      x: Plot.Axis("activation of the hidden layer", categories: candidates.map(\.0)),
      y: Plot.Axis("% of starts", range: 0...100))
    bars.add(.bars(solvedShares))
    page.figure(bars)
  }

  private static func boundary(_ network: XORNetwork, _ step: Int) -> Plot {
    let range = -0.5...1.5
    let resolution = 48
    var plot = Plot(
      step == 0 ? "Before training" : "After \(step) steps",
      summary: "The probability of 1 over the square, with the line where it is one half.",
      x: Plot.Axis("x₁", range: range), y: Plot.Axis("x₂", range: range), hasEqualUnits: true)
    let places = (0..<resolution).map { Float(-0.5 + 2 * (Double($0) + 0.5) / Double(resolution)) }
    let points = places.flatMap { y in places.flatMap { [$0, y] } }
    let p = network.probabilities(points)
    let rows = (0..<resolution).map { row in (0..<resolution).map { Double(p[row * resolution + $0]) } }
    plot.add(.field(rows, x: range, y: range, levels: [0.1, 0.3, 0.7, 0.9], boundary: 0.5))
    for target in [0, 1] {
      let cases = zip(XORNetwork.inputs, XORNetwork.targets).filter { Int($0.1) == target }
      plot.add(
        .scatter(
          cases.map { Plot.Point(Double($0.0[0]), Double($0.0[1])) }, label: "target \(target)", color: .series(target))
      )
    }
    return plot
  }
}

/// Two inputs, a hidden layer, one logit; trained on the four cases at once.
final class XORNetwork {
  static let inputs: [[Float]] = [[0, 0], [0, 1], [1, 0], [1, 1]]
  static let targets: [Float] = [0, 1, 1, 0]

  private let hidden: Dense
  private let output: Dense
  private let optimizer: Adam
  private let x = Tensor(XORNetwork.inputs.flatMap { $0 }, shape: Shape(4, 2))
  private let y = Tensor(XORNetwork.targets, shape: Shape(4, 1))

  init(hidden size: Int, activation: Activation, seed: UInt64, learningRate: Float) {
    let generator = RandomGenerator(seed: seed)
    // The same draws for every activation, so that only the activation differs.
    let initializer = Initializer { shape, fanIn, fanOut, generator in
      let bound = (6 / Float(fanIn + fanOut)).squareRoot()
      return generator.uniform(shape, low: -bound, high: bound)
    }
    hidden = Dense(2, size, activation: activation, initializer: initializer, generator: generator)
    output = Dense(size, 1, initializer: initializer, generator: generator)
    optimizer = Adam(
      [hidden.weight, hidden.bias, output.weight, output.bias].compactMap { $0 }, learningRate: learningRate)
  }

  /// One step on the four cases; gives the loss before it.
  func step() -> Float {
    let logits = output(hidden(x))
    let loss = (softplus(logits) - y * logits).mean()
    loss.backward()
    optimizer.step()
    return loss.scalar
  }

  func probabilities(_ points: [Float] = XORNetwork.inputs.flatMap { $0 }) -> [Float] {
    withoutGradient {
      sigmoid(output(hidden(Tensor(points, shape: Shape(points.count / 2, 2))))).scalars
    }
  }

  /// Of the two layers, a row for each neuron.
  var weights: [[[Double]]] {
    [hidden, output].map { layer in
      let (inputs, outputs) = (layer.weight.value.shape[0], layer.weight.value.shape[1])
      let scalars = layer.weight.value.scalars
      return (0..<outputs).map { to in (0..<inputs).map { Double(scalars[$0 * outputs + to]) } }
    }
  }

  var biases: [[Double]] { [hidden, output].map { $0.bias?.value.scalars.map(Double.init) ?? [] } }

  var isSolved: Bool { zip(probabilities(), Self.targets).allSatisfy { abs($0 - $1) < 0.1 } }

  /// The steps until it is solved, looked at every fifth; `nil` if it is not.
  func solve(within steps: Int) -> Int? {
    for step in 1...steps {
      _ = self.step()
      if step % 5 == 0, isSolved { return step }
    }
    return isSolved ? steps : nil
  }
}
