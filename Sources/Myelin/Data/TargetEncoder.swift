import Foundation

/// What is learned from a target.
public enum LearningTask: String, Codable, CaseIterable, Sendable {
  /// Classes are told apart.
  case classification
  /// A number is predicted.
  case regression
}

/// Turns the target column of a table into labels or numbers for a network, and a network's numbers back.
///
/// Classification: the label is the position among the classes, which are sorted. Regression: y becomes
/// (t(y) − mean) / deviation over the training rows, t being the identity or the logarithm. A count becomes y / mean, of
/// which the network gives the logarithm.
public struct TargetEncoder: Codable, Equatable, Sendable {
  struct Scale: Codable, Equatable, Sendable {
    var isLogarithmic: Bool
    /// Whether a network gives the logarithm of y / mean; nil in files of versions without counts.
    var isRate: Bool?
    var mean: Double
    var deviation: Double
  }

  /// The target's name in the table.
  public let column: String
  /// Whether classes are told apart or a number is predicted.
  public let task: LearningTask
  /// The classes' names in the order of the labels; empty for regression.
  public let classNames: [String]
  let scale: Scale?
  /// Of a regression that learns quantiles of the number, each of its own output: their levels, rising; nil for the number.
  public package(set) var quantiles: [Double]?

  /// More classes are refused: a column of so many texts names its rows.
  public static let maximumClassCount = 1000

  /// Whether fitting can have made it; one decoded from a file may be anything.
  package var isConsistent: Bool {
    let isSound = quantiles.map { !$0.isEmpty && TargetEncoder.areLevels($0) } ?? true
    return task == .regression
      ? (scale?.deviation ?? 0) > 0 && isSound
        && (scale?.isRate != true || (scale?.mean ?? 0) > 0 && quantiles == nil)
      : Set(classNames).count == classNames.count && quantiles == nil
  }

  /// Whether they rise between 0 and 1.
  package static func areLevels(_ levels: [Double]) -> Bool {
    levels.allSatisfy { $0 > 0 && $0 < 1 } && zip(levels, levels.dropFirst()).allSatisfy { $0 < $1 }
  }

  /// Whether counts are learned: numbers from 0 on, whose deviation grows with them.
  public var isCount: Bool { scale?.isRate == true }

  /// Numbers that a network gives for a row: one a class or a quantile.
  public var outputCount: Int { task == .classification ? classNames.count : quantiles?.count ?? 1 }

  /// Finds the classes, or fits the scale of the numbers, of a table's target.
  ///
  /// - Parameters:
  ///   - table: where the target is.
  ///   - name: the target's column.
  ///   - task: nil to infer it, as `choice` does.
  ///   - rows: the training rows, on which the scale is fitted; nil for all. Classes are taken from the whole table.
  ///   - isLogarithmic: whether a regression learns log y; then all y must be above 0.
  ///   - isCount: whether a regression is of counts; nil for those that look like counts, where no task is given.
  /// - Throws: `DataError` when there is no such column, values are missing, or all are the same.
  public init(
    fitting table: Table, column name: String, task: LearningTask? = nil, rows: [Int]? = nil,
    isLogarithmic: Bool = false, isCount: Bool? = nil
  ) throws {
    let target = try table.column(named: name)
    let title = "target column \(DataError.quoted(name))"
    if target.missingCount > 0 { throw TargetEncoder.missingValue(target, in: table) }
    guard table.rowCount > 0 else { throw DataError(table.source, "\(title) has no rows") }
    if case .dates = target.values {
      throw DataError(table.source, title, expected: "numbers or classes", found: "dates")
    }
    column = name
    self.task = task ?? TargetEncoder.inferTask(of: target)
    switch self.task {
    case .classification:
      let found: Int
      switch target.values {
      case .numbers(let numbers): found = Set(numbers).count
      case .categories(_, let codes): found = Set(codes).count
      case .dates: found = 0
      }
      guard found <= TargetEncoder.maximumClassCount else {
        throw DataError(
          table.source, title, expected: "at most \(TargetEncoder.maximumClassCount) classes",
          found: "\(found) different values in \(table.rowCount) rows")
      }
      switch target.values {
      case .numbers(let numbers):
        classNames = Table.sorted(levels: Array(Set(numbers.compactMap(Table.text(of:)))))
      case .categories(let levels, let codes):
        let present = Set(codes)
        classNames = levels.indices.filter { present.contains(Int32($0)) }.map { levels[$0] }
      case .dates: classNames = []
      }
      scale = nil
      guard classNames.count > 1 else {
        throw DataError(
          table.source, title, expected: "at least two classes",
          found: "only \(DataError.quoted(classNames[0])) in all \(table.rowCount) rows")
      }
    case .regression:
      classNames = []
      guard case .numbers(let numbers) = target.values else {
        throw TargetEncoder.notANumber(target, in: table)
      }
      let isRate = isCount ?? (task == nil && !isLogarithmic && TargetEncoder.choice(of: target).isCount)
      if isRate, let row = numbers.firstIndex(where: { $0 < 0 }) {
        throw DataError(
          table.source, line: table.lines[row], title, expected: "a count, from 0 on", found: "\(numbers[row])")
      }
      if isLogarithmic, let row = numbers.firstIndex(where: { $0 <= 0 }) {
        throw DataError(
          table.source, line: table.lines[row], title, expected: "a number above 0, for its logarithm",
          found: "\(numbers[row])")
      }
      for (row, number) in numbers.enumerated() {
        guard Float(number).isFinite else { throw table.doesNotFit(number, row: row, column: name) }
      }
      let values = (rows ?? Array(numbers.indices)).map { isLogarithmic ? log(numbers[$0]) : numbers[$0] }
      guard !values.isEmpty else { throw DataError(table.source, "no training rows to fit the target on") }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      guard variance.squareRoot() > 1e-12 * abs(mean), values.contains(where: { $0 != values[0] }) else {
        throw DataError(
          table.source, title, expected: "different numbers to predict",
          found: "only \(numbers[rows?.first ?? 0]) in all \(values.count) training rows")
      }
      scale = Scale(
        isLogarithmic: isLogarithmic, isRate: isRate ? true : nil, mean: mean,
        deviation: isRate ? 1 : variance.squareRoot())
    }
  }

