/// Which rows are for training, validation and testing; each row is in exactly one part.
public struct Split: Codable, Equatable, Sendable {
  /// Row numbers to train on.
  public var training: [Int]
  /// Row numbers to watch training on.
  public var validation: [Int]
  /// Row numbers for the end.
  public var test: [Int]

  /// Shuffles `count` rows and cuts them.
  ///
  /// The parts' sizes are the fractions of `count`, rounded to nearest; training gets the rest. The same arguments give
  /// the same split on every machine.
  ///
  /// - Precondition: the fractions are not negative and leave something for training.
  public init(count: Int, validation: Double = 0, test: Double = 0.2, seed: UInt64) {
    Split.check(validation, test)
    let order = shuffledIndices(count, seed: seed)
    let testCount = Int((Double(count) * test).rounded())
    let validationCount = min(Int((Double(count) * validation).rounded()), count - testCount)
    self.test = Array(order[..<testCount])
    self.validation = Array(order[testCount..<testCount + validationCount])
    training = Array(order[(testCount + validationCount)...])
  }

  /// Shuffles rows and cuts them so that each class has nearly the same share in each part.
  ///
  /// The parts' sizes are as in `init(count:…)`. Each class first gives the whole numbers of its shares; those left over
  /// go to the classes with the largest remainders, the first of equals.
  public init(labels: [Int32], validation: Double = 0, test: Double = 0.2, seed: UInt64) {
    Split.check(validation, test)
    let order = shuffledIndices(labels.count, seed: seed)
    let classes = Set(labels).sorted()
    var members = Dictionary(uniqueKeysWithValues: classes.map { ($0, [Int]()) })
    for row in order { members[labels[row]]!.append(row) }
    let testCount = Int((Double(labels.count) * test).rounded())
    let validationCount = min(Int((Double(labels.count) * validation).rounded()), labels.count - testCount)
    let sizes = classes.map { members[$0]!.count }
    let testSizes = Split.shares(of: sizes, total: testCount)
    let left = zip(sizes, testSizes).map { $0 - $1 }
    let validationSizes = Split.shares(of: left, total: validationCount)
    var parts: (training: Set<Int>, validation: Set<Int>) = ([], [])
    for (index, label) in classes.enumerated() {
      let rows = members[label]!
      let start = testSizes[index] + validationSizes[index]
      parts.validation.formUnion(rows[testSizes[index]..<start])
      parts.training.formUnion(rows[start...])
    }
    // In the shuffled order, not class by class.
    training = order.filter(parts.training.contains)
    self.validation = order.filter(parts.validation.contains)
    self.test = order.filter { !parts.training.contains($0) && !parts.validation.contains($0) }
  }

  /// Cuts rows by an order, as a forecast is judged: the last ones are for testing, those before them for validation. Rows
  /// of the same place keep their order; those without one (NaN) come first.
  public init(order: [Double], validation: Double = 0, test: Double = 0.2) {
    Split.check(validation, test)
    let rows = order.indices.sorted {
      let (one, other) = (order[$0].isNaN ? -.infinity : order[$0], order[$1].isNaN ? -.infinity : order[$1])
      return one < other || one == other && $0 < $1
    }
    let testCount = Int((Double(rows.count) * test).rounded())
    let validationCount = min(Int((Double(rows.count) * validation).rounded()), rows.count - testCount)
    let trainingCount = rows.count - testCount - validationCount
    training = Array(rows[..<trainingCount])
    self.validation = Array(rows[trainingCount..<trainingCount + validationCount])
    self.test = Array(rows[(trainingCount + validationCount)...])
  }

