import Foundation
import Myelin

// Nothing was chosen by the test images. The MLP's settings were chosen by the accuracy on the last 10000 training images;
// AdamW for the residual network by 5000 of them, after 12 epochs of the first 10000: 90.1% after ten, where Nesterov's
// momentum at a rate of 0.2 had 88.8% (89.7% after twelve). The other settings are a start.

/// Fashion-MNIST, or MNIST in the same form, by one of several networks.
package struct FashionMNISTRecipe: Recipe {
  package let name: String
  package let summary: String
  package let settings: TrainingSettings
  /// For help and the run's facts; nil for an MLP of the settings' layers.
  package let network: String?
  private let configure: (@Sendable (PictureSize) -> any NetworkConfiguration)?
  private let augmentation: ImageAugmentation

  package let sourceOptions: Set<RunSource.Option> = [.images, .pictures]
  package let hasOwnTest = true

  /// By an MLP.
  static let mlp = FashionMNISTRecipe(
    "fashion-mnist", "grey images of clothing",
    TrainingSettings {
      $0.hiddenSizes = [512, 256]
      $0.activation = .gelu
      $0.dropout = 0.2
      $0.learningRate = 2e-3
      $0.weightDecay = 0.1
      $0.schedule = .oneCycle
      $0.epochs = 15
      $0.batchSize = 128
      $0.labelSmoothing = 0.1
    })

  /// By a small convolutional network.
  static let cnn = FashionMNISTRecipe(
    "fashion-cnn", "grey images of clothing, by a small convolutional network",
    TrainingSettings {
      $0.learningRate = 4e-3
      $0.weightDecay = 0.05
      $0.schedule = .oneCycle
      $0.epochs = 10
      $0.batchSize = 128
      $0.labelSmoothing = 0.05
      $0.averaging = 0.995
    },
    network: "VGG of 16, 32-32, 64-64 channels, normalised by batch",
    augmentation: ImageAugmentation(shift: 1, flip: .alternating)
  ) { picture in
    VGG.Configuration(
      picture: picture, stages: [[16], [32, 32], [64, 64]], normalizes: true, averagesPixels: true)
  }

  /// By a residual network.
  static let resNet = FashionMNISTRecipe(
    "fashion-resnet", "grey images of clothing, by a residual network",
    TrainingSettings {
      $0.learningRate = 4e-3
      $0.weightDecay = 0.05
      $0.schedule = .triangular
      $0.epochs = 12
      $0.batchSize = 128
      $0.labelSmoothing = 0.1
      $0.averaging = 0.995
      $0.testFlips = true
    },
    network: "ResNet-9 of 32, 64, 128 channels",
    augmentation: ImageAugmentation(shift: 1, flip: .alternating)
  ) { picture in
    ResNet9.Configuration(picture: picture, widths: [32, 64, 128], residualStages: [1, 2])
  }

  /// By a vision transformer.
  static let visionTransformer = FashionMNISTRecipe(
    "fashion-vit", "grey images of clothing, by a vision transformer",
    TrainingSettings {
      $0.learningRate = 2e-3
      $0.weightDecay = 0.05
      $0.schedule = .oneCycle
      $0.epochs = 12
      $0.batchSize = 128
      $0.labelSmoothing = 0.05
      $0.averaging = 0.995
    },
    network: "vision transformer of 4 layers, width 64, patches of 4×4",
    augmentation: ImageAugmentation(shift: 1, flip: .alternating)
  ) { picture in
    VisionTransformer.Configuration(picture: picture, patch: 4, width: 64, heads: 4, layers: 4)
  }

  private init(
    _ name: String, _ summary: String, _ settings: TrainingSettings, network: String? = nil,
    augmentation: ImageAugmentation = ImageAugmentation(),
    configure: (@Sendable (PictureSize) -> any NetworkConfiguration)? = nil
  ) {
    self.name = name
    self.summary = summary
    self.settings = settings
    self.network = network
    self.augmentation = augmentation
    self.configure = configure
  }

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let data = try FashionMNIST.load(
      folder: options.source.path.map { URL(fileURLWithPath: $0.located(near: folder)) })
    let shape = data.training.inputs.shape
    let picture = PictureSize(shape[1], shape[2], shape[3])
    // The test images are given; only validation is cut from the training images.
    let split = Split(
      labels: data.training.labels!.values, validation: options.validationShare, test: 0, seed: options.seed)
    let parts = TensorTask.partsText(split.training.count, split.validation.count, data.test.count)
    var network: (@Sendable (RunOptions) -> any NetworkConfiguration)?
    if let configure {
      let configuration = configure(picture)
      network = { _ in configuration }
    }
    return TensorTask(
      preprocessing: .images(
        ImageEncoding(
          height: picture.height, width: picture.width, channels: 1, classNames: FashionMNIST.classNames)),
      training: TensorSamples(split.validation.isEmpty ? data.training : data.training.subset(split.training)),
      validation: split.validation.isEmpty ? nil : TensorSamples(data.training.subset(split.validation)),
      test: TensorSamples(data.test),
      facts: [
        ("data", "\(name): \(summary), \(shape[1])×\(shape[2]) pixels"),
        ("images from", "\(data.source)"), ("source", FashionMNIST.citation),
        ("images", "\(data.training.count + data.test.count): \(parts)"),
        ("task", "classification into 10 classes: \(FashionMNIST.classNames.joined(separator: ", "))"),
      ],
      augmentation: try options.settings.augmentation(augmentation, height: picture.height, width: picture.width),
      configure: network)
  }
}
