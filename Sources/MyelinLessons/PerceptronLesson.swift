import Foundation
import Myelin

enum PerceptronLesson {
  static let lesson = Lesson(
    "perceptron", title: "The perceptron",
    summary: "a threshold unit learns AND, OR, NAND and NOR, and cannot learn XOR",
    options: [
      Lesson.Option("gate", "and", "what the walk-through learns: and, or, nand, nor, xor"),
      Lesson.Option("weights", "1.2,0.6", "the weights it starts from"),
      Lesson.Option("threshold", "1", "what the sum must reach"),
      Lesson.Option("bias", "fixed", "fixed (at 0) or trained"),
      Lesson.Option("eta", "0.5", "the learning rate η"),
      Lesson.Option("epochs", "50", "how often the four cases are shown at most"),
    ]
  ) { try document($0) }

  static let corners: [[Double]] = [[0, 0], [0, 1], [1, 0], [1, 1]]
  static let gates: [(String, [Int])] = [
    ("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1]), ("nand", [1, 1, 1, 0]), ("nor", [1, 0, 0, 0]), ("xor", [0, 1, 1, 0]),
  ]

  private static func document(_ values: LessonValues) throws -> Document {
    let targets = try values.choice("gate", gates)
    let gate = values.text("gate").uppercased()
    let weights = try values.numbers("weights", count: 2, in: -100...100)
    let threshold = try values.number("threshold", in: -100...100)
    let trainsBias = try values.choice("bias", [("fixed", false), ("trained", true)])
    let rate = try values.number("eta", in: 1e-6...100)
    let epochs = try values.integer("epochs", in: 1...10_000)

    var page = Document("The perceptron")
    page.text(
      "A neuron of the brain collects signals and fires when their sum is strong enough. The perceptron is that "
        + "sentence as arithmetic, with a rule by which it learns from its errors.")
    page.heading("Two neurons")
    page.figure(
      Diagrams.biologicalNeuron, Diagrams.artificialNeuron,
      caption: "A biological neuron and its model: signals come in at the left, are collected, and leave at the right.")
    page.table(
      TextTable(
        ["biological", "what it does", "artificial"],
        rows: [
          ["dendrites", "take up the signals of other neurons", "inputs x₁ … xₙ"],
          ["synapses", "pass each signal on, stronger or weaker", "weights w₁ … wₙ"],
          ["cell body", "collects the signals", "weighted sum w·x + b"],
          ["axon hillock", "fires once the sum is strong enough", "threshold θ"],
          ["axon", "carries the signal away", "output y"],
          ["telodendria", "branch out to the next neurons", "y is an input of the next layer"],
        ]))
    page.formula("y = 1 if w·x + b ≥ θ, else 0", "w ← w + η (target − y) x        b ← b + η (target − y)")
    page.text(
      "The rule changes something only when the output is wrong, and then only the weights of the inputs that were on: "
        + "the change is multiplied by x.")

    page.heading("\(gate) step by step")
    var unit = Perceptron(weights: weights, threshold: threshold, trainsBiases: trainsBias)
    let training = try unit.fit(
      inputs: corners, targets: targets, learningRate: rate, maximumEpochs: epochs, trace: .everything)
    page.text(
      "It starts with w = \(tuple(weights)), threshold θ = \(short(threshold)), bias 0 "
        + "(\(trainsBias ? "trained" : "fixed")), η = \(short(rate)).")
    page.table(trace(training, start: weights, trainsBias: trainsBias, limit: 24))
    if let update = training.steps.first(where: \.isUpdate) {
      page.text("The first error, in full:")
      page.formula(explain(update, weights: weights, rate: rate, threshold: threshold, trainsBias: trainsBias))
      try temptation(&page, update, weights, rate, threshold, targets)
    }
    page.text(outcome(training, unit, gate, trainsBias))
    page.figure(boundary(unit, targets, title: "\(gate): which side of the line fires"))

    page.heading("OR, NAND and NOR with a bias")
    page.text(
      "A threshold is a bias with its sign turned: w·x ≥ θ is w·x − θ ≥ 0. So let the unit learn b as well, against 0, "
        + "from w = (0, 0) and b = 0, and it finds the threshold by itself. The same unit learns each of these gates.")
    var table = TextTable(["gate", "epochs", "updates", "w", "b", "outputs for 00 01 10 11"])
    var pictures: [Plot] = []
    for (name, targets) in gates where name != "xor" {
      var unit = Perceptron(inputs: 2)
      let training = try unit.fit(inputs: corners, targets: targets, learningRate: rate)
      table.add([
        name.uppercased(), String(training.errors.count), String(training.steps.count), tuple(unit.weights[0]),
        short(unit.biases[0]), corners.map { String(unit($0)[0]) }.joined(separator: " "),
      ])
      if name != "and" { pictures.append(boundary(unit, targets, title: name.uppercased())) }
    }
    page.table(table)
    page.figures(pictures)
    try addXOR(&page, rate)
    page.tryThis([
      ("myelin learn perceptron --gate or", "fewer errors, or more?"),
      ("myelin learn perceptron --gate nand", "why a fixed bias of 0 cannot give NAND: look at (0, 0)"),
      ("myelin learn perceptron --gate nand --bias trained --threshold 0", "and why a trained one can"),
      ("myelin learn perceptron --weights 5,-3 --eta 0.1", "a bad start and small steps: it still arrives"),
    ])
    return page
  }

  private static func trace(
    _ training: Perceptron.Training, start: [Double], trainsBias: Bool, limit: Int
  ) -> TextTable {
    var table = TextTable(["epoch", "x₁ x₂", "target", "w·x + b", "output", "error", "w after", "b after"])
    if !trainsBias { table.header.removeLast() }
    for step in training.steps.prefix(limit) {
      var row = [
        String(step.epoch), step.input.map { short($0) }.joined(separator: "  "), String(step.target[0]),
        short(step.sums[0]), String(step.output[0]), short(Double(step.errors[0])), tuple(step.weights[0]),
      ]
      if trainsBias { row.append(short(step.biases[0])) }
      table.add(row)
    }
    if training.steps.count > limit { table.caption = "The first \(limit) of \(training.steps.count) cases shown." }
    return table
  }

  /// The update of the first error as arithmetic, number by number.
  private static func explain(
    _ step: Perceptron.Step, weights: [Double], rate: Double, threshold: Double, trainsBias: Bool
  ) -> [String] {
    let x = step.input
    var lines = [
      "x = \(tuple(x)):  \(factor(weights[0]))·\(short(x[0])) + \(factor(weights[1]))·\(short(x[1])) = "
        + "\(short(step.sums[0])) \(step.output[0] == 1 ? "≥" : "<") \(short(threshold)), so y = \(step.output[0]); "
        + "error \(step.target[0]) − \(step.output[0]) = \(short(Double(step.errors[0])))"
    ]
    for i in 0..<2 {
      lines.append(
        "w\(i == 0 ? "₁" : "₂") = \(short(weights[i])) + \(short(rate))·\(factor(Double(step.errors[0])))·\(short(x[i])) = "
          + "\(short(step.weights[0][i]))" + (x[i] == 0 ? "        its input was 0: it stays" : ""))
    }
    if trainsBias {
      lines.append("b  = 0 + \(short(rate))·\(factor(Double(step.errors[0]))) = \(short(step.biases[0]))")
    }
    return lines
  }

  /// What becomes of changing both weights by η, whether their inputs were on or not.
  private static func temptation(
    _ page: inout Document, _ step: Perceptron.Step, _ weights: [Double], _ rate: Double, _ threshold: Double,
    _ targets: [Int]
  ) throws {
    guard step.epoch == 1, step.input.contains(0), step.input.contains(1) else { return }
    let hasty = weights.map { $0 + rate * Double(step.errors[0]) }
    let unit = Perceptron(weights: hasty, threshold: threshold)
    page.text(
      "By hand it is tempting to change both weights by \(short(rate * Double(step.errors[0]))). "
        + "That would give w = \(tuple(hasty)):")
    var table = TextTable(["x₁ x₂", "target", "w·x", "output", ""])
    for (x, target) in zip(corners, targets) {
      let output = unit(x)[0]
      table.add([
        x.map { short($0) }.joined(separator: "  "), String(target), short(unit.sums(x)[0]), String(output),
        output == target ? "right" : "wrong",
      ])
    }
    page.table(table)
    if let index = corners.indices.first(where: { unit(corners[$0])[0] != targets[$0] }) {
      page.text(
        "It fails on \(tuple(corners[index])). The weight of a silent input had no part in the error, and the rule "
          + "leaves it alone.")
    }
  }

  private static func outcome(
    _ training: Perceptron.Training, _ unit: Perceptron, _ gate: String, _ trainsBias: Bool
  ) -> String {
    switch training.outcome {
    case .converged(let epochs):
      let bias = trainsBias ? " and b = \(short(unit.biases[0]))" : ""
      return "**Learned**: in epoch \(epochs) all four cases are right. It has settled at w = "
        + "\(tuple(unit.weights[0]))\(bias)."
    case .repeats(let epoch, let earlier):
      let reason =
        gate == "XOR"
        ? "no line separates the classes"
        : trainsBias ? "it never will" : "with this threshold and no trained bias it never will"
      return "**Not learned**: after epoch \(epoch) the weights are what they were "
        + (earlier == 0 ? "at the start" : "after epoch \(earlier)")
        + ", so from here everything repeats for ever; \(reason)."
    case .notSeparable(let epochs):
      return "**Not learned** within \(epochs) epochs: still \(training.errors.last ?? 0) wrong in the last one."
    }
  }

  private static func boundary(_ unit: Perceptron, _ targets: [Int], title: String) -> Plot {
    let range = -0.4...1.4
    var plot = Plot(
      title, summary: "The four cases, with the line w·x + b = θ between firing and not firing.",
      x: Plot.Axis("x₁", range: range), y: Plot.Axis("x₂", range: range), hasEqualUnits: true)
    plot.add(
      .field(x: range, y: range, resolution: 60, levels: [unit.threshold], boundary: unit.threshold) { x, y in
        unit.sums([x, y])[0]
      })
    addCases(&plot, targets)
    return plot
  }

  private static func addCases(_ plot: inout Plot, _ targets: [Int]) {
    for target in [0, 1] {
      let points = zip(corners, targets).filter { $0.1 == target }.map { Plot.Point($0.0[0], $0.0[1]) }
      plot.add(.scatter(points, label: "target \(target)", color: .series(target)))
    }
  }

  private static func addXOR(_ page: inout Document, _ rate: Double) throws {
    page.heading("XOR")
    let targets = gates[4].1
    var unit = Perceptron(inputs: 2)
    let training = try unit.fit(inputs: corners, targets: targets, learningRate: rate, trace: .nothing)
    page.text("One or the other, but not both. " + outcome(training, unit, "XOR", true))
    var plot = Plot(
      "XOR: no line does it", summary: "The two cases of each class lie on opposite corners of the square.",
      x: Plot.Axis("x₁", range: -0.4...1.4), y: Plot.Axis("x₂", range: -0.4...1.4), hasEqualUnits: true)
    plot.add(.line([Plot.Point(0, 0), Plot.Point(1, 1)], color: .series(0), isDashed: true))
    plot.add(.line([Plot.Point(0, 1), Plot.Point(1, 0)], color: .series(1), isDashed: true))
    addCases(&plot, targets)
    var errors = Plot(
      "Wrong cases in each epoch", summary: "The number of errors never reaches zero.", x: Plot.Axis("epoch"),
      y: Plot.Axis("wrong of 4", range: 0...4))
    var again = Perceptron(inputs: 2)
    // Past the repetition, to show it: the cycle detection would stop here.
    var counts: [Double] = []
    for _ in 0..<20 {
      let one = try again.fit(inputs: corners, targets: targets, learningRate: rate, maximumEpochs: 1, trace: .nothing)
      counts.append(Double(one.errors[0]))
    }
    errors.add(.line(counts, showsPoints: true))
    page.figure(
      plot, errors,
      caption: "The segments that join equal targets cross; the crossing point would have to lie on both sides.")
    page.text("The same in algebra. The four cases ask for")
    page.formula("b < θ        w₁ + b ≥ θ        w₂ + b ≥ θ        w₁ + w₂ + b < θ")
    page.text(
      "The two in the middle add up to w₁ + w₂ + 2b ≥ 2θ, the outer two to w₁ + w₂ + 2b < 2θ. Both cannot be. "
        + "It takes a second layer: lesson `xor`.")
  }
}
