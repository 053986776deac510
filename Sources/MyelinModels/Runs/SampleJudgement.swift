import Myelin

/// What a classifier says of pictures that a model has made, beside what it says of real ones.
///
/// The test pictures are cut into two halves. As many pictures as the first half has, of its classes, are made; both are
/// compared with the second half, so that their distances are of equal numbers of pictures.
package struct SampleJudgement {
  /// `[asked][found]`
  package let confusion: ConfusionMatrix
  package let classNames: [String]
  /// Samples that the classifier finds in the class that was asked for, and the same share of the test pictures.
  package let accuracy: Double
  package let realAccuracy: Double
  /// Fréchet distance of the classifier's features to the second half of the test pictures: of the samples, of the first
  /// half, and of as many samples of a model that has not learned.
  package let distance: Double
  package let realDistance: Double
  package let untrainedDistance: Double
  /// Pictures on each side.
  package let count: Int
  package let guidance: Float
  package let steps: Int

  /// For people.
  package var facts: [TrainingReport.Fact] {
    func number(_ value: Double) -> String { PlotNumber.short(value, digits: 4) }
    return [
      ("samples", "\(count), in \(steps) steps with guidance \(PlotNumber.short(Double(guidance)))"),
      (
        "found as asked",
        "\(Metric.accuracy.text(accuracy)); of the real test pictures \(Metric.accuracy.text(realAccuracy))"
      ),
      (
        "Fréchet distance",
        "\(number(distance)) to a half of the test pictures; of the other half \(number(realDistance)), of an untrained "
          + "model \(number(untrainedDistance))"
      ),
    ]
  }
}

extension DiffusionModel {
  /// Pictures of the model, judged by a classifier of the same classes.
  ///
  /// - Parameters:
  ///   - judge: a model of pictures, whose last layer is dense.
  ///   - name: how errors name it.
  ///   - told: guidance, steps and seed of the pictures.
  ///   - folder: the run's folder, near which data that was moved is looked for.
  /// - Throws: `DataError` for a judge that knows other pictures or classes, and for data that is no longer there.
  package func judged(
    by judge: any RunModel, named name: String, _ told: GenerationOptions, near folder: RunFolder?
  ) throws -> SampleJudgement {
    guard let judge = judge as? SavedModel, case .images(let encoding) = judge.preprocessing,
      let network = judge.tensorNetwork as? any FeatureNetwork
    else {
      throw DataError(name, "is no judge", expected: "a classifier of pictures by a convolutional network")
    }
    guard encoding.shape == pictures.shape, encoding.classNames == pictures.classNames else {
      throw DataError(
        name, "is no judge of these pictures", expected: "the classes \(pictures.classNames.joined(separator: ", "))",
        found: encoding.classNames.joined(separator: ", "))
    }
    let test = try testSamples(near: folder).samples.pictures
    let labels = test.labels!.values
    let halves = Split(labels: labels, test: 0.5, seed: 0)
    let count = min(halves.training.count, halves.test.count)
    guard count >= 2 else {
      throw DataError(options.source.name, "test pictures", expected: "four at least", found: "\(test.count)")
    }
    let (mine, others) = (Array(halves.training.prefix(count)), Array(halves.test.prefix(count)))
    let asked = mine.map { labels[$0] }
    let guidance = told.guidance ?? DiffusionModel.usualGuidance
    let steps = told.steps ?? DiffusionModel.usualSteps

    /// Logits and features, without gradients, of pictures as they would be seen.
    func seen(_ samples: Tensor) -> (logits: Tensor, moments: FeatureMoments) {
      let bytes = shown(samples).flatMap(\.bytes)
      let inputs = encoding.encode(Tensor(bytes.map { Float($0) / 255 }, shape: samples.shape))
      let (logits, features) = withoutGradient {
        (predict(judge.tensorNetwork, inputs), SampleJudgement.features(network, inputs))
      }
      return (logits, FeatureMoments(features))
    }
    func share(_ logits: Tensor, _ labels: [Int32]) -> Double {
      let found = logits.argmax().values
      return Double(zip(found, labels).count { $0 == $1 }) / Double(max(labels.count, 1))
    }
    let real = test.batch(0..<test.count).inputs
    let realLogits = seen(real).logits
    let other = seen(test.batch(others).inputs).moments
    let half = seen(test.batch(mine).inputs).moments
    let made = seen(samples(classes: asked, guidance: guidance, steps: steps, seed: told.seed))
    let blank = untrained().samples(classes: asked, guidance: 1, steps: steps, seed: told.seed)

    var confusion = ConfusionMatrix(classCount: pictures.classNames.count)
    confusion.add(made.logits, Indices(asked))
    return SampleJudgement(
      confusion: confusion, classNames: pictures.classNames, accuracy: share(made.logits, asked),
      realAccuracy: share(realLogits, labels), distance: made.moments.frechetDistance(to: other),
      realDistance: half.frechetDistance(to: other), untrainedDistance: seen(blank).moments.frechetDistance(to: other),
      count: count, guidance: guidance, steps: steps)
  }

  /// The same network with its first weights. The random stream is put back.
  private func untrained() -> DiffusionModel {
    let state = RandomGenerator.shared.state
    defer { RandomGenerator.shared.state = state }
    RandomGenerator.shared.reset(seed: options.seed)
    return DiffusionModel(
      unet: DiffusionUNet(unet.configuration), pictures: pictures, schedule: schedule, options: options,
      dataHash: dataHash)
  }
}

extension SampleJudgement {
  fileprivate static func features(_ network: some FeatureNetwork, _ inputs: Tensor) -> Tensor {
    .concatenated(
      stride(from: 0, to: inputs.shape[0], by: 256).map {
        network.features(inputs[$0..<min($0 + 256, inputs.shape[0])])
      })
  }
}
