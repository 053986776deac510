import Foundation
import Myelin

/// Molecules with what is learned of them.
package struct MoleculeBatch: ModelBatch {
  package var inputs: MoleculeInput
  package var labels: Indices?
  package var targets: Tensor?
}

/// Molecules that are learned or judged.
package struct MoleculeSamples: Dataset, HashedContent {
  let molecules: [MoleculeFeatures]
  /// [molecules, numbers of the whole], standardised.
  let whole: Tensor
  let labels: [Int32]
  let targets: [Float]

  package var count: Int { molecules.count }

  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> MoleculeBatch {
    let chosen = rows.map { molecules[Int($0)] }
    let graph = Graph.union(chosen.map(\.graph))
    return MoleculeBatch(
      inputs: MoleculeInput(
        atoms: GraphInput(
          nodes: .concatenated([Tensor(zeros: [0, MoleculeFeatures.atomCount])] + chosen.map(\.atoms)), graph: graph,
          edges: .concatenated([Tensor(zeros: [0, MoleculeFeatures.bondCount])] + chosen.map(\.bonds))),
        whole: whole.gathered(Indices(Array(rows)))),
      labels: labels.isEmpty ? nil : Indices(rows.map { labels[Int($0)] }),
      targets: targets.isEmpty ? nil : Tensor(rows.map { targets[Int($0)] }, shape: [rows.count, 1]))
  }

  func addContent(to hash: inout ContentHash) {
    for molecule in molecules {
      hash.add(molecule.atoms)
      hash.add(molecule.bonds)
    }
    hash.add(whole)
    hash.add(Indices(labels))
    hash.add(Tensor(targets))
  }
}

/// What turns a column of SMILES into inputs, and outputs into answers.
package struct MoleculeEncoding: Codable, Equatable, Sendable {
  var smiles: String
  var target: TargetEncoder
  /// Of the training molecules' numbers of the whole.
  var means: [Float]
  var deviations: [Float]

  var isConsistent: Bool {
    target.isConsistent && means.count == MoleculeFeatures.wholeNames.count && deviations.count == means.count
      && deviations.allSatisfy { $0 > 0 && $0.isFinite } && means.allSatisfy(\.isFinite)
  }

  /// Standardised, cut off where a molecule is unlike any.
  func whole(_ molecules: [MoleculeFeatures]) -> Tensor {
    Tensor(
      molecules.flatMap { molecule in
        molecule.whole.indices.map { max(-5, min(5, (molecule.whole[$0] - means[$0]) / deviations[$0])) }
      }, shape: [molecules.count, means.count])
  }

  /// The molecules of a table's column, read.
  ///
  /// - Throws: `DataError` with the line and the character of what is no SMILES.
  static func molecules(_ table: Table, _ column: String) throws -> [Molecule] {
    guard case .categories(let levels, let codes) = try table.column(named: column).values else {
      throw DataError(table.source, "column \(DataError.quoted(column))", expected: "SMILES")
    }
    return try codes.enumerated().map { row, code in
      guard code >= 0 else {
        throw DataError(
          table.source, line: table.lines[row], "column \(DataError.quoted(column))", expected: "SMILES",
          found: "nothing")
      }
      do throws(Molecule.SyntaxError) { return try Molecule(smiles: levels[Int(code)]) } catch {
        throw DataError(
          table.source, line: table.lines[row],
          "column \(DataError.quoted(column)), character \(error.position) of \(DataError.quoted(levels[Int(code)]))",
          expected: error.expected)
      }
    }
  }
}

