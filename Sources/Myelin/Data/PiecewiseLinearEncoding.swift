/// A number as a thermometer of bins (Gorishniy, Rubachev & Babenko 2022, "On Embeddings for Numerical Features in
/// Tabular Deep Learning"): with edges e₀ < e₁ < … < e_q bin i holds pᵢ(x) = (x − eᵢ) / (eᵢ₊₁ − eᵢ), cut off at 0 and 1.
///
/// A linear layer on the bins is any function of x that is linear between the edges, so that a network need not
/// build steps and bends of one column out of hidden units. All bins follow from one number, the ``position(of:)``
/// t ∈ 0 … q of x on the scale of the edges: pᵢ = clamp(t − i, 0, 1). ``PiecewiseLinearDense`` takes that.
public struct PiecewiseLinearEncoding: Codable, Hashable, Sendable {
  /// e₀ < e₁ < … < e_q, two at least.
  public let edges: [Double]
  /// The mean of each bin over the rows that it was fitted on.
  public let means: [Double]

  /// q
  public var binCount: Int { edges.count - 1 }

  /// How many bins suit so many rows: clamp(rows / 250, 16, 128).
  public static func suitedBinCount(rows: Int) -> Int { min(max(rows / 250, 16), 128) }

  /// Edges at all distinct values, where there are at most `maximumBinCount` + 1; else half of them at quantiles of
  /// the values and half at quantiles of the distinct values, so that neither a value that most rows have nor a long
  /// tail takes all bins. NaNs are left out. Nil for fewer than two different values.
  ///
  /// Precondition: at least two bins, and no infinite values.
  public init?(fitting values: [Double], maximumBinCount: Int) {
    require(maximumBinCount >= 2, "PiecewiseLinearEncoding: at most \(maximumBinCount) bins")
    let sorted = values.filter { !$0.isNaN }.sorted()
    guard let first = sorted.first, let last = sorted.last, first < last else { return nil }
    require(first.isFinite && last.isFinite, "PiecewiseLinearEncoding: values from \(first) to \(last)")
    var distinct: [Double] = []
    for value in sorted where value != distinct.last { distinct.append(value) }
    if distinct.count <= maximumBinCount + 1 {
      edges = distinct
    } else {
      let half = maximumBinCount / 2
      func quantiles(_ ordered: [Double], _ count: Int) -> [Double] {
        (0...count).map { ordered[$0 * (ordered.count - 1) / count] }
      }
      // Both have the least and the greatest value.
      edges = Set(quantiles(sorted, half) + quantiles(distinct, maximumBinCount - half)).sorted()
    }
    var sums = [Double](repeating: 0, count: edges.count - 1)
    // A value counts 1 in all bins below its own.
    var whole = sums
    for value in sorted {
      let position = PiecewiseLinearEncoding.position(of: value, edges)
      let bin = min(Int(position), sums.count - 1)
      sums[bin] += position - Double(bin)
      if bin > 0 { whole[bin - 1] += 1 }
    }
    var above = 0.0
    for bin in sums.indices.reversed() {
      above += whole[bin]
      sums[bin] = (sums[bin] + above) / Double(sorted.count)
    }
    means = sums
  }

  /// t ∈ 0 … q: the number of whole bins below x and the share of its own; 0 for a NaN.
  public func position(of x: Double) -> Double { PiecewiseLinearEncoding.position(of: x, edges) }

  private static func position(of x: Double, _ edges: [Double]) -> Double {
    guard x > edges[0] else { return 0 }
    guard x < edges[edges.count - 1] else { return Double(edges.count - 1) }
    // The last edge at or below x.
    var (low, high) = (0, edges.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if edges[middle] <= x { low = middle } else { high = middle }
    }
    return Double(low) + (x - edges[low]) / (edges[low + 1] - edges[low])
  }

  /// All bins: [q].
  public func callAsFunction(_ x: Double) -> [Double] {
    let position = position(of: x)
    return (0..<binCount).map { min(max(position - Double($0), 0), 1) }
  }

  /// Whether fitting can have made it; one decoded from a file may be anything.
  package var isConsistent: Bool {
    edges.count >= 2 && means.count == edges.count - 1 && zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 }
      && edges.allSatisfy(\.isFinite) && means.allSatisfy { (0...1).contains($0) }
  }
}
