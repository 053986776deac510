import Myelin

/// The shipped digits as pictures, by a small convolutional network.
package struct DigitsCNN: Recipe {
  package let name = "digits-cnn"
  package let summary = "handwritten digits of 8×8 pixels, by a small convolutional network"
  package let network: String? = "VGG of 32-32, 64-64 channels, normalised by batch"
  package let sourceOptions: Set<RunSource.Option> = [.pictures]
  package let settings = TrainingSettings {
    $0.learningRate = 4e-3
    $0.weightDecay = 0.05
    $0.schedule = .oneCycle
    $0.epochs = 30
    $0.batchSize = 64
    $0.labelSmoothing = 0.05
  }

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let digits = TableRecipe.digits.table
    let all = try DigitsCNN.pictures(digits.table(), label: digits.target)
    let split = Split(
      labels: all.labels!.values, validation: options.validationShare, test: options.testShare, seed: options.seed)
    let classes = (0...9).map(String.init)
    let parts = TensorTask.partsText(split.training.count, split.validation.count, split.test.count)
    return TensorTask(
      preprocessing: .images(ImageEncoding(height: 8, width: 8, channels: 1, classNames: classes)),
      training: TensorSamples(all.subset(split.training)),
      validation: split.validation.isEmpty ? nil : TensorSamples(all.subset(split.validation)),
      test: TensorSamples(all.subset(split.test)),
      facts: [
        ("data", "\(name): \(summary)"), ("source", digits.citation), ("images", "\(all.count): \(parts)"),
        ("task", "classification into 10 classes: \(classes.joined(separator: ", "))"),
      ], augmentation: try options.settings.augmentation(ImageAugmentation(shift: 1), height: 8, width: 8)
    ) { _ in
      VGG.Configuration(
        picture: PictureSize(8, 8, 1), stages: [[32, 32], [64, 64]], normalizes: true, averagesPixels: true,
        dropout: 0.2)
    }
  }

  /// Ink of 0…16 a pixel, as 0…1.
  private static func pictures(_ table: Table, label name: String) throws -> TensorDataset {
    var pixels = [Float](repeating: 0, count: table.rowCount * 64)
    var column = 0
    for part in table.columns where part.name != name {
      guard case .numbers(let values) = part.values, column < 64 else {
        throw DataError(table.source, "column \(DataError.quoted(part.name))", expected: "one of 64 columns of pixels")
      }
      for (row, value) in values.enumerated() { pixels[row * 64 + column] = Float(value) / 16 }
      column += 1
    }
    guard case .numbers(let labels) = try table.column(named: name).values else {
      throw DataError(table.source, "column \(DataError.quoted(name))", expected: "digits")
    }
    return TensorDataset(
      inputs: Tensor(pixels, shape: [table.rowCount, 8, 8, 1]), labels: Indices(labels.map { Int32($0) }))
  }
}
