import Foundation

/// Learned vectors for the levels of columns of categories (C. Guo and F. Berkhahn, "Entity embeddings of categorical
/// variables", 2016): for columns of many levels, of which one feature each would be many and rare.
///
/// x [N, columns] holds levels, 0 ..< levels of its column, or −1 for one that training did not have; the result
/// [N, outputs] has the columns' vectors one after another. Unknown levels have a vector of their own, which training does
/// not see and which stays 0, the middle of the others' start.
///
/// ```swift
/// let embedding = CategoryEmbedding(levels: [1200, 7])
/// let hidden = Dense(embedding.outputs + numbers, 128, activation: .relu)
/// ```
public final class CategoryEmbedding: Module, CustomStringConvertible {
  /// Of each column [levels + 1, size]; the first row is that of unknown levels.
  public let tables: [Parameter]
  /// Levels of each column.
  public let levels: [Int]
  /// Numbers of each column's vector.
  public let sizes: [Int]
  /// Numbers of all vectors of a row.
  public var outputs: Int { sizes.reduce(0, +) }

  /// Vectors that start normally distributed around 0.
  ///
  /// - Parameters:
  ///   - levels: of each column, at least 1.
  ///   - sizes: numbers of each column's vector, at least 1; nil for those that suit the levels.
  ///   - standardDeviation: of the start.
  ///   - generator: what the start is drawn from.
  public init(
    levels: [Int], sizes: [Int]? = nil, standardDeviation: Float = 0.1, generator: RandomGenerator = .shared
  ) {
    let sizes = sizes ?? levels.map(CategoryEmbedding.suitedSize)
    require(
      !levels.isEmpty && levels.count == sizes.count && levels.allSatisfy { $0 > 0 } && sizes.allSatisfy { $0 > 0 },
      "CategoryEmbedding: \(levels) levels with vectors of \(sizes)")
    self.levels = levels
    self.sizes = sizes
    tables = zip(levels, sizes).map { count, size in
      let start = generator.normal([count, size], standardDeviation: standardDeviation)
      return Parameter(Tensor.concatenated([Tensor(zeros: [1, size]), start], axis: 0))
    }
  }

  /// 1.6 levels^0.56, at most 50: the rule of thumb of fastai.
  public static func suitedSize(levels: Int) -> Int {
    min(50, max(1, Int((1.6 * pow(Double(max(levels, 1)), 0.56)).rounded())))
  }

  /// x [N, columns] to [N, outputs]. Precondition: each level is below its column's count.
  public func callAsFunction(_ x: Indices) -> Tensor {
    Observation.layer(self) {
      let columns = levels.count
      require(
        x.shape.rank == 2 && x.shape[1] == columns, "CategoryEmbedding: indices \(x.shape) for \(columns) columns")
      let values = x.values
      let vectors = tables.enumerated().map { column, table in
        let rows = (0..<x.shape[0]).map { row -> Int32 in
          let level = values[row * columns + column]
          require(
            level >= -1 && level < levels[column],
            "CategoryEmbedding: level \(level) in column \(column) of \(levels[column])")
          return level + 1
        }
        return table.value.gathered(Indices(rows))
      }
      return vectors.count == 1 ? vectors[0] : Tensor.concatenated(vectors, axis: 1)
    }
  }

  public var description: String {
    "CategoryEmbedding(\(zip(levels, sizes).map { "\($0)→\($1)" }.joined(separator: ", ")))"
  }
}

/// Sines and cosines of numbers, at frequencies that are learned (Y. Gorishniy et al., "On embeddings for numerical features
/// in tabular deep learning", 2022).
///
/// x [N, inputs] becomes [N, inputs · 2 frequencies]: for each input sin(2π c x) of all its frequencies c, then their
/// cosines. What follows is usually a dense layer. Numbers should be standardised.
public final class PeriodicEmbedding: Module, CustomStringConvertible {
  /// c [inputs, frequencies].
  public let frequencies: Parameter
  /// Numbers of a row.
  public let inputs: Int
  /// Numbers of the result for a row.
  public var outputs: Int { inputs * 2 * frequencies.shape[1] }

  /// Frequencies that start normally distributed around 0.
  ///
  /// - Parameters:
  ///   - inputs: numbers of a row, at least 1.
  ///   - frequencies: of each number, at least 1.
  ///   - standardDeviation: of the start: large for a target that changes fast with a number, and the setting that matters
  ///     most.
  ///   - generator: what the start is drawn from.
  public init(
    _ inputs: Int, frequencies: Int = 16, standardDeviation: Float = 0.1, generator: RandomGenerator = .shared
  ) {
    require(inputs > 0 && frequencies > 0, "PeriodicEmbedding(\(inputs), frequencies: \(frequencies)): from 1")
    self.inputs = inputs
    self.frequencies = Parameter(
      generator.normal([inputs, frequencies], standardDeviation: standardDeviation))
  }

  /// x [N, inputs] to [N, outputs]. Precondition: x fits.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) {
      require(x.rank == 2 && x.shape[1] == inputs, "PeriodicEmbedding: input \(x.shape) for \(inputs) numbers")
      let (rows, count) = (x.shape[0], frequencies.shape[1])
      let angles =
        x.reshaped([rows, inputs, 1]) * frequencies.value.reshaped([1, inputs, count]) * Tensor(2 * Float.pi)
      return Tensor.concatenated([sin(angles), cos(angles)], axis: 2).reshaped([rows, outputs])
    }
  }

  public var description: String { "PeriodicEmbedding(\(inputs), frequencies: \(frequencies.shape[1]))" }
}