/// Molecules, of which a ``MoleculeNetwork`` learns a number or a class.
package struct MoleculeTask: RunTask, Sendable {
  package let training: MoleculeSamples
  package let validation: MoleculeSamples?
  package let test: MoleculeSamples
  package let facts: [TrainingReport.Fact]
  package let hash: String
  let moleculeEncoding: MoleculeEncoding
  private let configuration: MoleculeNetwork.Configuration

  /// - Parameters:
  ///   - byScaffold: whether molecules with the same rings and links between them are kept together: a harder test, of
  ///     molecules unlike those of the training.
  ///   - origin: what is told of where it comes from.
  /// - Throws: `DataError` for what is no SMILES, or a target with nothing to learn.
  init(
    _ whole: Table, smiles: String, target name: String, byScaffold: Bool, _ options: RunOptions,
    origin: [TrainingReport.Fact]
  ) throws {
    let table = try whole.droppingMissing(in: name)
    let molecules = try MoleculeEncoding.molecules(table, smiles)
    guard molecules.count >= 10 else {
      throw DataError(
        table.source, "molecules with a value of \(name)", expected: "at least 10", found: "\(molecules.count)")
    }
    var target = try TargetEncoder(fitting: table, column: name, task: options.source.task)
    let isClassification = target.task == .classification
    let (validationShare, testShare) = (options.validationShare, options.testShare)
    let split: Split
    if byScaffold {
      var numbers: [UInt64: Int32] = [:]
      let groups = molecules.map { molecule in
        let scaffold = molecule.scaffold
        if let known = numbers[scaffold] { return known }
        numbers[scaffold] = Int32(numbers.count)
        return numbers[scaffold]!
      }
      split = Split(groups: groups, validation: validationShare, test: testShare, seed: options.seed)
    } else if isClassification {
      split = Split(
        labels: try target.labels(of: table), validation: validationShare, test: testShare, seed: options.seed)
    } else {
      split = Split(count: molecules.count, validation: validationShare, test: testShare, seed: options.seed)
    }
    guard !split.test.isEmpty, !split.training.isEmpty else {
      throw DataError(table.source, "the shares leave no molecules for training or the test, of \(molecules.count)")
    }
    if !isClassification {
      target = try TargetEncoder(fitting: table, column: name, task: .regression, rows: split.training, isCount: false)
    }
    let features = molecules.map(MoleculeFeatures.init)
    let known = split.training.map { features[$0].whole }
    let means = known[0].indices.map { column in known.reduce(0) { $0 + $1[column] } / Float(known.count) }
    let deviations = known[0].indices.map { column -> Float in
      let variance = known.reduce(0) { $0 + ($1[column] - means[column]) * ($1[column] - means[column]) }
      return max((variance / Float(known.count)).squareRoot(), 1e-3)
    }
    moleculeEncoding = MoleculeEncoding(smiles: smiles, target: target, means: means, deviations: deviations)
    let labels = isClassification ? try target.labels(of: table) : []
    let targets = isClassification ? [] : try target.targets(of: table)
    let encoding = moleculeEncoding
    func samples(_ rows: [Int]) -> MoleculeSamples {
      let chosen = rows.map { features[$0] }
      return MoleculeSamples(
        molecules: chosen, whole: encoding.whole(chosen), labels: labels.isEmpty ? [] : rows.map { labels[$0] },
        targets: targets.isEmpty ? [] : rows.map { targets[$0] })
    }
    training = samples(split.training)
    validation = split.validation.isEmpty ? nil : samples(split.validation)
    test = samples(split.test)
    configuration = MoleculeNetwork.Configuration(
      atoms: MoleculeFeatures.atomCount, bonds: MoleculeFeatures.bondCount, whole: means.count,
      hidden: options.settings.hiddenSizes.first ?? 64, layers: max(options.settings.hiddenSizes.count, 1),
      outputs: target.outputCount, dropout: options.settings.dropout)
    let missing = whole.rowCount - table.rowCount
    facts =
      origin + [
        (
          "molecules",
          "\(molecules.count): \(split.training.count) for training"
            + (split.validation.isEmpty ? "" : ", \(split.validation.count) to watch")
            + ", \(split.test.count) for the test"
            + (byScaffold ? ", none with the rings of another part" : "")
            + (missing > 0 ? "; \(missing) without \(name) left out" : "")
        ),
        (
          "atoms and bonds",
          "\(molecules.reduce(0) { $0 + $1.atoms.count }) and \(molecules.reduce(0) { $0 + $1.bonds.count }); which way around they are is not read"
        ),
        (
          "task",
          isClassification
            ? "classification of \(name) into \(target.classNames.joined(separator: ", "))" : "regression of \(name)"
        ),
      ]
    hash = ContentHash.text(of: [training, validation, test])
  }

  package var learning: LearningTask { moleculeEncoding.target.task }
  package var encoding: String { get throws { try JSONCoding.encode(moleculeEncoding) } }
  package func size(_ options: RunOptions) -> NetworkSize { configuration.size }

  package func makeModel(_ options: RunOptions) -> MoleculeModel {
    MoleculeModel(MoleculeNetwork(configuration), encoding: moleculeEncoding, options: options, dataHash: hash)
  }

  package func makeTrainer(_ model: MoleculeModel, _ options: RunOptions) -> Trainer<MoleculeBatch> {
    Trainer(
      model.moleculeNetwork, objective: MoleculeModel.objective(learning),
      optimizer: options.settings.makeOptimizer(model.moleculeNetwork))
  }
}
