import Myelin
import MyelinCalculus

enum ForwardLesson {
  static let lesson = Lesson(
    "forward", title: "Forward propagation", summary: "a three-layer perceptron by hand, number by number",
    options: [
      Lesson.Option("inputs", "0.5,-1", "x₁ and x₂"),
      Lesson.Option("activation", "sigmoid", "of both layers: sigmoid, tanh, relu, leaky-relu, identity"),
      Lesson.Option("hidden-bias", "0.1,0,-0.2", "the three biases of the hidden layer"),
    ]
  ) { try document($0) }

  static let activations: [(String, (ScalarActivation, Activation))] = [
    ("sigmoid", (.sigmoid, .sigmoid)), ("tanh", (.tanh, .tanh)), ("relu", (.relu, .relu)),
    ("leaky-relu", (.leakyReLU(), .leakyReLU())), ("identity", (.identity, .identity)),
  ]

  /// One row a neuron.
  private static let hiddenWeights: [[Double]] = [[0.2, -0.4], [0.7, 0.1], [-0.5, 0.3]]
  private static let outputWeights: [[Double]] = [[0.6, -0.3, 0.8]]
  private static let outputBias = [0.05]

  private static func document(_ values: LessonValues) throws -> Document {
    let x = try values.numbers("inputs", count: 2, in: -1000...1000)
    let (f, fused) = try values.choice("activation", activations)
    let hiddenBias = try values.numbers("hidden-bias", count: 3, in: -1000...1000)
    let symbol = f == .sigmoid ? "σ" : f.name

    var page = Document("Forward propagation")
    page.text(
      "A multi-layer perceptron has an input layer, which only holds the data, one or more hidden layers, and an output "
        + "layer. Each neuron adds up what comes in, weighted, and applies its activation. Here are 2 inputs, 3 hidden "
        + "neurons and 1 output, with \(f.name) in both layers.")
    page.formula("z = W a + b        a = f(z)")
    page.figure(
      Diagrams.network(weights: [hiddenWeights, outputWeights]),
      caption: "Each line carries its weight. The biases: \(tuple(hiddenBias)) in the hidden layer, "
        + "\(short(outputBias[0])) in the output.")

    page.heading("The hidden layer")
    let (hidden, hiddenLines) = layer(
      x, hiddenWeights, hiddenBias, f, symbol: symbol, name: "h", sum: "z")
    page.formula(hiddenLines)
    page.heading("The output layer")
    let (output, outputLines) = layer(
      hidden, outputWeights, outputBias, f, symbol: symbol, name: "y", sum: "s")
    page.formula(outputLines)

    page.heading("The same in the library")
    page.text(
      "`Dense` does a layer for a whole batch at once: one matrix product with the bias and the activation inside. "
        + "It holds W with a column for each neuron, where the page above has a row.")
    page.code(
      """
      let hidden = Dense(2, 3, activation: .\(name(fused)))
      let output = Dense(3, 1, activation: .\(name(fused)))
      output(hidden(Tensor([\(PlotNumber.short(x[0])), \(PlotNumber.short(x[1]))], shape: [1, 2])))
      """)
    let first = dense(hiddenWeights, hiddenBias, fused)
    let second = dense(outputWeights, outputBias, fused)
    let input = Tensor(x.map(Float.init), shape: Shape(1, 2))
    let (h, y) = withoutGradient {
      let h = first(input)
      return (h.scalars.map(Double.init), second(h).scalars.map(Double.init))
    }
    var table = TextTable(["", "by hand", "library", "difference"])
    for (index, (mine, its)) in zip(hidden + output, h + y).enumerated() {
      table.add([
        index < 3 ? "h" + String(index + 1).subscripted : "y", short(mine, 8), short(its, 8),
        short(abs(mine - its), 2),
      ])
    }
    page.table(table)
    page.text("The library computes in 32-bit floats, which carry about seven digits; by hand it was 64 bits.")
    page.tryThis([
      ("myelin learn forward --inputs 1,1", "another input"),
      ("myelin learn forward --activation relu", "which hidden neurons are silent?"),
      ("myelin learn forward --activation identity", "without activation two layers are one: y is linear in x"),
      ("myelin learn backprop", "the way back"),
    ])
    return page
  }

  static func name(_ activation: Activation) -> String {
    switch activation {
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .relu: "relu"
    case .leakyReLU: "leakyReLU()"
    default: "identity"
    }
  }

  /// A layer's outputs and the arithmetic that leads to them.
  private static func layer(
    _ x: [Double], _ weights: [[Double]], _ biases: [Double], _ f: ScalarActivation, symbol: String, name: String,
    sum: String
  ) -> ([Double], [String]) {
    var outputs: [Double] = []
    var lines: [String] = []
    for (k, row) in weights.enumerated() {
      let index = weights.count > 1 ? String(k + 1).subscripted : ""
      let products = zip(row, x).map { "\(factor($0, 4))·\(factor($1, 4))" }.joined(separator: " + ")
      let z = zip(row, x).reduce(biases[k]) { $0 + $1.0 * $1.1 }
      outputs.append(f(z))
      lines.append(
        "\(sum)\(index) = \(products) + \(factor(biases[k], 4)) = \(short(z, 7))")
      lines.append("\(name)\(index) = \(symbol)(\(short(z, 7))) = \(short(f(z), 8))")
    }
    return (outputs, lines)
  }

  private static func dense(_ weights: [[Double]], _ biases: [Double], _ activation: Activation) -> Dense {
    let (outputs, inputs) = (weights.count, weights[0].count)
    let layer = Dense(inputs, outputs, activation: activation)
    let columns = (0..<inputs).flatMap { i in weights.map { Float($0[i]) } }
    layer.weight.value = Tensor(columns, shape: Shape(inputs, outputs))
    layer.bias?.value = Tensor(biases.map(Float.init))
    return layer
  }
}
