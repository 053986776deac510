import Foundation
import Myelin

/// Two CSV files of one's own, nodes and edges, of which one column of the nodes is learned: `--nodes` and `--edges`.
package struct NodeData: OwnData {
  package let name = "graph"
  package let summary = "files of nodes and edges"
  package let network: String? = "two residual GraphSAGE layers of 64"
  package let takesDropout = true
  package let settings = Social.usual
  package let sourceOptions: Set<RunSource.Option> = [.target, .task, .nodes, .edges]
  package let askedBy: RunSource.Option? = .nodes
  package let optionsWithoutEffect: Set<String> = ["--balance", "--batch-size"]

  package init() {}

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    guard let nodes = options.source.path, let edges = options.source.edges, let target = options.source.target else {
      throw DataError(options.source.name, "no nodes, no edges or no column to predict", expected: "all three")
    }
    let (nodePath, edgePath) = (nodes.located(near: folder), edges.located(near: folder))
    var reading = CSVOptions()
    if options.source.task == .regression { reading.kinds[target] = .number }
    let table = try Table(csv: DataPath.input(nodePath), options: reading)
    let data = try NodeTable(nodes: table, edges: URL(fileURLWithPath: edgePath), target: target)
    return try NodeTask(
      data, target: target, .init(), options, origin: [("data", "\(nodePath) and \(edgePath)")])
  }
}
