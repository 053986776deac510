import Foundation

/// What in a table may spoil what is learned from it.
public enum ColumnWarnings {
  /// Rows that are looked at, spread over the table: enough to tell a column that gives the answer.
  private static let rowLimit = 20_000

  /// Warnings about a table's columns, a line each: columns that alone give the answer, columns that are nearly the same, a
  /// target whose classes are rare or many or whose values are far apart.
  ///
  /// - Parameters:
  ///   - table: all rows.
  ///   - target: what is predicted.
  ///   - features: the encoder, whose columns are looked at.
  ///   - rows: the training rows.
  public static func of(
    _ table: Table, target: TargetEncoder, features: FeatureEncoder, rows: [Int]
  ) throws -> [String] {
    let step = max(1, rows.count / rowLimit)
    let sample = stride(from: 0, to: rows.count, by: step).map { rows[$0] }
    let columns = try features.columnNames.map { try table.column(named: $0) }
    return try about(target, of: table, rows) + leaks(columns, target, table, sample) + twins(columns, sample)
  }

  private static func about(_ target: TargetEncoder, of table: Table, _ rows: [Int]) throws -> [String] {
    switch target.task {
    case .classification:
      var warnings: [String] = []
      var counts = [Int](repeating: 0, count: target.classNames.count)
      let labels = try target.labels(of: table)
      for row in rows { counts[Int(labels[row])] += 1 }
      let rare = counts.indices.filter { counts[$0] < 10 }
      if !rare.isEmpty {
        let shown = rare.prefix(5).map { "\(DataError.quoted(target.classNames[$0])) (\(counts[$0]))" }
        warnings.append(
          "fewer than 10 training rows: \(rare.count == 1 ? "class" : "\(rare.count) classes,") "
            + "\(shown.joined(separator: ", "))\(rare.count > 5 ? ", …" : "")")
      }
      if counts.count > 100 { warnings.append("\(counts.count) classes: are these names, or numbers to predict?") }
      return warnings
    case .regression:
      let values = try target.values(of: table)
      let known = rows.map { values[$0] }
      let (mean, deviation) = NumberEncoding.scale(known)
      let skewness = known.reduce(0) { $0 + pow(($1 - mean) / deviation, 3) } / Double(known.count)
      guard abs(skewness) > 4 else { return [] }
      return [
        "\(target.column) is skewed (skewness \(NumberText.fixed(skewness, decimals: 1))): a few "
          + "\(skewness > 0 ? "large" : "small") values weigh most"
      ]
    }
  }

  // MARK: Leaks

  /// Columns of which each value, or each small range of values, has one answer: fitted on half of the rows, judged on the
  /// rest.
  private static func leaks(
    _ columns: [Table.Column], _ target: TargetEncoder, _ table: Table, _ rows: [Int]
  ) throws -> [String] {
    guard rows.count >= 40 else { return [] }
    let answers: [Double]
    switch target.task {
    case .classification:
      let labels = try target.labels(of: table)
      answers = rows.map { Double(labels[$0]) }
    case .regression:
      let values = try target.values(of: table)
      answers = rows.map { values[$0] }
    }
    return columns.compactMap { column in
      let bins = bins(of: column, rows)
      guard let strength = target.task == .classification ? share(bins, answers) : fit(bins, answers) else {
        return nil
      }
      return "possible leak: \(column.name) alone gives \(strength); is it known before \(target.column)?"
    }
  }

  /// A number for each row: equal values, or values of one of at most 256 equally frequent ranges, have the same.
  private static func bins(of column: Table.Column, _ rows: [Int]) -> [Int] {
    switch column.values {
    case .categories(_, let codes): return rows.map { Int(codes[$0]) }
    case .numbers(let numbers), .dates(let numbers):
      let known = rows.map { numbers[$0] }.filter { !$0.isNaN }.sorted()
      let step = max(1, known.count / min(256, max(8, rows.count / 8)))
      var edges: [Double] = []
      for place in stride(from: 0, to: known.count, by: step) where edges.last != known[place] {
        edges.append(known[place])
      }
      return rows.map { row in
        if numbers[row].isNaN { return -1 }
        var (low, high) = (0, edges.count)
        while low < high {
          let middle = (low + high) / 2
          if edges[middle] <= numbers[row] { low = middle + 1 } else { high = middle }
        }
        return low
      }
    }
  }

