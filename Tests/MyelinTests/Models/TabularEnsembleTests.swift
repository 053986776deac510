import Foundation
import XCTest

@testable import Myelin
@testable import MyelinModels

final class TabularEnsembleTests: XCTestCase {
  private static let bins = PiecewiseLinearEncoding(fitting: (0..<40).map { sin(Double($0)) }, maximumBinCount: 16)!

  private func configuration(range: [Float]? = nil) -> TabularEnsemble.Configuration {
    TabularEnsemble.Configuration(
      members: 3, features: 2, binned: [.init(feature: 1, encoding: Self.bins)],
      strengths: [.init(bins: 0.5, features: [], share: 1)], clip: 4,
      hiddenSizes: [5], activation: .relu, dropout: 0.2, outputs: range == nil ? 3 : 1, range: range)
  }

  /// Of 300,000 rows every third lays the bins; of a few all do.
  func testBinsOfManyRowsAreLaidBySomeOfThem() {
    func edges(_ rows: Int) -> [Double] {
      let x = Tensor((0..<rows).flatMap { [Float($0), Float($0 % 2)] }, shape: [rows, 2])
      let groups = (0..<2).map { FeatureGroup(column: "\($0)", kind: .number, names: ["\($0)"], range: $0..<$0 + 1) }
      let configuration = TabularEnsemble.Configuration(
        fitting: TensorDataset(inputs: x, labels: Indices((0..<rows).map { Int32($0 % 2) })), groups,
        outputs: 2, EnsembleSettings(members: 2, binStrength: 0.1, binCount: 16), TrainingSettings { _ in },
        isCount: false)
      XCTAssertEqual(configuration.binned.map(\.feature), [0], "two values are not binned")
      return configuration.binned[0].encoding.edges
    }
    func expected(_ values: some Sequence<Int>) -> [Double] {
      PiecewiseLinearEncoding(fitting: values.map(Double.init), maximumBinCount: 16)!.edges
    }
    XCTAssertEqual(edges(1000), expected(0..<1000))
    XCTAssertEqual(edges(300_000), expected(stride(from: 0, to: 300_000, by: 3)))
  }

  func testItsAnswerIsTheMeanOfItsMembers() throws {
    RandomGenerator.shared.reset(seed: 1)
    let x = RandomGenerator(seed: 2).normal([7, 2], standardDeviation: 3)
    let network = TabularEnsemble(configuration())
    let prepared = network.configuration.prepared(x)
    XCTAssertEqual(prepared.shape, [7, 3])
    for row in 0..<7 {
      let (a, b) = (x.scalars[2 * row], x.scalars[2 * row + 1])
      let expected = [min(max(a, -4), 4), min(max(b, -4), 4), Float(Self.bins.position(of: Double(b)))]
      XCTAssertEqual(Array(prepared.scalars[3 * row..<3 * row + 3]), expected)
    }
    let members = withoutGradient { network.outputs(prepared.expanded(at: 0)) }
    XCTAssertEqual(members.shape, [3, 7, 3])
    let answers = withoutGradient { softmax(network(x)) }.scalars
    let shares = softmax(members).scalars
    for index in answers.indices {
      XCTAssertEqual(answers[index], (0..<3).reduce(0) { $0 + shares[$1 * 21 + index] } / 3, accuracy: 1e-6)
    }
    let regression = TabularEnsemble(configuration(range: [-0.1, 0.2]))
    let numbers = withoutGradient { regression.outputs(prepared.expanded(at: 0)) }.scalars
    let means = (0..<7).map { row in min(max((0..<3).reduce(0) { $0 + numbers[$1 * 7 + row] } / 3, -0.1), 0.2) }
    for (answer, mean) in zip(withoutGradient { regression(x) }.scalars, means) {
      XCTAssertEqual(answer, mean, accuracy: 1e-6)
    }
  }

