import Foundation
import Myelin

/// What turns a table of nodes and one of edges into the inputs of a ``NodeNetwork``, and its outputs into answers.
package struct NodeEncoding: Codable, Equatable, Sendable {
  /// Of a node's own columns; nil where there are none, so that each node is a feature of its own.
  var features: FeatureEncoder?
  var target: TargetEncoder
  /// The column that edges name nodes by; nil for the row's number from 0.
  var idColumn: String?
  /// Nodes, where each is a feature of its own; else 0.
  var identityCount: Int
  /// Whether the classes of other nodes are features.
  var usesLabels: Bool
  /// Of each feature that is a number: its values at the hundredths of the training nodes.
  var ranks: [Rank] = []

  /// A feature by its place among the training nodes': few large numbers then do not hide differences between the others.
  struct Rank: Codable, Equatable, Sendable {
    var feature: Int
    /// Rising.
    var values: [Float]

    /// From −1.7 to 1.7.
    func callAsFunction(_ value: Float) -> Float {
      let above = values.firstIndex { $0 > value } ?? values.count
      let below = values.firstIndex { $0 >= value } ?? values.count
      return (Float(above + below) / Float(2 * values.count) - 0.5) * 3.46
    }
  }

  /// Of the nodes, without classes of others: their own columns, or what each is, and the logarithm of the edges' number.
  var ownFeatureCount: Int { features.map { $0.featureCount + ranks.count + 1 } ?? identityCount }
  var inputCount: Int { ownFeatureCount + labelCount }
  var labelCount: Int { usesLabels ? target.classNames.count : 0 }

  var isConsistent: Bool {
    features?.isConsistent != false && target.isConsistent && (0...1 << 24).contains(identityCount)
      && (features == nil) == (identityCount > 0)
      && ranks.allSatisfy { (0..<(features?.featureCount ?? 0)).contains($0.feature) && !$0.values.isEmpty }
  }
}

/// Nodes and edges as they stand in two files.
struct NodeTable {
  let nodes: Table
  let graph: Graph
  let idColumn: String?
  /// Edges as they are listed, each counted once.
  let listedEdges: Int

  /// The names by which edges and nodes are usually told, without regard to case.
  private static let idNames = ["id", "node", "node_id", "nodeid", "name"]
  private static let sourceNames = ["source", "from", "src", "node1", "a", "u"]
  private static let targetNames = ["target", "to", "dst", "node2", "b", "v"]

  /// - Parameters:
  ///   - nodes: a row a node.
  ///   - edges: a row an edge, both ways: its ends in the columns source and target (or from and to), else the first two; its
  ///     weight in the column weight, where there is one.
  ///   - target: the column that is learned, which names no nodes.
  /// - Throws: `DataError` for a node that the edges name and the nodes do not have, with its line.
  init(nodes: Table, edges: URL, target: String) throws {
    self.nodes = nodes
    var options = CSVOptions()
    options.readsTexts = true
    let table = try Table(csv: edges, options: options)
    func place(_ names: [String], _ otherwise: Int) throws -> Table.Column {
      if let found = table.columns.first(where: { names.contains($0.name.lowercased()) }) { return found }
      guard otherwise < table.columns.count else {
        throw DataError(table.source, "edges", expected: "two columns, as source and target")
      }
      return table.columns[otherwise]
    }
    let (source, end) = (try place(NodeTable.sourceNames, 0), try place(NodeTable.targetNames, 1))
    guard source.name != end.name else {
      throw DataError(table.source, "edges", expected: "two columns, as source and target")
    }
    let column = nodes.columns.first { NodeTable.idNames.contains($0.name.lowercased()) && $0.name != target }
    idColumn = column?.name
    var rowOf: [String: Int32] = [:]
    if let column {
      for (row, text) in NodeTable.texts(column).enumerated() {
        guard let text else {
          throw DataError(
            nodes.source, line: nodes.lines[row], "column \(DataError.quoted(column.name))", expected: "a name")
        }
        guard rowOf.updateValue(Int32(row), forKey: text) == nil else {
          throw DataError(
            nodes.source, line: nodes.lines[row], "column \(DataError.quoted(column.name))",
            expected: "each node once", found: "\(DataError.quoted(text)) again")
        }
      }
    } else {
      for row in 0..<nodes.rowCount { rowOf["\(row)"] = Int32(row) }
    }
    func ends(_ column: Table.Column) throws -> [Int32] {
      try NodeTable.texts(column).enumerated().map { row, text in
        guard let text, let node = rowOf[text] else {
          throw DataError(
            table.source, line: table.lines[row], "column \(DataError.quoted(column.name))",
            expected: "a node of \(nodes.source)", found: text.map(DataError.quoted) ?? "nothing")
        }
        return node
      }
    }
    let pairs = Array(zip(try ends(source), try ends(end)))
    var weights: [Float]?
    if let column = table.columns.first(where: { $0.name.lowercased() == "weight" }) {
      weights = try NodeTable.texts(column).enumerated().map { row, text in
        guard let number = text.flatMap(Float.init), number.isFinite, number >= 0 else {
          throw DataError(
            table.source, line: table.lines[row], "column \"\(column.name)\"", expected: "a number from 0 on",
            found: text.map(DataError.quoted) ?? "nothing")
        }
        return number
      }
    }
    listedEdges = pairs.count
    graph = Graph(nodeCount: nodes.rowCount, undirected: pairs, weights: weights)
  }