  /// Half of the rows, in no order that a table's own could follow.
  private static func isFitted(_ row: Int) -> Bool { (row &* 0x9e37_79b1) >> 15 & 1 == 0 }

  /// What is said where the most frequent class of a bin is nearly always right.
  private static func share(_ bins: [Int], _ labels: [Double]) -> String? {
    var counts: [Int: [Double: Int]] = [:]
    var all: [Double: Int] = [:]
    for row in bins.indices where isFitted(row) {
      counts[bins[row], default: [:]][labels[row], default: 0] += 1
      all[labels[row], default: 0] += 1
    }
    func most(_ counts: [Double: Int]) -> Double? { counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key }
    let answers = counts.compactMapValues(most)
    let usual = most(all)
    var (seen, right, usually) = (0, 0, 0)
    for row in bins.indices where !isFitted(row) {
      guard let answer = answers[bins[row]] else { continue }
      seen += 1
      if answer == labels[row] { right += 1 }
      if usual == labels[row] { usually += 1 }
    }
    guard seen * 4 >= bins.count, (seen - right) * 100 <= seen, (seen - right) * 20 <= seen - usually, usually < seen
    else {
      return nil
    }
    return "\(NumberText.fixed(100 * Double(right) / Double(seen), decimals: 1))% of the classes"
  }

  /// What is said where the mean of a bin is nearly the value.
  private static func fit(_ bins: [Int], _ values: [Double]) -> String? {
    var sums: [Int: (sum: Double, count: Double)] = [:]
    for row in bins.indices where isFitted(row) {
      let old = sums[bins[row], default: (0, 0)]
      sums[bins[row]] = (old.sum + values[row], old.count + 1)
    }
    let judged = bins.indices.filter { !isFitted($0) && sums[bins[$0]] != nil }
    guard judged.count * 4 >= bins.count else { return nil }
    let mean = judged.reduce(0) { $0 + values[$1] } / Double(judged.count)
    var (left, total) = (0.0, 0.0)
    for row in judged {
      let (sum, count) = sums[bins[row]]!
      left += (values[row] - sum / count) * (values[row] - sum / count)
      total += (values[row] - mean) * (values[row] - mean)
    }
    guard total > 0, left < 0.001 * total else { return nil }
    return "R² \(NumberText.fixed(1 - left / total, decimals: 4))"
  }

  // MARK: Columns that are nearly the same

  private static func twins(_ columns: [Table.Column], _ rows: [Int]) -> [String] {
    let step = max(1, rows.count / 2000)
    let sample = stride(from: 0, to: rows.count, by: step).map { rows[$0] }
    guard sample.count >= 20 else { return [] }
    let numbers = columns.compactMap { column -> (name: String, values: [Double])? in
      guard case .numbers(let numbers) = column.values else { return nil }
      let values = sample.map { numbers[$0] }
      guard !values.contains(where: \.isNaN), Set(values).count > 2 else { return nil }
      let (mean, deviation) = NumberEncoding.scale(values)
      return (column.name, values.map { ($0 - mean) / deviation })
    }
    var warnings: [String] = []
    for (index, one) in numbers.prefix(200).enumerated() {
      for other in numbers.prefix(200).dropFirst(index + 1) {
        let correlation = zip(one.values, other.values).reduce(0) { $0 + $1.0 * $1.1 } / Double(sample.count)
        if abs(correlation) > 0.9999 { warnings.append("\(one.name) and \(other.name) are nearly the same column") }
      }
    }
    return warnings
  }
}