  /// Two strengths see what one with inputs of that strength would; the answer has the shares that held-out rows chose.
  func testStrengthsAreMixedAsSuitsHeldOutRows() throws {
    RandomGenerator.shared.reset(seed: 3)
    var both = configuration()
    both.members = 4
    both.strengths = [
      .init(bins: 0.5, features: [], share: 0.5), .init(bins: 0.125, features: [0.25, 1], share: 0.5),
    ]
    XCTAssertTrue(both.isConsistent)
    let network = TabularEnsemble(both)
    let x = RandomGenerator(seed: 4).normal([6, 2])
    let prepared = network.configuration.prepared(x)
    let outputs = withoutGradient { network.outputs(prepared.expanded(at: 0)) }
    // The softer members alone, on inputs that are smaller, by the same weights.
    var soft = both
    soft.members = 2
    soft.strengths = [.init(bins: 0.125, features: [], share: 1)]
    let alone = TabularEnsemble(soft)
    try alone.load(network.stateDictionary.mapValues { $0.sliced(2..<4) })
    let smaller = Tensor(
      prepared.scalars.enumerated().map { $0.offset % 3 == 0 ? 0.25 * $0.element : $0.element }, shape: [6, 3])
    let expected = withoutGradient { alone.outputs(smaller.expanded(at: 0)) }.scalars
    for (value, expected) in zip(outputs.sliced(2..<4).scalars, expected) {
      XCTAssertEqual(value, expected, accuracy: 1e-5)
    }
    // Each row is held out by one member of each strength.
    let data = TensorDataset(inputs: prepared, labels: Indices([0, 1, 2, 0, 1, 2]))
    let heldOut = network.heldOutOutputs(data, folds: [[0, 2, 4], [1, 3, 5]])
    XCTAssertEqual(heldOut.shape, [2, 6, 3])
    for strength in 0..<2 {
      for row in 0..<6 {
        let member = 2 * strength + row % 2
        for output in 0..<3 {
          XCTAssertEqual(
            heldOut.scalars[(strength * 6 + row) * 3 + output], outputs.scalars[(member * 6 + row) * 3 + output],
            accuracy: 1e-5)
        }
      }
    }
    // What is asked for is chosen, and a strength without a share is left out.
    for (wanted, members) in [([Float(1), 0], 2), ([0, 1], 2), ([0.25, 0.75], 4)] {
      let goal = network.heldOutAnswers(heldOut, shares: wanted).scalars
      let mixed = try network.mixed(heldOut: heldOut) { answers in
        zip(answers.scalars, goal).reduce(0) { $0 + abs(Double($1.0 - $1.1)) }
      }
      XCTAssertEqual(mixed.configuration.members, members)
      XCTAssertEqual(mixed.configuration.strengths.map(\.share), wanted.filter { $0 > 0 })
      XCTAssertTrue(mixed.configuration.isConsistent)
      let means = (0..<2).map { strength in
        softmax(outputs.sliced(2 * strength..<2 * strength + 2)).mean(axis: 0).scalars
      }
      let answers = withoutGradient { mixed(x) }.scalars
      for (index, answer) in answers.enumerated() {
        XCTAssertEqual(exp(answer), wanted[0] * means[0][index] + wanted[1] * means[1][index], accuracy: 1e-5)
      }
    }
  }

  func testItsSizeIsCountedBeforeItIsBuilt() {
    let configuration = configuration()
    XCTAssertEqual(configuration.parameterCount, TabularEnsemble(configuration).parameterCount)
    XCTAssertTrue(configuration.isConsistent)
    for spoil: (inout TabularEnsemble.Configuration) -> Void in [
      { $0.members = 0 }, { $0.binned[0].feature = 2 }, { $0.hiddenSizes = [1 << 40] }, { $0.range = [1, 0] },
      { $0.strengths[0].bins = .nan }, { $0.strengths[0].features = [1] }, { $0.strengths[0].share = 2 },
      { $0.strengths.append($0.strengths[0]) }, { $0.features = 0 },
    ] {
      var spoilt = configuration
      spoil(&spoilt)
      XCTAssertFalse(spoilt.isConsistent)
    }
  }

  func testAPresetSuitsTheRows() {
    for preset in Preset.allCases {
      for rows in [1, 7, 8, 100, 1999, 2000, 9999, 10_000, 30_000, 1_000_000] {
        let settings = preset.settings(rows: rows)
        XCTAssertTrue(settings.isConsistent, "\(preset) \(rows)")
        XCTAssertEqual(settings.ensemble == nil, rows < 8)
        XCTAssertLessThanOrEqual((settings.ensemble?.members ?? 0) * 4, max(rows, 4))
      }
    }
  }

