import Myelin

/// Photographs of waste, by the network and the training that pictures of one's own get: nothing was chosen on them.
package struct Waste: Recipe {
  package let name = "waste"
  package let summary = "small colour photographs of waste, six kinds"
  package let network: String? = ResNet.smallPictures
  package let sourceOptions: Set<RunSource.Option> = [.pictures]
  package let settings = TrainingSettings.smallPictures
  package let hasOwnTest = true

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let data = try TrashNet.load()
    let encoding = ImageEncoding(
      height: data.training.height, width: data.training.width, channels: data.training.channels, mean: data.mean,
      deviation: data.deviation, classNames: TrashNet.classNames)
    let parts = TensorTask.partsText(data.training.count, data.validation.count, data.test.count)
    return TensorTask(
      preprocessing: .images(encoding), training: TensorSamples(data.training),
      validation: TensorSamples(data.validation), test: TensorSamples(data.test),
      facts: [
        ("data", "\(name): \(summary), \(encoding.height)×\(encoding.width) pixels"), ("source", TrashNet.citation),
        ("images", "\(data.training.count + data.validation.count + data.test.count): \(parts), the authors' parts"),
        ("task", "classification into 6 classes: \(TrashNet.classNames.joined(separator: ", "))"),
      ],
      augmentation: try options.settings.augmentation(
        .smallPictures(encoding), height: encoding.height, width: encoding.width)
    ) { _ in .smallPictures(encoding) }
  }
}

// What suits small pictures of which nothing is known.

extension TrainingSettings {
  static let smallPictures = TrainingSettings {
    $0.learningRate = 4e-3
    $0.weightDecay = 0.05
    $0.schedule = .oneCycle
    $0.epochs = 30
    $0.labelSmoothing = 0.05
  }
}

extension ResNet {
  static let smallPictures = "ResNet of 1, 1, 1 blocks of 16, 32, 64 channels"
}

extension NetworkConfiguration where Self == ResNet.Configuration {
  static func smallPictures(_ encoding: ImageEncoding) -> ResNet.Configuration {
    ResNet.Configuration(
      picture: PictureSize(encoding.height, encoding.width, encoding.channels), blocks: [1, 1, 1],
      widths: [16, 32, 64], classCount: encoding.classNames.count)
  }
}

extension ImageAugmentation {
  /// Moved a little; photographs, which have colours, are turned as well, unlike letters and figures.
  static func smallPictures(_ encoding: ImageEncoding) -> ImageAugmentation {
    ImageAugmentation(
      shift: min(encoding.height, encoding.width) / 12, flip: encoding.channels == 3 ? .alternating : .never)
  }
}
