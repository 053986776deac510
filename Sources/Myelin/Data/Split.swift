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

/// The numbers below `count` in an order that only `seed` decides.
func shuffledIndices(_ count: Int, seed: UInt64) -> [Int] {
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
