import Myelin
import XCTest

final class BagTests: XCTestCase {
  func testEmbeddingBag() {
    let random = RandomGenerator(seed: 1)
    for aggregation in Aggregation.allCases {
      let bag = EmbeddingBag(5, 3, aggregation: aggregation, generator: random)
      let y = bag([[4, 1, 4], [], [2]])
      let rows = (0..<5).map { row in Array(bag.weight.value.scalars[row * 3..<row * 3 + 3]) }
      let first = (0..<3).map { i -> Float in
        switch aggregation {
        case .sum: rows[4][i] * 2 + rows[1][i]
        case .mean: (rows[4][i] * 2 + rows[1][i]) / 3
        case .max: max(rows[4][i], rows[1][i])
        }
      }
      assertClose(y.scalars, first + [0, 0, 0] + rows[2], aggregation.rawValue)
      assertGradients(aggregation.rawValue, bag.parameters) { bag([[4, 1, 4], [], [2]]) }
    }
    let weights = Parameter(Tensor([0.5, 2, -1]))
    let bag = EmbeddingBag(5, 3, aggregation: .sum, generator: random)
    let bags = SparseMatrix([[4, 1], [], [2]], columns: 5)
    assertGradients("weights", bag.parameters + [weights]) { bag(bags, weights: weights.value) }
  }

  /// One number a bag by the formula with all pairs.
  func testFactorizationMachine() {
    let random = RandomGenerator(seed: 2)
    let machine = FactorizationMachine(6, 4, standardDeviation: 1, generator: random)
    machine.linear.value = random.normal([6, 1])
    machine.offset.value = Tensor([0.3])
    let bags: [[Int32]] = [[0, 3, 5], [2], []]
    let weights: [Float] = [1, 2, 0.5, 3]
    let (v, w) = (machine.factors.value, machine.linear.value)
    var start = 0
    let expected = bags.map { bag -> Float in
      let x = weights[start..<start + bag.count].map { $0 }
      start += bag.count
      var sum: Float = 0.3
      for (i, thing) in bag.enumerated() {
        sum += w[Int(thing), 0] * x[i]
        for j in 0..<i {
          sum += (0..<4).reduce(0) { $0 + v[Int(thing), $1] * v[Int(bag[j]), $1] } * x[i] * x[j]
        }
      }
      return sum
    }
    let matrix = SparseMatrix(bags, columns: 6)
    assertClose(machine(matrix, weights: Tensor(weights)).scalars, expected)
    assertGradients("factorization machine", machine.parameters) { machine(matrix, weights: Tensor(weights)) }
  }

  func testTwoTower() {
    let random = RandomGenerator(seed: 3)
    let towers = TwoTower(Dense(3, 5, generator: random), Embedding(4, 5, generator: random), normalizes: true)
    let (x, items) = (random.normal([2, 3]), Indices([3, 1]))
    let all = towers.products(x, items)
    XCTAssertEqual(all.shape, [2, 2])
    assertClose(towers((x, items)).scalars, [all[0, 0], all[1, 1]])
    XCTAssertTrue(all.scalars.allSatisfy { abs($0) <= 1.00001 })
    assertGradients("two towers", towers.parameters) { towers.products(x, items) }
  }

  func testTopProductsAndLeastSquares() {
    let users = Tensor([1, 0, 0, 1], shape: [2, 2])
    let items = Tensor([1, 2, 3, 1, 3, 5], shape: [3, 2])
    let (indices, products) = users.topProducts(2, among: items)
    XCTAssertEqual(indices.values, [1, 2, 2, 0])
    XCTAssertEqual(products.scalars, [3, 3, 5, 2])
    let seen = SparseMatrix([[1, 2], []], columns: 3)
    XCTAssertEqual(
      users.topProducts(2, among: items, bias: Tensor([0, 10, 0]), excluded: seen).indices.values, [0, -1, 1, 2])
    // Ratings that are products are found again.
    let ratings = SparseMatrix([[0, 1, 2], [], [2, 1]], columns: 3)
    let truth = Tensor([0.5, -1, 9, 9, 2, 1], shape: [3, 2])
    let targets = Tensor([0.5 - 2, 1.5 - 1, 1.5 - 5, 6 + 5, 6 + 1])
    let found = items.leastSquares(over: ratings, targets: targets, ridge: 1e-6)
    assertClose(found.scalars, [truth[0, 0], truth[0, 1], 0, 0, 2, 1], tolerance: 1e-3)
  }

  func testProductsOverEntries() {
    let random = RandomGenerator(seed: 4)
    let matrix = SparseMatrix([[2, 0, 2], [], [1]], columns: 3)
    let (rows, columns) = (Parameter(random.normal([3, 5])), Parameter(random.normal([3, 5])))
    let all = matmul(rows.value, columns.value.transposed())
    assertClose(
      Tensor.products(over: matrix, rows: rows.value, columns: columns.value).scalars,
      [all[0, 2], all[0, 0], all[0, 2], all[2, 1]])
    assertGradients("products", [rows, columns]) {
      .products(over: matrix, rows: rows.value, columns: columns.value)
    }
  }

  func testCompressedPairsKeepTheirOrder() {
    let (matrix, order) = SparseMatrix.compressed(
      pairs: ([2, 0, 2, 2], [1, 1, 0, 1]), rows: 4, columns: 2)
    XCTAssertEqual(matrix.starts.values, [0, 1, 1, 4, 4])
    XCTAssertEqual(matrix.indices!.values, [1, 1, 0, 1])
    XCTAssertEqual(order.values, [1, 0, 2, 3])
    XCTAssertEqual(matrix.rowOfEachEntry.values, [0, 2, 2, 2])
    XCTAssertEqual(matrix.columns(ofRow: 2), [1, 0, 1])
  }
}
