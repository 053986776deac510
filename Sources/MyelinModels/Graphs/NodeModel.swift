import Foundation
import Myelin

/// A trained network for the nodes of a graph.
package struct NodeModel: RunModel {
  package static let kind = "nodes"

  package let nodeNetwork: NodeNetwork
  package let encoding: NodeEncoding
  package let options: RunOptions
  /// Fingerprint of the data that it was trained from.
  package let dataHash: String

  init(_ network: NodeNetwork, encoding: NodeEncoding, options: RunOptions, dataHash: String) {
    nodeNetwork = network
    self.encoding = encoding
    self.options = options
    self.dataHash = dataHash
  }

  package init(_ file: ModelFile) throws {
    let encoding = try file.decode(NodeEncoding.self, SavedModel.preprocessingKey) { $0.isConsistent }
    let options = try file.options
    let configuration = try file.decode(NodeNetwork.Configuration.self, SavedModel.networkKey) {
      $0.isConsistent && $0.inputs == encoding.inputCount && $0.outputs == encoding.target.outputCount
    }
    let network = try file.network(of: configuration.size) { NodeNetwork(configuration) }
    self.init(network, encoding: encoding, options: options, dataHash: file.dataHash)
  }

  package var network: any Module { nodeNetwork }

  package var summary: ModelSummary {
    let graph = Graph(nodeCount: 1, from: [], to: [])
    return nodeNetwork.summary(
      input: GraphInput(nodes: Tensor(zeros: [1, encoding.inputCount]), graph: graph))
  }

  package var description: ModelDescription {
    ModelDescription(
      task: encoding.target.task.rawValue, target: encoding.target.column, classNames: encoding.target.classNames,
      inputCount: encoding.inputCount, inputColumns: encoding.features?.columnNames)
  }

  package var metadata: [String: String] {
    get throws {
      try ModelFile.metadata(
        network: nodeNetwork.configuration, preprocessing: encoding, options: options, dataHash: dataHash)
    }
  }

  /// Of the judged nodes among all.
  static func objective(_ task: LearningTask, _ settings: TrainingSettings) -> Objective<Tensor, NodeBatch> {
    let base: Objective<Tensor, TensorBatch> =
      task == .classification ? .classification(labelSmoothing: settings.labelSmoothing) : .regression()
    let judged = Objective<Tensor, NodeBatch>(of: base) { ($0.labels, $0.targets) }
    return Objective(judged.name) { outputs, batch in judged(outputs.gathered(batch.nodes), batch) }
  }

  /// The nodes of a file, in the graph of the file of edges that was named, or else the run's own.
  private func table(_ path: String, _ options: InputOptions, withTarget: Bool) throws -> NodeTable {
    var reading = options.table.applied(to: CSVOptions())
    let name = encoding.target.column
    if let id = encoding.idColumn { reading.kinds[id] = .category }
    reading.kinds[name] = encoding.target.task == .regression ? .number : .category
    reading.missing.subtract(encoding.target.classNames)
    let nodes = try Table(csv: DataPath.input(path), options: reading)
    if withTarget { _ = try nodes.column(named: name) }
    guard let edges = options.edges ?? self.options.source.edges?.located(near: nil) else {
      throw DataError(path, "nodes without edges", expected: "--edges with the file of edges")
    }
    return try NodeTable(nodes: nodes, edges: URL(fileURLWithPath: edges), target: name)
  }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> NodeSamples {
    let table = try table(path, options, withTarget: true)
    let (labels, targets) = try table.answers(encoding.target)
    let known = try NodeTable.known(table.nodes, encoding.target.column).map(Int32.init)
    return NodeSamples(
      features: try table.features(encoding), graph: table.graph, nodes: known, labels: labels, targets: targets,
      classCount: encoding.labelCount, known: [], isTraining: false)
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: NodeSamples, hasChanged: Bool) {
    let data = try taskAgain(NodeTask.self, near: folder) { $0.nodeEncoding == encoding }
    return (data.test, data.hash != dataHash)
  }

  package func test(on samples: NodeSamples) -> TrainingReport.Test {
    let all = 0..<samples.count
    let evaluation = evaluate(
      nodeNetwork, NodeModel.objective(encoding.target.task, options.settings), on: samples,
      batchSize: max(samples.count, 1))
    let batch = samples.batch(all)
    let outputs = withoutGradient { nodeNetwork(batch.inputs) }
    let judged = withoutGradient { outputs.gathered(batch.nodes) }
    guard let labels = batch.labels else {
      let target = encoding.target
      return .init(
        scores: evaluation.scores,
        kind: .regression(
          truth: (batch.targets?.scalars ?? []).map(target.number(ofTarget:)), predicted: target.values(of: judged),
          target: target.column))
    }
    return .init(
      scores: evaluation.scores, kind: .classes(encoding.target.classNames, judged, labels),
      pictures: GraphDrawing.group(
        samples, classes: outputs.argmax(axis: 1).values, names: encoding.target.classNames))
  }

  /// Nodes whose class stands in the file help the others to theirs; their own answers are made without any.
  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    let path = try onePath(paths, options, expected: "one file of nodes")
    let table = try table(path, options, withTarget: false)
    let features = try table.features(encoding)
    let hasTarget = table.nodes.columnNames.contains(encoding.target.column)
    let labels =
      hasTarget && encoding.usesLabels
      ? try table.answers(encoding.target).labels : [Int32](repeating: -1, count: table.graph.nodeCount)
    let known = labels.indices.filter { labels[$0] >= 0 }.map(Int32.init)
    func outputs(_ known: [Int32]) -> Tensor {
      let samples = NodeSamples(
        features: features, graph: table.graph, nodes: [], labels: labels, targets: [],
        classCount: encoding.labelCount, known: known, isTraining: false)
      return withoutGradient { nodeNetwork(samples.batch(0..<0).inputs) }
    }
    let (without, with) = (outputs([]), known.isEmpty ? nil : outputs(known))
    guard let with else { return answers(without) }
    // The one table after the other: a row of the second where the node's class is not known.
    let count = Int32(labels.count)
    let rows = labels.indices.map { labels[$0] >= 0 ? Int32($0) : count + Int32($0) }
    return answers(withoutGradient { Tensor.concatenated([without, with]).gathered(Indices(rows)) })
  }

  private func answers(_ outputs: Tensor) -> Answers {
    let target = encoding.target
    return target.task == .regression
      ? Answers(values: target.values(of: outputs), targetName: target.column)
      : Answers(logits: outputs, classNames: target.classNames, targetName: target.column)
  }
}