  private static func inferTask(of target: Table.Column) -> LearningTask { choice(of: target).task }

  /// The task that suits a column, and why, for people.
  ///
  /// Text is classes. Numbers are where they are whole and of at most four different values, or of at most 20 of five rows
  /// each on average that are either about equally frequent or in no order of frequency. Those that become rarer on both
  /// sides of the most frequent one are counts or marks: a regression. It is one of counts (`isCount`) where the numbers
  /// begin with a 0 that is not rare and are small: 20 on average at most.
  public static func choice(of target: Table.Column) -> (task: LearningTask, isCount: Bool, reason: String) {
    let (task, reason) = kind(of: target)
    guard task == .regression, case .numbers(let numbers) = target.values else { return (task, false, reason) }
    let known = numbers.filter { !$0.isNaN }
    let isCount =
      known.allSatisfy { $0 == $0.rounded() && $0 >= 0 } && known.count { $0 == 0 } * 100 >= known.count
      && known.reduce(0, +) <= 20 * Double(known.count)
    return (task, isCount, isCount ? reason + ", from 0 on and small: counts" : reason)
  }

  private static func kind(of target: Table.Column) -> (task: LearningTask, reason: String) {
    guard case .numbers(let numbers) = target.values else { return (.classification, "its values are texts") }
    let known = numbers.filter { !$0.isNaN }
    guard known.allSatisfy({ $0 == $0.rounded() }) else { return (.regression, "its values are numbers with decimals") }
    var counts: [Double: Int] = [:]
    for number in known { counts[number, default: 0] += 1 }
    let values = counts.keys.sorted()
    if values.count <= 2 { return (.classification, "it has two different values") }
    guard values.count <= 20, known.count >= 5 * values.count else {
      return (.regression, "it has \(values.count) different whole numbers")
    }
    if values.count <= 4 { return (.classification, "it has only \(values.count) different whole numbers") }
    let sizes = values.map { counts[$0]! }
    if sizes.min()! * 10 >= sizes.max()! {
      return (.classification, "its \(values.count) whole numbers are about equally frequent")
    }
    let peak = sizes.firstIndex(of: sizes.max()!)!
    // Rare values come in no exact order.
    func mayFollow(_ next: Int, _ previous: Int) -> Bool {
      Double(next) <= Double(previous) + 2 * Double(previous).squareRoot() + 2
    }
    let falls =
      (peak + 1..<sizes.count).allSatisfy { mayFollow(sizes[$0], sizes[$0 - 1]) }
      && (0..<peak).allSatisfy { mayFollow(sizes[$0], sizes[$0 + 1]) }
    let range = "\(Table.text(of: values[0])!) to \(Table.text(of: values.last!)!)"
    return falls
      ? (.regression, "its whole numbers \(range) are as frequent as counts are")
      : (.classification, "its \(values.count) whole numbers are in no order of frequency")
  }

  /// The label of each row.
  ///
  /// - Throws: `DataError` with the line of a class that was not there in training, or of a missing one.
  /// - Precondition: the task is classification.
  public func labels(of table: Table) throws -> [Int32] {
    require(task == .classification, "TargetEncoder.labels: the task is regression")
    let target = try table.column(named: column)
    let matcher = LevelMatcher(classNames)
    func label(_ place: Int?, _ text: String?, row: Int) throws -> Int32 {
      guard let text else { throw TargetEncoder.missingValue(target, in: table) }
      guard let place else {
        let shown = classNames.prefix(10).joined(separator: ", ") + (classNames.count > 10 ? ", …" : "")
        throw DataError(
          table.source, line: table.lines[row], "target column \(DataError.quoted(column))",
          expected: "one of the classes \(shown)", found: DataError.quoted(text))
      }
      return Int32(place)
    }
    switch target.values {
    case .numbers(let numbers):
      return try numbers.enumerated().map { try label(matcher[$1], Table.text(of: $1), row: $0) }
    case .categories(let levels, let codes):
      let places = levels.map { matcher[$0] }
      return try codes.enumerated().map { row, code in
        try label(code < 0 ? nil : places[Int(code)], code < 0 ? nil : levels[Int(code)], row: row)
      }
    case .dates: throw TargetEncoder.notANumber(target, in: table)
    }
  }

