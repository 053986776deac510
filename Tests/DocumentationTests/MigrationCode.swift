import Myelin
import MyelinModels
import XCTest

/// The code of the article "Coming from PyTorch or Keras", and what it says in figures.
final class MigrationCode: XCTestCase {
  func testVariance() {
    let x = Tensor([1, 2, 4, 9], shape: [1, 4])
    let population = x.variance(axis: 1)  // Σ (x − mean)² / n, as numpy.var and Keras
    let sample = x.variance(axis: 1, correction: 1)  // Σ (x − mean)² / (n − 1), as torch.var
    XCTAssertEqual(population.scalars, [9.5])
    XCTAssertEqual(sample.scalars[0], 38 / 3, accuracy: 1e-6)
  }

  func testOneSwitch() {
    let dropout = Dropout(0.5)
    let x = Tensor(ones: [1000])
    let training = dropout(x)  // gradients are recorded: drops
    let inference = withoutGradient { dropout(x) }  // x
    XCTAssertEqual(inference.scalars, x.scalars)
    XCTAssertNotEqual(training.scalars, x.scalars)
  }

  func testPyTorchsLinear() {
    let inputs = 64
    let uniform = Initializer { shape, fanIn, _, generator in
      let bound = 1 / Float(fanIn).squareRoot()
      return generator.uniform(shape, low: -bound, high: bound)
    }
    let layer = Dense(inputs, 10, initializer: uniform)
    layer.bias!.value = RandomGenerator.shared.uniform([10], low: -0.125, high: 0.125)
    XCTAssertLessThanOrEqual(layer.weight.value.scalars.map(abs).max()!, 0.125)
  }

  func testNoDecayOfBiases() {
    let model = MLP([8, 16, 3])
    let optimizer = AdamW(model.parameters, learningRate: 1e-3, weightDecay: 0.01)
    optimizer.configure(where: { $0.shape.rank < 2 }, weightDecay: 0)
    XCTAssertEqual(optimizer.options.map(\.weightDecay), [0.01, 0, 0.01, 0])
  }

  /// A class weight counts in numerator and denominator, with smoothing too: by the row's label.
  func testClassWeightsWithSmoothing() {
    let logits = Tensor([1, 0, 0, 2, 1, 1], shape: [2, 3])
    let (labels, weights) = (Indices([0, 1]), Tensor([1, 3, 1]))
    let loss = softmaxCrossEntropy(logits, labels, classWeights: weights, labelSmoothing: 0.3).scalar
    let rows = [0, 1].map { row in
      softmaxCrossEntropy(
        logits.sliced(row..<row + 1), Indices([labels[row]]), labelSmoothing: 0.3
      ).scalar
    }
    XCTAssertEqual(loss, (rows[0] + 3 * rows[1]) / 4, accuracy: 1e-6)
  }

  func testSampleWeightsDenominator() {
    let loss = meanSquaredError(Tensor([1, 3]), Tensor([0, 0]), sampleWeights: Tensor([1, 3])).scalar
    XCTAssertEqual(loss, (1 + 27) / 4, accuracy: 1e-6)
  }
}
