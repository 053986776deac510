import Foundation
import Myelin

/// Cells of blood under the microscope, by a one-stage detector.
///
/// Chosen on the authors' validation part, which any `--validation` holds out and watches; without it that is learned too.
package struct Detect: Recipe {
  package let name = "detect"
  package let summary = "boxes around blood cells under the microscope: red cells, white cells, platelets"
  package let network: String? = "a detector of 32, 64, 96 channels with cells of 2 pixels"
  package let settings = TrainingSettings {
    $0.learningRate = 4e-3
    $0.weightDecay = 0.05
    $0.schedule = .oneCycle
    $0.epochs = 100
    $0.batchSize = 8
  }
  package let hasOwnTest = true
  package let optionsWithoutEffect: Set<String> = ["--label-smoothing", "--balance"]

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let data = try BloodCells.load()
    func scenes(_ part: BloodCells.Part) -> [Scene] {
      zip(part.pictures, part.boxes).map { picture, boxes in
        Scene(
          picture: picture,
          boxes: boxes.map {
            LabeledBox(Box(left: $0.xMin, top: $0.yMin, right: $0.xMax, bottom: $0.yMax), label: $0.label)
          })
      }
    }
    // Where nothing is watched, the authors' validation part is learned too.
    let isWatched = options.validationShare > 0
    let training = scenes(data.training) + (isWatched ? [] : scenes(data.validation))
    let encoding = DetectionSamples.encoding(of: training, classNames: BloodCells.classNames)
    let augmentation = SceneAugmentation {
      $0.flipsHorizontally = true
      $0.flipsVertically = true
      $0.scale = 1.25
      $0.shift = 0.1
      $0.brightness = 0.1
      $0.tint = 0.05
    }
    return DetectionTask(
      training: DetectionSamples(encoding: encoding, scenes: training, augmentation: augmentation),
      validation: isWatched ? DetectionSamples(encoding: encoding, scenes: scenes(data.validation)) : nil,
      test: DetectionSamples(encoding: encoding, scenes: scenes(data.test)),
      use: DetectionUse(encoding: encoding, mirrorsHorizontally: true, mirrorsVertically: true),
      configuration: Detector.Configuration(
        picture: PictureSize(encoding.height, encoding.width, encoding.channels),
        widths: [32, 64, 96], level: 0,
        classCount: encoding.classNames.count),
      origin: [
        ("data", "\(name): \(summary), \(encoding.height)×\(encoding.width) pixels"), ("source", BloodCells.citation),
      ])
  }
}

/// Scenes composed from pictures of Fashion-MNIST, other ones in each epoch, by a one-stage detector.
package struct DetectScenes: Recipe {
  package let name = "detect-scenes"
  package let summary = "boxes around garments in scenes composed from Fashion-MNIST"
  package let network: String? = "a detector of 32, 64, 128, 192 channels with cells of 4 pixels"
  package let settings = TrainingSettings {
    $0.learningRate = 4e-3
    $0.weightDecay = 0.05
    $0.schedule = .oneCycle
    $0.epochs = 30
    $0.batchSize = 16
  }
  package let sourceOptions: Set<RunSource.Option> = [.images]
  package let hasOwnTest = true
  package let optionsWithoutEffect: Set<String> = ["--label-smoothing", "--balance"]

  /// Composed anew in each epoch of training.
  private static let trainingCount = 2000
  /// Of which means and deviations are taken, and some are shown.
  private static let sampleCount = 100
  /// The same ones in each run.
  private static let testCount = 500

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let images = try FashionMNIST.load(
      folder: options.source.path.map { URL(fileURLWithPath: $0.located(near: folder)) })
    let split = Split(
      labels: images.training.labels!.values, validation: options.validationShare, test: 0, seed: 0)
    let isWatched = !split.validation.isEmpty
    let garments = FashionScenes(isWatched ? images.training.subset(split.training) : images.training)
    let training = garments.scenes(DetectScenes.sampleCount, RandomGenerator(seed: 0))
    let encoding = DetectionSamples.encoding(of: training, classNames: FashionMNIST.classNames)
    func fixed(_ garments: TensorDataset, seed: UInt64) -> DetectionSamples {
      DetectionSamples(
        encoding: encoding,
        scenes: FashionScenes(garments).scenes(DetectScenes.testCount, RandomGenerator(seed: seed)))
    }
    let held = isWatched ? fixed(images.training.subset(split.validation), seed: 1) : nil
    return DetectionTask(
      training: DetectionSamples(
        encoding: encoding, scenes: training, compose: { garments.scenes($0, $1) },
        composedCount: DetectScenes.trainingCount),
      validation: held, test: fixed(images.test, seed: 2),
      use: DetectionUse(encoding: encoding, mirrorsHorizontally: true),
      configuration: Detector.Configuration(
        picture: PictureSize(FashionScenes.side, FashionScenes.side, 1), widths: [32, 64, 128, 192],
        level: 1,
        classCount: FashionMNIST.classNames.count),
      origin: [
        (
          "data", "\(name): \(summary), \(FashionScenes.side)×\(FashionScenes.side) pixels, composed anew in each epoch"
        ),
        ("images from", images.source.description), ("source", FashionMNIST.citation),
      ])
  }
}
