import Foundation
import Myelin

/// Finds out whether a trained model of a table can be used: what stands in a report beside the test's scores. Nothing here
/// changes the model, and all of it follows from the data, the model and the seed.
struct TableAssessor {
  let model: SavedModel
  let features: FeatureEncoder
  let target: TargetEncoder
  /// As they are encoded.
  let training: TensorDataset
  let test: TensorDataset
  /// Whether the test rows are those of the training, judged by what held them out.
  let isUntested: Bool
  /// Some test rows as they stand in the file.
  let shown: ShownRows
  /// Outputs for rows that training did not see, where it held out some.
  let heldOut: HeldOutOutputs?
  /// Warnings that the data gave.
  let warnings: [String]

  /// Multiplications that importance and dependence may cost together, in the network's weights: some seconds at most.
  private static let largestBudget = 6e10

  /// What share of all that fits into a run whose time is limited.
  private var thoroughness: Double { min(1, (model.options.seconds ?? 60) / 60) }

  func assessment() -> TableAssessment {
    var result = TableAssessment()
    let (trained, tested) = (sample(training, 5000), test)
    let outputs = isUntested ? model.rule.scaled(heldOut!.outputs) : model.outputs(for: tested.inputs)
    let own = TableScores(outputs, tested, target)
    let constant = TableScores(constantOutputs(tested.count), tested, target)
    // On rows that it was trained on a linear model says nothing.
    let linear = isUntested ? nil : linearModel().map { TableScores($0(tested.inputs), tested, target) }
    let known = TableScores(model.outputs(for: trained.inputs), trained, target)
    result.judged = [.init("this model", own.measurements)]
    if let linear { result.judged.append(.init("linear model", linear.measurements)) }
    result.judged.append(
      .init(target.task == .classification ? "always the most frequent" : "always the mean", constant.measurements))
    result.judged.append(.init("this model, training rows", known.measurements))
    if let heldOut, !isUntested {
      // As the members say it, without the temperature of their mean.
      result.judged.append(.init("held-out rows", TableScores(heldOut.outputs, heldOut.data, target).measurements))
    }
    result.verdict = verdict(own, linear, constant, known)
    result.warnings = warnings + ownWarnings(own, known)
    let order = importance(&result)
    result.dependence = dependence(Array(order.prefix(6)))
    result.curves = curves(outputs)
    result.rules = model.rule.facts(target)
    if let intervals = model.rule.intervals { result.coverage = coverage(own, intervals) }
    result.worst = worst(own, outputs, Array(order.prefix(5)))
    return result
  }

  /// Rows spread over all, at most so many.
  private func sample(_ data: TensorDataset, _ most: Int) -> TensorDataset {
    data.count <= most ? data : data.subset((0..<most).map { $0 * data.count / most })
  }

  // MARK: Beside others

  /// What is answered without looking at a row: the logarithms of the classes' shares, or the mean.
  private func constantOutputs(_ count: Int) -> Tensor {
    guard let labels = training.labels else { return Tensor(zeros: Shape(count, 1)) }
    var counts = [Float](repeating: 0, count: target.classNames.count)
    for label in labels.values { counts[Int(label)] += 1 }
    let logits = counts.map { log(max($0, 0.5) / Float(labels.count)) }
    return Tensor((0..<count).flatMap { _ in logits }, shape: Shape(count, logits.count))
  }

