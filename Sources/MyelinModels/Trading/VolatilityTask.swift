import Foundation
import Myelin

/// Exchange rates whose changes of the next day are forecast; the last fifth of the days is the test.
package struct VolatilityTask: RunTask {
  package let training: VolatilitySamples
  package let validation: VolatilitySamples?
  package let test: VolatilitySamples
  let encoded: VolatilityEncoding
  package let facts: [TrainingReport.Fact]
  package let hash: String

  /// - Throws: `DataError` for too few days.
  init(_ returns: RateReturns, _ options: RunOptions, source: String, origin: [TrainingReport.Fact]) throws {
    let days = RateReturns.reach..<returns.count
    let tested = Int((Double(days.count) * options.testShare).rounded())
    let watched = Int((Double(days.count) * options.validationShare).rounded())
    let ends = (validation: days.upperBound - tested - watched, test: days.upperBound - tested)
    guard tested > 0, ends.validation - days.lowerBound >= RateReturns.reach else {
      throw DataError(
        source, "days", expected: "at least \(RateReturns.reach) to learn from, and some to judge by",
        found: "\(max(ends.validation - days.lowerBound, 0)) and \(tested)")
    }
    let features = VolatilityFeatures(returns)
    let known = days.lowerBound..<ends.validation
    let encoding = VolatilityEncoding(returns, features, days: known)
    func samples(_ days: Range<Int>) -> VolatilitySamples {
      VolatilitySamples(returns, features, encoding, days: days)
    }
    training = samples(known)
    validation = watched > 0 ? samples(ends.validation..<ends.test) : nil
    test = samples(ends.test..<days.upperBound)
    encoded = encoding
    hash = ContentHash.text(of: [training, validation, test])
    func date(_ place: Int) -> String {
      TimeAxis(step: .seconds(TimeAxis.day), start: returns.day(place) * TimeAxis.day).text(0)
    }
    facts =
      origin + [
        ("currencies", returns.currencies.joined(separator: ", ")),
        (
          "days",
          "\(date(0)) to \(date(returns.count - 1)): "
            + TensorTask.partsText(known.count, watched, tested) + ", from \(date(ends.test)) on"
        ), ("task", "mean and variance of the next day's change of each rate, known on the evening before"),
        ("compared with", "no change; GARCH(1,1) of each currency, fitted on all days before the test"),
      ]
  }

  package var learning: LearningTask { .regression }
  package var encoding: String { get throws { try JSONCoding.encode(encoded) } }

  private func configuration(_ options: RunOptions) -> MLP.Configuration {
    options.settings.configuration(inputs: VolatilityFeatures.count, outputs: 2)
  }

  package func size(_ options: RunOptions) -> NetworkSize { configuration(options).size }

  package func makeModel(_ options: RunOptions) -> VolatilityModel {
    VolatilityModel(mlp: MLP(configuration(options)), encoding: encoded, options: options, dataHash: hash)
  }

  package func makeTrainer(_ model: VolatilityModel, _ options: RunOptions) -> Trainer<TensorBatch> {
    Trainer(
      model.mlp, objective: VolatilityModel.objective, optimizer: options.settings.makeOptimizer(model.mlp))
  }

  package func finished(_ model: VolatilityModel, _ options: RunOptions) -> VolatilityModel {
    var model = model
    model.baselines = encoded.currencies.indices.map { currency in
      GARCH(fitting: Array(test.returns.series(currency)[..<test.days.lowerBound]))
    }
    return model
  }
}