  private static func texts(_ column: Table.Column) -> [String?] {
    switch column.values {
    case .categories(let levels, let codes): codes.map { $0 < 0 ? nil : levels[Int($0)] }
    case .numbers(let numbers): numbers.map { $0.isNaN ? nil : Int(exactly: $0).map(String.init) ?? "\($0)" }
    case .dates(let dates): dates.map { "\($0)" }
    }
  }

  /// Rows with a value of the target.
  static func known(_ table: Table, _ target: String) throws -> [Int] {
    switch try table.column(named: target).values {
    case .numbers(let numbers), .dates(let numbers): numbers.indices.filter { !numbers[$0].isNaN }
    case .categories(_, let codes): codes.indices.filter { codes[$0] >= 0 }
    }
  }

  /// [nodes, own features].
  func features(_ encoding: NodeEncoding) throws -> Tensor {
    guard let encoder = encoding.features else {
      guard encoding.identityCount == nodes.rowCount else {
        throw DataError(
          nodes.source, "nodes without columns of their own", expected: "the \(encoding.identityCount) of the training",
          found: "\(nodes.rowCount)")
      }
      return Tensor(shape: [nodes.rowCount, nodes.rowCount]) { target in
        target.update(repeating: 0)
        for node in 0..<nodes.rowCount { target[node * (nodes.rowCount + 1)] = 1 }
      }
    }
    let degrees = Tensor(
      (0..<graph.nodeCount).map { logf(1 + Float(graph.edges.count(ofRow: $0))) / 2 - 1 },
      shape: [graph.nodeCount, 1])
    let own = try encoder.inputs(nodes)
    let (count, width, values) = (graph.nodeCount, encoder.featureCount, own.scalars)
    let ranked = Tensor(
      (0..<count).flatMap { node in encoding.ranks.map { $0(values[node * width + $0.feature]) } },
      shape: [count, encoding.ranks.count])
    return .concatenated([own, ranked, degrees], axis: 1)
  }

  /// Labels or targets of all nodes, −1 or NaN where they are not known.
  func answers(_ target: TargetEncoder) throws -> (labels: [Int32], targets: [Float]) {
    let known = try NodeTable.known(nodes, target.column)
    let rows = nodes.rows(known)
    if target.task == .classification {
      var labels = [Int32](repeating: -1, count: nodes.rowCount)
      for (row, label) in zip(known, try target.labels(of: rows)) { labels[row] = label }
      return (labels, [])
    }
    var targets = [Float](repeating: .nan, count: nodes.rowCount)
    for (row, value) in zip(known, try target.targets(of: rows)) { targets[row] = value }
    return ([], targets)
  }
}
