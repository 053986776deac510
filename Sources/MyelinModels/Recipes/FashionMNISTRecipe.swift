import Foundation
import Myelin

/// Fashion-MNIST, or MNIST in the same form, by an MLP. Accuracy 90.4% with the full set.
package struct FashionMNISTRecipe: Recipe {
  package let name = "fashion-mnist"
  package let summary = "grey images of clothing"
  package let sourceOptions: Set<RunSource.Option> = [.images]
  package let hasOwnTest = true
  package let settings = TrainingSettings {
    $0.hiddenSizes = [512, 256]
    $0.activation = .gelu
    $0.dropout = 0.2
    $0.learningRate = 2e-3
    $0.weightDecay = 0.1
    $0.schedule = .oneCycle
    $0.epochs = 15
    $0.batchSize = 128
    $0.labelSmoothing = 0.1
  }

  package init() {}

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let data = try FashionMNIST.load(
      folder: options.source.path.map { URL(fileURLWithPath: $0.located(near: folder)) })
    let shape = data.training.inputs.shape
    // The test images are given; only validation is cut from the training images.
    let split = Split(
      labels: data.training.labels!.values, validation: options.validationShare, test: 0, seed: options.seed)
    let parts = TensorTask.partsText(split.training.count, split.validation.count, data.test.count)
    return TensorTask(
      preprocessing: .images(
        ImageEncoding(height: shape[1], width: shape[2], channels: 1, classNames: FashionMNIST.classNames)),
      training: split.validation.isEmpty ? data.training : data.training.subset(split.training),
      validation: split.validation.isEmpty ? nil : data.training.subset(split.validation), test: data.test,
      facts: [
        ("data", "\(name): \(summary), \(shape[1])×\(shape[2]) pixels"),
        ("images from", "\(data.source)"), ("source", FashionMNIST.citation),
        ("images", "\(data.training.count + data.test.count): \(parts)"),
        ("task", "classification into 10 classes: \(FashionMNIST.classNames.joined(separator: ", "))"),
      ])
  }
}