  /// The number of each row as a network learns it.
  ///
  /// - Throws: `DataError` with the line of a value that is missing, no number, or one that 32 bits do not hold.
  /// - Precondition: the task is regression.
  public func targets(of table: Table) throws -> [Float] {
    guard let scale else { misuse("TargetEncoder.targets: the task is classification") }
    return try values(of: table).enumerated().map { row, value in
      if scale.isLogarithmic, value <= 0 {
        throw DataError(
          table.source, line: table.lines[row], "target column \(DataError.quoted(column))",
          expected: "a number above 0, for its logarithm", found: "\(value)")
      }
      if scale.isRate == true, value < 0 {
        throw DataError(
          table.source, line: table.lines[row], "target column \(DataError.quoted(column))",
          expected: "a count, from 0 on", found: "\(value)")
      }
      if scale.isRate == true { return Float(value / scale.mean) }
      let target = Float(((scale.isLogarithmic ? log(value) : value) - scale.mean) / scale.deviation)
      guard target.isFinite else { throw table.doesNotFit(value, row: row, column: column) }
      return target
    }
  }

  /// The number of each row as it is in the table.
  ///
  /// - Throws: `DataError` with the line of a value that is missing or no number.
  public func values(of table: Table) throws -> [Double] {
    let target = try table.column(named: column)
    guard case .numbers(let numbers) = target.values else { throw TargetEncoder.notANumber(target, in: table) }
    if target.missingCount > 0 { throw TargetEncoder.missingValue(target, in: table) }
    return numbers
  }

  /// A network's output in the units of the column.
  ///
  /// - Precondition: the task is regression.
  public func value(of output: Float) -> Double {
    guard let scale else { misuse("TargetEncoder.value: the task is classification") }
    // e^60 times the mean is more than anything that is counted.
    if scale.isRate == true { return scale.mean * exp(min(Double(output), 60)) }
    let value = Double(output) * scale.deviation + scale.mean
    return scale.isLogarithmic ? exp(value) : value
  }

  /// What `targets` made of a number, back in the units of the column.
  package func number(ofTarget target: Float) -> Double {
    scale?.isRate == true ? Double(target) * scale!.mean : value(of: target)
  }

  /// A network's answers [N, outputs] in the units of the column: of quantiles the one nearest to the median.
  package func values(of outputs: Tensor) -> [Double] {
    guard let quantiles else { return outputs.scalars.map(value(of:)) }
    let middle = quantiles.indices.min { abs(quantiles[$0] - 0.5) < abs(quantiles[$1] - 0.5) }!
    return quantileValues(of: outputs).map { $0[middle] }
  }

  /// A network's quantiles of each row in the units of the column, in rising order: where outputs cross, they are put in
  /// order, by which none gets worse (V. Chernozhukov et al., "Quantile and probability curves without crossing", 2010).
  package func quantileValues(of outputs: Tensor) -> [[Double]] {
    let width = quantiles?.count ?? 1
    let numbers = outputs.scalars
    return (0..<numbers.count / width).map { row in numbers[row * width..<(row + 1) * width].map(value(of:)).sorted() }
  }

  /// What a difference of 1 in the network's output is in the units of the column; nil where the column's logarithm is
  /// learned, because then it is no constant.
  public var unit: Double? { scale.flatMap { $0.isLogarithmic || $0.isRate == true ? nil : $0.deviation } }

  private static func missingValue(_ column: Table.Column, in table: Table) -> DataError {
    let row =
      switch column.values {
      case .numbers(let numbers), .dates(let numbers): numbers.firstIndex(where: \.isNaN)!
      case .categories(_, let codes): codes.firstIndex { $0 < 0 }!
      }
    return DataError(
      table.source, line: table.lines[row], "target column \(DataError.quoted(column.name))", expected: "a value",
      found: "a missing one (\(column.missingCount) of \(column.count) rows)")
  }

  private static func notANumber(_ column: Table.Column, in table: Table) -> DataError {
    guard case .categories(let levels, let codes) = column.values, let row = codes.firstIndex(where: { $0 >= 0 }) else {
      return DataError(table.source, "target column \(DataError.quoted(column.name)) has no numbers")
    }
    return DataError(
      table.source, line: table.lines[row], "target column \(DataError.quoted(column.name))",
      expected: "a number for a regression", found: DataError.quoted(levels[Int(codes[row])]))
  }
}