  /// A linear (ridge or logistic) model of the same features, numbers cut off at ±4; nil where it diverges.
  private func linearModel() -> ((Tensor) -> Tensor)? {
    func cut(_ inputs: Tensor) -> Tensor { inputs.clipped(to: -4...4) }
    let data = sample(training, 50_000)
    let prepared = TensorDataset(inputs: cut(data.inputs), labels: data.labels, targets: data.targets)
    let stream = RandomGenerator.shared.state
    defer { RandomGenerator.shared.state = stream }
    RandomGenerator.shared.reset(seed: model.options.seed)
    var settings = TrainingSettings()
    settings.hiddenSizes = []
    let outputs = target.task == .classification ? target.classNames.count : 1
    let network = settings.makeModel(inputs: features.featureCount, outputs: outputs)
    let optimizer = AdamW(network.parameters, learningRate: 0.02, weightDecay: 0.05)
    let objective: Objective<Tensor, TensorBatch> =
      target.task == .classification ? .classification() : target.isCount ? .poisson() : .regression()
    let trainer = Trainer(network, objective: objective, optimizer: optimizer)
    let batch = data.count < 2000 ? 64 : 256
    // Some thousand steps, fewer where each costs more than a million multiplications.
    let cost = Double(batch * features.featureCount * outputs)
    let steps = 3000 * thoroughness * min(1, 2e6 / cost)
    trainer.options = TrainerOptions {
      $0.epochs = min(100, max(2, Int(steps * Double(batch) / Double(data.count))))
      $0.batchSize = batch
      $0.seed = model.options.seed
      $0.schedule = .cosine(length: Double($0.epochs), warmup: 0)
      $0.measuresTraining = false
      $0.stopsOnInterrupt = false
    }
    guard (try? trainer.fit(prepared)) != nil else { return nil }
    return { predict(network, cut($0)) }
  }

  private func verdict(
    _ own: TableScores, _ linear: TableScores?, _ constant: TableScores, _ known: TableScores
  ) -> String {
    let (score, metric) = (own.headline, own.headlineMetric)
    let interval =
      own.interval.map { " (95% interval \(metric.text($0.lowerBound)) to \(metric.text($0.upperBound)))" } ?? ""
    var text =
      "**\(metric.title) \(score.map(metric.text) ?? "not defined")** on \(own.count) \(isUntested ? "held-out" : "test") rows\(interval)"
    let plain = target.task == .classification ? "always the most frequent class" : "always the mean"
    if let base = constant.headline { text += "; \(plain) gives \(metric.text(base))" }
    if let value = linear?.headline { text += ", a linear model \(metric.text(value))" }
    text += ". "
    switch own.gain(over: constant) {
    case .clearlyBetter:
      switch linear.map(own.gain) {
      case .clearlyBetter: text += "It is better than both by more than chance would give."
      case .unclear: text += "It is not clearly better than the linear model, which is simpler."
      case .clearlyWorse: text += "**The linear model is better.**"
      case nil: text += "It is better by more than chance would give."
      }
    case .unclear, .clearlyWorse:
      text += "**It is not clearly better than \(plain)**: there is little to be learned, or too few rows."
    }
    if let score, let training = known.headline {
      text +=
        " On training rows: \(metric.text(training)), \(metric.text(abs(training - score))) "
        + "\(training >= score ? "more" : "less")."
    }
    // The test's block has it with the threshold.
    if model.rule.threshold != nil { text += " All of this by the more probable class, whatever the threshold." }
    return text
  }

  private func ownWarnings(_ own: TableScores, _ known: TableScores) -> [String] {
    var warnings: [String] = []
    if own.count < 100 { warnings.append("only \(own.count) test rows: the scores are rough") }
    if let test = own.headline, let training = known.headline, training - test > 0.15 {
      warnings.append("far better on the rows that it was trained on: it has learned some of them by heart")
    }
    return warnings
  }

  // MARK: What it goes by

  /// Multiplications of a row; bins cost little beside the dense layers.
  private var rowCost: Double {
    let dense = model.network.namedParameters.filter { !$0.name.hasSuffix("binWeight") }
    return Double(max(dense.reduce(0) { $0 + $1.parameter.count }, 1000))
  }

  /// The features of each column.
  private var places: [(column: String, ranges: [Range<Int>])] {
    let groups = features.groups
    return features.columnNames.map { name in (name, groups.filter { $0.column == name }.map(\.range)) }
  }

