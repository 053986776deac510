import Foundation
import Myelin

/// The nodes of a graph, of which a ``NodeNetwork`` learns a class or a number.
package struct NodeTask: RunTask, Sendable {
  package let training: NodeSamples
  package let validation: NodeSamples?
  package let test: NodeSamples
  package let facts: [TrainingReport.Fact]
  package let hash: String
  let nodeEncoding: NodeEncoding
  private let configuration: NodeNetwork.Configuration

  /// How the nodes of a task are learned.
  struct Form: Sendable {
    var kind = NodeNetwork.Configuration.Kind.sage
    var hidden = 64
    var layers = 2
    var activation = Activation.gelu
    var usesLabels = true
    /// Rows of the training and the test; nil divides by chance.
    var division: (training: [Int], test: [Int])?
    var recipe = FeatureRecipe()
  }

  /// - Parameter origin: what is told of where it comes from.
  /// - Throws: `DataError` for a target that is not there or has nothing to learn.
  init(_ table: NodeTable, target name: String, _ form: Form, _ options: RunOptions, origin: [TrainingReport.Fact])
    throws
  {
    let nodes = table.nodes
    let known = try NodeTable.known(nodes, name)
    guard known.count >= 4 else {
      throw DataError(
        nodes.source, "nodes with a value in \"\(name)\"", expected: "at least 4", found: "\(known.count)")
    }
    let labelled = nodes.rows(known)
    var target = try TargetEncoder(fitting: labelled, column: name, task: options.source.task)
    let isClassification = target.task == .classification
    let split: Split
    if let division = form.division {
      var parts = Split(count: 1, test: 0, seed: 0)
      (parts.training, parts.validation, parts.test) = (division.training, [], division.test)
      split = parts
    } else {
      let own =
        isClassification
        ? Split(
          labels: try target.labels(of: labelled), validation: options.validationShare, test: options.testShare,
          seed: options.seed)
        : Split(
          count: known.count, validation: options.validationShare, test: options.testShare, seed: options.seed)
      var parts = own
      parts.training = own.training.map { known[$0] }
      parts.validation = own.validation.map { known[$0] }
      parts.test = own.test.map { known[$0] }
      split = parts
    }
    guard !split.test.isEmpty, !split.training.isEmpty else {
      throw DataError(nodes.source, "the shares leave no nodes for training or the test, of \(known.count)")
    }
    if !isClassification {
      target = try TargetEncoder(fitting: nodes, column: name, task: .regression, rows: split.training)
    }
    let usesLabels = form.usesLabels && isClassification
    var recipe = form.recipe
    if let id = table.idColumn { recipe.ignored.insert(id) }
    let others = nodes.columnNames.filter { $0 != name && !recipe.ignored.contains($0) }
    let features =
      others.isEmpty ? nil : try FeatureEncoder(fitting: nodes, target: name, rows: split.training, recipe: recipe)
    var encoding = NodeEncoding(
      features: features, target: target, idColumn: table.idColumn,
      identityCount: features == nil ? nodes.rowCount : 0, usesLabels: usesLabels)
    if let features {
      let (values, width) = (try features.inputs(nodes).scalars, features.featureCount)
      for group in features.groups where group.kind == .number && group.range.count == 1 {
        let feature = group.range.lowerBound
        let sorted = split.training.map { values[$0 * width + feature] }.sorted()
        encoding.ranks.append(
          .init(feature: feature, values: (0...100).map { sorted[$0 * (sorted.count - 1) / 100] }))
      }
    }
    nodeEncoding = encoding
    let (labels, targets) = try table.answers(target)
    let inputs = try table.features(nodeEncoding)
    let training = split.training.map(Int32.init)
    let labelCount = nodeEncoding.labelCount
    func samples(_ rows: [Int], isTraining: Bool = false) -> NodeSamples {
      NodeSamples(
        features: inputs, graph: table.graph, nodes: rows.map(Int32.init), labels: labels, targets: targets,
        classCount: labelCount, known: training, isTraining: isTraining)
    }
    self.training = samples(split.training, isTraining: true)
    validation = split.validation.isEmpty ? nil : samples(split.validation)
    test = samples(split.test)
    configuration = NodeNetwork.Configuration(
      kind: form.kind, inputs: nodeEncoding.inputCount, hidden: form.hidden, layers: form.layers,
      outputs: target.outputCount, activation: form.activation, dropout: options.settings.dropout)
    let alone = (0..<nodes.rowCount).count { table.graph.edges.count(ofRow: $0) == 0 }
    facts =
      origin + [
        (
          "nodes",
          "\(nodes.rowCount): \(split.training.count) to learn from"
            + (split.validation.isEmpty ? "" : ", \(split.validation.count) to watch")
            + ", \(split.test.count) for the test; \(nodes.rowCount - known.count) without \(name)"
        ),
        (
          "edges",
          "\(table.listedEdges), both ways\(table.graph.weights == nil ? "" : ", with weights"); \(alone) nodes have none"
        ),
        (
          "features",
          features.map { "\($0.featureCount) from \(others.count) columns, and the number of edges" }
            ?? "none but the node itself"
        ),
        (
          "task",
          isClassification
            ? "classification of \(name) into \(target.classNames.joined(separator: ", "))" : "regression of \(name)"
        ),
      ] + (usesLabels ? [("classes of other nodes", "are features: those of the nodes to learn from")] : [])
    hash = ContentHash.text(of: [self.training, validation, test])
  }

  package var learning: LearningTask { nodeEncoding.target.task }
  package var encoding: String { get throws { try JSONCoding.encode(nodeEncoding) } }
  package func size(_ options: RunOptions) -> NetworkSize { configuration.size }

  package func makeModel(_ options: RunOptions) -> NodeModel {
    NodeModel(NodeNetwork(configuration), encoding: nodeEncoding, options: options, dataHash: hash)
  }

  package func makeTrainer(_ model: NodeModel, _ options: RunOptions) -> Trainer<NodeBatch> {
    Trainer(
      model.nodeNetwork,
      objective: NodeModel.objective(learning, options.settings),
      optimizer: options.settings.makeOptimizer(model.nodeNetwork))
  }
}
