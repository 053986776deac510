import CKernels
import XCTest

final class RecommendTests: XCTestCase {
  /// Solves a symmetric system by elimination.
  private func solve(_ matrix: [[Double]], _ b: [Double]) -> [Double] {
    var (m, x) = (matrix, b)
    for j in x.indices {
      for i in x.indices where i > j {
        let share = m[i][j] / m[j][j]
        for k in x.indices { m[i][k] -= share * m[j][k] }
        x[i] -= share * x[j]
      }
    }
    for i in x.indices.reversed() {
      for k in x.indices where k > i { x[i] -= m[i][k] * x[k] }
      x[i] /= m[i][i]
    }
    return x
  }

  func testLeastSquaresRows() {
    for (columns, width, counts) in [(3, 1, [2, 0, 1]), (5, 7, [4, 0, 9]), (40, 33, (0..<60).map { $0 % 11 })] {
      for isImplicit in [false, true] {
        let entries = counts.reduce(0, +)
        let starts = counts.reduce(into: [Int32(0)]) { $0.append($0.last! + Int32($1)) }
        let indices = testIndices(entries, below: columns)
        let y = testValues(columns * width, seed: 2)
        let weights = testValues(entries, seed: 3, in: 0...3)
        let targets = testValues(entries, seed: 4)
        var base = [Float](repeating: 0, count: width * width)
        for i in 0..<width {
          for j in 0..<width { for c in 0..<columns { base[i * width + j] += y[c * width + i] * y[c * width + j] } }
        }
        let expected = counts.indices.flatMap { row -> [Double] in
          guard counts[row] > 0 else { return [Double](repeating: 0, count: width) }
          var matrix = (0..<width).map { i in
            (0..<width).map { j in
              (isImplicit ? Double(base[i * width + j]) : 0)
                + (i == j ? 0.5 + 0.25 * Double(counts[row]) : 0)
            }
          }
          var b = [Double](repeating: 0, count: width)
          for e in Int(starts[row])..<Int(starts[row + 1]) {
            let vector = (0..<width).map { Double(y[Int(indices[e]) * width + $0]) }
            for i in 0..<width {
              for j in 0..<width { matrix[i][j] += (isImplicit ? Double(weights[e]) : 1) * vector[i] * vector[j] }
              b[i] += Double(targets[e]) * vector[i]
            }
          }
          return solve(matrix, b)
        }
        onEveryMachine {
          var x = [Float](repeating: 9, count: counts.count * width)
          starts.withUnsafeBufferPointer { starts in
            indices.withUnsafeBufferPointer { indices in
              var a = ck_sparse(
                rows: Int64(counts.count), columns: Int64(columns), entries: Int64(entries),
                starts: starts.baseAddress, indices: indices.baseAddress)
              XCTAssertEqual(
                ck_least_squares_rows(
                  &a, Int64(width), isImplicit ? weights : nil, targets, isImplicit ? base : nil, 0.5, 0.25, y, &x),
                CK_OK)
            }
          }
          return [x]
        } check: { outputs, isa in
          assertClose(outputs[0], expected, within: .leastSquares, "\(isa) \(width)")
        }
      }
    }
  }

  func testTopProducts() {
    for (rows, items, width, count) in [(1, 1, 1, 1), (3, 5, 2, 9), (7, 200, 33, 10), (40, 900, 16, 5), (2, 3, 0, 2)] {
      // Small whole numbers: products are exact, and many are equal.
      let u = testValues(rows * width, seed: 1, in: -2...2).map { $0.rounded() }
      let v = testValues(items * width, seed: 2, in: -2...2).map { $0.rounded() }
      let bias = testValues(items, seed: 3, in: -1...1).map { $0.rounded() }
      let starts = (0...rows).map { Int32($0 * min(items, 3)) }
      let excluded = testIndices(rows * min(items, 3), below: items, seed: 4)
      for isPlain in [true, false] {
        var expected: [[(Float, Int32)]] = []
        for row in 0..<rows {
          let left = Set(isPlain ? [] : excluded[Int(starts[row])..<Int(starts[row + 1])])
          expected.append(
            (0..<items).filter { !left.contains(Int32($0)) }.map { item in
              let product = (0..<width).reduce(0) { $0 + u[row * width + $1] * v[item * width + $1] }
              return (product + (isPlain ? 0 : bias[item]), Int32(item))
            }
            .sorted { ($1.0, $0.1) < ($0.0, $1.1) })
        }
        onEveryMachine {
          var indices = [Int32](repeating: 7, count: rows * count)
          var products = [Float](repeating: 7, count: rows * count)
          starts.withUnsafeBufferPointer { starts in
            excluded.withUnsafeBufferPointer { excluded in
              var seen = ck_sparse(
                rows: Int64(rows), columns: Int64(items), entries: Int64(excluded.count), starts: starts.baseAddress,
                indices: excluded.baseAddress)
              XCTAssertEqual(
                withUnsafePointer(to: &seen) {
                  ck_top_products(
                    Int64(rows), Int64(items), Int64(width), Int64(count), u, v, isPlain ? nil : bias,
                    isPlain ? nil : $0, &indices, &products)
                }, CK_OK)
            }
          }
          return [indices.map(Float.init), products]
        } check: { outputs, isa in
          for row in 0..<rows {
            let best = expected[row].prefix(count)
            let filler = [Float](repeating: -1, count: count - best.count)
            let range = row * count..<(row + 1) * count
            XCTAssertEqual(Array(outputs[0][range]), best.map { Float($0.1) } + filler, isa)
            XCTAssertEqual(Array(outputs[1][range]), best.map(\.0) + filler.map { _ in 0 }, isa)
          }
        }
      }
    }
  }

  /// A number that is none comes last, and is not lost.
  func testTopProductsOfNaN() {
    var indices = [Int32](repeating: 7, count: 3)
    var products = [Float](repeating: 7, count: 3)
    XCTAssertEqual(ck_top_products(1, 3, 1, 3, [1], [.nan, 2, 3], nil, nil, &indices, &products), CK_OK)
    XCTAssertEqual(indices, [2, 1, 0])
  }
}