  /// Permutation importance (L. Breiman, "Random forests", 2001): what the headline loses where a column's values are dealt
  /// out anew. Gives the columns, the most important first.
  private func importance(_ result: inout TableAssessment) -> [String] {
    let places = places
    let evaluations = TableAssessor.largestBudget * thoroughness / rowCost
    let rows = min(test.count, 2000, max(100, Int(evaluations / Double(3 * places.count))))
    let repetitions = max(1, min(5, Int(evaluations / Double(rows * places.count))))
    // Too few rows or too many columns tell nothing at a price that is worth it.
    guard test.count >= 10, evaluations >= Double(50 * places.count) else { return features.columnNames }
    let data = sample(test, rows)
    let width = features.featureCount
    let values = data.inputs.scalars
    let whole = TableScores(model.outputs(for: data.inputs), data, target)
    guard let base = whole.ranking else { return features.columnNames }
    var found: [TableAssessment.Importance] = []
    for (index, place) in places.enumerated() {
      var losses: [Double] = []
      for repetition in 0..<repetitions {
        let order = shuffledIndices(
          data.count, seed: model.options.seed &+ UInt64(index) &* 0x9e37_79b9 &+ UInt64(repetition) &* 0x85eb_ca6b)
        let inputs = Tensor(shape: data.inputs.shape) { changed in
          values.withUnsafeBufferPointer { _ = changed.update(from: $0) }
          for (row, source) in order.enumerated() {
            for range in place.ranges {
              for feature in range { changed[row * width + feature] = values[source * width + feature] }
            }
          }
        }
        let scores = TableScores(model.outputs(for: inputs), data, target)
        losses.append(base - (scores.ranking ?? base))
      }
      let mean = losses.reduce(0, +) / Double(losses.count)
      let variance = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(losses.count - 1, 1))
      found.append(.init(column: place.column, mean: mean, deviation: variance.squareRoot()))
    }
    let names = features.columnNames
    let order = found.indices.sorted { (found[$1].mean, $0) < (found[$0].mean, $1) }
    result.importance = order.map { found[$0] }
    result.importanceCaption =
      "What \(whole.rankingMetric.title) loses where a column's values are dealt out to other rows: the mean and the "
      + "deviation over \(repetitions) repetition\(repetitions == 1 ? "" : "s") on \(data.count) \(isUntested ? "training" : "test") rows. Columns that "
      + "say the same stand in for each other: both then count little."
    return order.map { names[$0] }
  }

  /// Partial dependence (J. Friedman, 2001): the mean answer where a column has one value in all rows.
  private func dependence(_ columns: [String]) -> [TableAssessment.Dependence] {
    let table = shown.table
    let data = sample(test, 200)
    let width = features.featureCount
    let base = data.inputs.scalars
    guard table.rowCount > 0, data.count > 0 else { return [] }
    let places = Dictionary(uniqueKeysWithValues: places.map { ($0.column, $0.ranges) })
    return columns.compactMap { name -> TableAssessment.Dependence? in
      guard let column = try? table.column(named: name), let grid = grid(of: column), grid.count > 1 else { return nil }
      let rows = table.rows([Int](repeating: 0, count: grid.count)).replacing([
        Table.Column(name: name, values: grid.values)
      ])
      guard let encoded = try? features.encode(rows), let ranges = places[name] else { return nil }
      let inputs = Tensor(shape: Shape(grid.count * data.count, width)) { changed in
        for value in 0..<grid.count {
          for row in 0..<data.count {
            let place = (value * data.count + row) * width
            for feature in 0..<width { changed[place + feature] = base[row * width + feature] }
            for range in ranges {
              for feature in range { changed[place + feature] = encoded[value * width + feature] }
            }
          }
        }
      }
      let curves = answers(model.outputs(for: inputs), grid.count, data.count)
      return TableAssessment.Dependence(
        column: name, values: grid.names.map { .names($0) } ?? .numbers(grid.numbers), answer: answerTitle,
        curves: curves)
    }
  }

  private var answerTitle: String {
    target.task == .regression
      ? target.column : target.classNames.count == 2 ? "P(\(target.classNames[1]))" : "probability"
  }

  /// Means over the rows of each value: of the second class, of up to four classes, or of the number.
  private func answers(_ outputs: Tensor, _ values: Int, _ rows: Int) -> [(name: String?, answers: [Double])] {
    func means(_ numbers: [Double]) -> [Double] {
      (0..<values).map { value in numbers[value * rows..<(value + 1) * rows].reduce(0, +) / Double(rows) }
    }
    guard target.task == .classification else { return [(nil, means(target.values(of: outputs)))] }
    let classes = target.classNames
    let shares = softmax(outputs).scalars
    func curve(_ index: Int) -> [Double] {
      means((0..<values * rows).map { Double(shares[$0 * classes.count + index]) })
    }
    if classes.count == 2 { return [(nil, curve(1))] }
    var counts = [Int](repeating: 0, count: classes.count)
    for label in training.labels!.values { counts[Int(label)] += 1 }
    let frequent = classes.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(4).sorted()
    return frequent.map { (classes[$0], curve($0)) }
  }

  private struct Grid {
    var values: Table.Values
    var numbers: [Double] = []
    var names: [String]?
    var count: Int
  }

  /// Values of a column to try: 20 between its outer quantiles, or its 12 most frequent levels; nil for texts.
  private func grid(of column: Table.Column) -> Grid? {
    switch column.values {
    case .numbers(let numbers), .dates(let numbers):
      let known = numbers.filter { !$0.isNaN }.sorted()
      guard known.count > 1 else { return nil }
      let points = 20
      var values: [Double] = []
      for point in 0..<points {
        let place = 0.02 + 0.96 * Double(point) / Double(points - 1)
        let value = known[Int((place * Double(known.count - 1)).rounded())]
        if values.last != value { values.append(value) }
      }
      var grid = Grid(values: .numbers(values), numbers: values, count: values.count)
      if column.kind == .date {
        grid.values = .dates(values)
        // Years, as a number that an axis can show.
        grid.numbers = values.map { 1970 + $0 / (365.2425 * 86400) }
      }
      return grid
    case .categories(let levels, let codes):
      guard places.first(where: { $0.column == column.name })?.ranges.isEmpty == false,
        features.groups.first(where: { $0.column == column.name })?.kind == .oneHot
      else { return nil }
      var counts = [Int](repeating: 0, count: levels.count)
      for code in codes where code >= 0 { counts[Int(code)] += 1 }
      let frequent = levels.indices.filter { counts[$0] > 0 }.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(12)
        .sorted()
      return Grid(
        values: .categories(levels: levels, codes: frequent.map(Int32.init)), names: frequent.map { levels[$0] },
        count: frequent.count)
    }
  }

  // MARK: Where it errs

  private func curves(_ outputs: Tensor) -> TableAssessment.Curves? {
    guard target.task == .classification, let labels = test.labels?.values, !labels.isEmpty else { return nil }
    let classes = target.classNames.count
    let shares = softmax(outputs).scalars
    var curves = TableAssessment.Curves(positive: classes == 2 ? target.classNames[1] : nil)
    var judged: [(probability: Double, isTrue: Bool)] = []
    for (row, label) in labels.enumerated() {
      let own = shares[row * classes..<(row + 1) * classes]
      if classes == 2 {
        judged.append((Double(own[own.startIndex + 1]), label == 1))
      } else {
        let top = own.indices.max { own[$0] < own[$1] }! - own.startIndex
        judged.append((Double(own[own.startIndex + top]), Int(label) == top))
      }
    }
    judged.sort { $0.probability < $1.probability }
    let bins = max(1, min(10, judged.count / 20))
    for bin in 0..<bins {
      let part = judged[bin * judged.count / bins..<(bin + 1) * judged.count / bins]
      curves.calibration.append(
        Plot.Point(
          part.reduce(0) { $0 + $1.probability } / Double(part.count),
          Double(part.count(where: \.isTrue)) / Double(part.count)))
    }
    guard classes == 2 else { return curves }
    var binary = BinaryScores()
    binary.add(logits: outputs, Indices(labels))
    curves.roc = thinned(binary.rocCurve.map { Plot.Point($0.falsePositiveRate, $0.truePositiveRate) })
    if let threshold = model.rule.threshold {
      let told = judged.filter { $0.probability >= Double(threshold.probability) }
      let (right, positives) = (told.count(where: \.isTrue), judged.count(where: \.isTrue))
      let negatives = judged.count - positives
      if !told.isEmpty, positives > 0, negatives > 0 {
        let recall = Double(right) / Double(positives)
        curves.threshold = (
          Double(threshold.probability), Plot.Point(Double(told.count - right) / Double(negatives), recall),
          Plot.Point(recall, Double(right) / Double(told.count))
        )
      }
    }
    curves.precisionRecall = thinned(binary.precisionRecallCurve.map { Plot.Point($0.recall, $0.precision) })
    return curves
  }

  /// How often the truth of a test row lies where it was said to.
  private func coverage(_ own: TableScores, _ intervals: ResidualIntervals) -> [TableAssessment.Coverage] {
    guard own.count > 0 else { return [] }
    return [0.5, 0.8, 0.9, 0.95].map { level in
      let ranges = own.predicted.map { intervals.interval(around: $0, level: level) }
      let inside = zip(ranges, own.truth).count { $0.contains($1) }
      let widths = ranges.map { $0.upperBound - $0.lowerBound }.sorted()
      return .init(level: level, share: Double(inside) / Double(own.count), width: widths[widths.count / 2])
    }
  }

  /// At most 300 of the points, with the first and the last.
  private func thinned(_ points: [Plot.Point]) -> [Plot.Point] {
    let most = 300
    if points.count <= most { return points }
    return (0..<most).map { points[$0 * (points.count - 1) / (most - 1)] }
  }

  /// The rows whose answers cost most, as they stand in the file, with the columns that count most.
  private func worst(_ own: TableScores, _ outputs: Tensor, _ columns: [String]) -> TextTable? {
    guard shown.table.rowCount > 0 else { return nil }
    let order = shown.rows.indices.sorted { (own.losses[shown.rows[$1]], $0) < (own.losses[shown.rows[$0]], $1) }
    let classes = target.classNames
    let shares = target.task == .classification ? softmax(outputs).scalars : outputs.scalars
    var table = TextTable(
      ["line", target.column, "predicted"] + (classes.isEmpty ? ["error"] : ["probability"]) + columns,
      caption:
        "the \(isUntested ? "held-out" : "test") rows whose answers cost most\(shown.isComplete ? "" : ", of \(shown.rows.count) looked at"), "
        + "with the most important columns")
    for place in order.prefix(10) where own.losses[shown.rows[place]] > 0 {
      let row = shown.rows[place]
      var cells = ["\(shown.table.lines[place])"]
      if classes.isEmpty {
        let (truth, answer) = (own.truth[row], own.predicted[row])
        cells += [truth, answer, answer - truth].map { Metric.loss.text($0) }
      } else {
        let label = Int(test.labels!.values[row])
        let logits = shares[row * classes.count..<(row + 1) * classes.count]
        let top = logits.indices.max { logits[$0] < logits[$1] }! - logits.startIndex
        guard top != label else { continue }
        cells += [classes[label], classes[top], Metric.accuracy.text(Double(logits[logits.startIndex + top]))]
      }
      cells += columns.map { name in
        let text = (try? shown.table.column(named: name))?.text(place) ?? ""
        return text.count > 40 ? "\(text.prefix(39))…" : text
      }
      table.add(cells)
    }
    return table
  }
}

/// Outputs for rows that a network, or each member of an ensemble, was not trained on.
package struct HeldOutOutputs {
  /// [N, outputs]
  let outputs: Tensor
  /// Labels or targets of the rows.
  let data: TensorDataset
}

/// Test rows as they stand in the file.
struct ShownRows: Sendable {
  let table: Table
  /// The number of each among the test rows.
  let rows: [Int]
  let isComplete: Bool

  /// Rows that are kept to be looked at: the rest of a large table need not stay in memory.
  private static let most = 5000

  /// - Parameters:
  ///   - table: where the rows are.
  ///   - test: their numbers in it.
  init(_ table: Table, _ test: [Int]) {
    let count = min(test.count, ShownRows.most)
    rows = (0..<count).map { $0 * test.count / count }
    self.table = table.rows(rows.map { test[$0] })
    isComplete = count == test.count
  }
}