  /// A file in which nothing is to be learned, but each row can be known by its number.
  private func noise(_ rows: Int) throws -> RunOptions {
    let folder = try TrainingSupport.temporaryFolder(self)
    let random = RandomGenerator(seed: 8).uniform([rows, 2]).scalars
    let text = (0..<rows).map { "\(random[2 * $0]),\(random[2 * $0 + 1] < 0.5 ? "yes" : "no")" }
    let file = folder.appendingPathComponent("noise.csv")
    try Data((["mark,answer"] + text).joined(separator: "\n").utf8).write(to: file)
    return try .suited(
      to: RunSource(own: CSVData(), path: DataPath(file.path), target: "answer", task: nil))
  }

  func testMembersDoNotSeeWhatTheyHoldOut() throws {
    let run = try TrainingRun(noise(400)) {
      $0.settings.epochs = 40
      $0.settings.dropout = 0
      $0.settings.weightDecay = 0
      $0.settings.ensemble!.binCount = 128
      $0.settings.ensemble!.binStrength = 20
      $0.patience = nil
    }
    let folder = try RunFolder.new(TrainingSupport.temporaryFolder(self).appendingPathComponent("run").path, name: "")
    let outcome = try run.train(in: folder)
    let last = try XCTUnwrap(run.trainer.state.history.last)
    // The rows can be told apart, and are; those that were held out are guessed: 50 % ± 3 deviations of 320 rows.
    XCTAssertGreaterThan(try XCTUnwrap(last.training[.accuracy]), 0.7)
    XCTAssertEqual(try XCTUnwrap(last.validation?[.accuracy]), 0.5, accuracy: 0.09)
    XCTAssertEqual(try XCTUnwrap(outcome.result.memberEpochs).count, 16)

    let task = try XCTUnwrap(run.task as? EnsembleTask)
    let validation = try XCTUnwrap(task.validation)
    XCTAssertEqual(validation.rows.prefix(8).flatMap { $0 }.sorted(), (0..<320).map(Int32.init))
    XCTAssertEqual(validation.rows.prefix(8), validation.rows.suffix(8), "the folds of both strengths")
    for (member, rows) in task.training.rows.enumerated() {
      XCTAssertTrue(Set(rows).isDisjoint(with: validation.rows[member]))
    }
  }

  func testASavedEnsembleAnswersAlikeAndGoesOn() throws {
    var options = try noise(120)
    options.seed = 4
    let folders = try (0..<2).map { _ in
      try RunFolder.new(TrainingSupport.temporaryFolder(self).appendingPathComponent("run").path, name: "")
    }
    let whole = try TrainingRun(options) { $0.settings.epochs = 5 }
    let outcome = try whole.train(in: folders[0])
    XCTAssertNotNil(outcome.heldOutText)
    let model = try SavedModel(contentsOf: folders[0].model)
    let test = try model.testSamples(near: nil).samples
    XCTAssertEqual(model.test(on: test).scores, outcome.test.scores)

    let first = try TrainingRun(options) { $0.settings.epochs = 5 }
    _ = try first.train(in: folders[1], observers: [StopAfter(5)])
    let second = try TrainingRun(resuming: folders[1])
    let resumed = try second.train(in: folders[1])
    XCTAssertEqual(resumed.result.history, outcome.result.history)
    XCTAssertEqual(try Data(contentsOf: folders[1].model), try Data(contentsOf: folders[0].model))
  }

  func testFewRowsAreLearnedByOneNetwork() throws {
    let options = try noise(12)
    let run = try TrainingRun(options) { $0.settings.epochs = 1 }
    XCTAssertNotNil(run.task as? EnsembleTask)
    let fewer = try TrainingRun(noise(10)) {
      $0.settings.epochs = 1
      $0.settings.ensemble = nil
    }
    XCTAssertNotNil(fewer.task as? TensorTask)
    XCTAssertThrowsError(
      try TrainingRun(options) { $0.settings.ensemble = EnsembleSettings(members: 8, binStrength: 0.1, binCount: 16) }
    ) { XCTAssertTrue("\($0)".contains("at least 16"), "\($0)") }
  }
}
