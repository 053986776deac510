import Foundation
import Myelin

extension Metric {
  /// The mean of log h + r²/h for a variance h that was told of a change r (A. Patton, "Volatility forecast comparison using
  /// imperfect volatility proxies", 2011): least in the mean by the true variance.
  static let qlike = Metric("qlike", title: "QLIKE", direction: .lowerIsBetter)
}

/// A network that tells the next day's change of exchange rates: its mean and its variance.
package struct VolatilityModel {
  let mlp: MLP
  let encoding: VolatilityEncoding
  package let options: RunOptions
  let dataHash: String
  /// What it is compared with, fitted on the days before the test.
  var baselines: [GARCH] = []

  private static let baselinesKey = "myelin.garch"

  /// What an answer [N, 2] says: the expected change over the recent deviation, and what is added to the recent variance's
  /// logarithm.
  static let objective = Objective<Tensor, TensorBatch>("−2 log-likelihood") { outputs, batch in
    let targets = batch.targets!
    let (changes, base) = (targets.sliced(0..<1, axis: 1), targets.sliced(1..<2, axis: 1))
    // e^±10 apart from what was lately is no answer that changes of rates ask for.
    let logarithm = base + outputs.sliced(1..<2, axis: 1).clipped(to: -10...10)
    let expected = outputs.sliced(0..<1, axis: 1) * exp(base / 2)
    let squares = (changes - expected).squared() * exp(-logarithm)
    let loss = (logarithm + squares).mean()
    let values = logarithm.detached + changes.squared() * exp(-logarithm.detached)
    let sum = values.withUnsafeBufferPointer { values in values.reduce(0.0) { $0 + Double($1) } }
    return BatchLoss(loss: loss, metrics: [MeanMetric(.qlike, sum: sum, weight: Double(values.count))])
  }

  /// Expected change and variance of each sample, in per cent and its square.
  func forecasts(_ samples: VolatilitySamples) -> [(mean: Double, variance: Double)] {
    let outputs = predict(mlp, samples, batchSize: 4096).scalars
    let targets = samples.data.targets!.scalars
    return (0..<samples.count).map { row in
      let base = Double(targets[2 * row + 1])
      let logarithm = base + Double(min(max(outputs[2 * row + 1], -10), 10))
      return (Double(outputs[2 * row]) * exp(base / 2), exp(logarithm))
    }
  }
}

extension VolatilityModel: RunModel {
  package static let kind = "volatility"

  package init(_ file: ModelFile) throws {
    let encoding = try file.decode(VolatilityEncoding.self, SavedModel.preprocessingKey) { $0.isConsistent }
    let options = try file.options
    let configuration = try file.decode(MLP.Configuration.self, SavedModel.networkKey) {
      $0.isConsistent && $0.inputCount == VolatilityFeatures.count && $0.outputCount == 2
    }
    let baselines = try file.decode([GARCH].self, VolatilityModel.baselinesKey) {
      $0.count == encoding.currencies.count && $0.allSatisfy(\.isConsistent)
    }
    let mlp = try file.network(of: configuration.size) { MLP(configuration) }
    self.init(mlp: mlp, encoding: encoding, options: options, dataHash: file.dataHash, baselines: baselines)
  }

  package var network: any Module { mlp }
  package var summary: ModelSummary { mlp.summary(inputShape: [1, VolatilityFeatures.count]) }

  package var description: ModelDescription {
    ModelDescription(
      task: "volatility", target: "tomorrow's change", classNames: [], inputCount: VolatilityFeatures.count,
      inputColumns: encoding.currencies)
  }

  package var metadata: [String: String] {
    get throws {
      var metadata = try ModelFile.metadata(
        network: mlp.configuration, preprocessing: encoding, options: options, dataHash: dataHash)
      metadata[VolatilityModel.baselinesKey] = try JSONCoding.encode(baselines)
      return metadata
    }
  }

  private func returns(of path: String, _ options: InputOptions) throws -> RateReturns {
    let table = try Table(csv: DataPath.input(path), options: options.table.applied(to: CSVOptions()))
    return try RateReturns(table, currencies: encoding.currencies)
  }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> VolatilitySamples {
    let returns = try returns(of: path, options)
    return VolatilitySamples(
      returns, VolatilityFeatures(returns), encoding, days: RateReturns.reach..<returns.count)
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: VolatilitySamples, hasChanged: Bool) {
    let task = try taskAgain(VolatilityTask.self, near: folder) { $0.encoded == encoding }
    return (task.test, task.hash != dataHash)
  }

  package func test(on samples: VolatilitySamples) -> TrainingReport.Test {
    let loss = evaluate(mlp, VolatilityModel.objective, on: samples, batchSize: 4096).scores.loss
    return VolatilityJudgement(samples, forecasts: forecasts(samples), baselines: baselines, loss: loss).test
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    let path = try onePath(paths, options, expected: "one file of exchange rates")
    let returns = try returns(of: path, options)
    let next = returns.count
    let samples = VolatilitySamples(returns, VolatilityFeatures(returns), encoding, days: next..<next + 1)
    let forecasts = forecasts(samples)
    let date = TimeAxis(step: .seconds(TimeAxis.day), start: returns.day(next) * TimeAxis.day).text(0)
    return Answers(
      values: forecasts.map { $0.variance.squareRoot() }, targetName: "volatility_percent",
      leading: Answers.Columns(header: ["currency", "date"], rows: encoding.currencies.map { [$0, date] }),
      trailing: Answers.Columns(
        header: ["garch_percent"],
        rows: encoding.currencies.indices.map { currency in
          let variance = baselines[currency].variances(of: returns.series(currency)).last!
          return ["\(Float(variance.squareRoot()))"]
        }))
  }
}