  /// Shuffles groups and gives each to one part, until the parts' sizes are nearest to their shares: rows of one patient,
  /// say, are never on both sides.
  ///
  /// - Parameters:
  ///   - groups: the group of each row.
  ///   - validation: share of the rows.
  ///   - test: share of the rows.
  ///   - seed: of the order of the groups.
  public init(groups: [Int32], validation: Double = 0, test: Double = 0.2, seed: UInt64) {
    Split.check(validation, test)
    var sizes: [Int32: Int] = [:]
    for group in groups { sizes[group, default: 0] += 1 }
    let names = sizes.keys.sorted()
    var parts: [Int32: Int] = [:]
    var (wanted, taken) = ([test, validation].map { $0 * Double(groups.count) }, [0.0, 0.0])
    if names.count > 1 { wanted = wanted.map { $0 == 0 ? 0 : max($0, 1) } }
    for name in shuffledIndices(names.count, seed: seed).map({ names[$0] }) {
      let size = Double(sizes[name]!)
      // The first part that comes nearer to its size by it.
      guard let part = wanted.indices.first(where: { abs(wanted[$0] - taken[$0] - size) < wanted[$0] - taken[$0] })
      else {
        continue
      }
      parts[name] = part
      taken[part] += size
    }
    let order = shuffledIndices(groups.count, seed: seed)
    self.test = order.filter { parts[groups[$0]] == 0 }
    self.validation = order.filter { parts[groups[$0]] == 1 }
    training = order.filter { parts[groups[$0]] == nil }
  }

  /// `total` divided in the proportion of `sizes`, none more than its size.
  private static func shares(of sizes: [Int], total: Int) -> [Int] {
    let sum = sizes.reduce(0, +)
    guard sum > 0 else { return sizes }
    var shares = sizes.map { $0 * total / sum }
    let byRemainder = sizes.indices.sorted { (sizes[$0] * total % sum, -$0) > (sizes[$1] * total % sum, -$1) }
    for index in byRemainder.prefix(total - shares.reduce(0, +)) { shares[index] += 1 }
    return shares
  }

  private static func check(_ validation: Double, _ test: Double) {
    require(
      validation >= 0 && test >= 0 && validation + test < 1,
      "Split: validation \(validation) and test \(test) must not be negative and leave rows for training")
  }
}

/// How the rows of a table are divided into those for training, validation and testing.
public enum RowDivision: Codable, Equatable, Sendable {
  /// By chance, for a classification with the same share of each class in each part.
  case random
  /// By a column of dates or numbers: the last ones are for testing.
  case time(String)
  /// By chance, but all rows with one value in a column together.
  case groups(String)

  /// The column that decides.
  public var column: String? {
    switch self {
    case .random: nil
    case .time(let column), .groups(let column): column
    }
  }
}

extension Table {
  /// The rows divided.
  ///
  /// - Throws: `DataError` for a column that is not there, cannot be ordered, or has one group only.
  func divided(by division: RowDivision, validation: Double, test: Double, seed: UInt64) throws -> Split? {
    switch division {
    case .random: return nil
    case .time(let name):
      switch try column(named: name).values {
      case .numbers(let values), .dates(let values): return Split(order: values, validation: validation, test: test)
      case .categories:
        throw DataError(
          source, "column \(DataError.quoted(name))", expected: "dates or numbers to divide the rows by", found: "text")
      }
    case .groups(let name):
      let groups = try groups(named: name)
      guard groups.contains(where: { $0 != groups[0] }) else {
        throw DataError(source, "column \(DataError.quoted(name))", expected: "at least two groups", found: "one")
      }
      return Split(groups: groups, validation: validation, test: test, seed: seed)
    }
  }

  /// A number for each different value of a column; −1 for a missing one.
  func groups(named name: String) throws -> [Int32] {
    switch try column(named: name).values {
    case .categories(_, let codes): return codes
    case .numbers(let values), .dates(let values):
      var places: [Double: Int32] = [:]
      return values.map { value in
        if value.isNaN { return -1 }
        let place = places[value] ?? Int32(places.count)
        places[value] = place
        return place
      }
    }
  }
}

/// The numbers below `count` in an order that only `seed` decides.
package func shuffledIndices(_ count: Int, seed: UInt64) -> [Int] {
  var order = Array(0..<count)
  order.withUnsafeMutableBufferPointer { shuffle($0, seed: seed) }
  return order
}

/// Shuffles in place (R. Durstenfeld 1964): for i from the last down to 1, swaps element i with one of 0…i.
func shuffle<T>(_ values: UnsafeMutableBufferPointer<T>, seed: UInt64) {
  var generator = SplitMix64(seed: seed)
  var i = values.count - 1
  while i > 0 {
    values.swapAt(i, generator.next(below: i + 1))
    i -= 1
  }
}

/// The generator behind splits and the order of batches: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom
/// number generators", 2014. The sequence of a seed never changes, also in later versions.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }

  /// A number in 0..<bound: the high half of a product (D. Lemire 2019, without the rejection, whose bias is below
  /// bound / 2^64).
  mutating func next(below bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }
}
