import Myelin
import MyelinModels

/// A row of the training table. The names are fixed, and Benchmarks/peers/server.py has the same models.
struct TrainingModel: Sendable {
  enum Method: Sendable { case sgdWithMomentum, adam }

  let name: String
  let widths: [Int]
  let batch: Int
  let method: Method

  static let all = [
    TrainingModel(name: "xor_mlp", widths: [2, 8, 2], batch: 4, method: .sgdWithMomentum),
    TrainingModel(name: "mlp_small", widths: [64, 128, 10], batch: 32, method: .adam),
    TrainingModel(name: "mlp_mnist", widths: [784, 512, 256, 10], batch: 128, method: .adam),
    TrainingModel(name: "mlp_wide", widths: [1024, 4096, 4096, 1024], batch: 256, method: .adam),
  ]

  static func named(_ name: String) -> TrainingModel? { all.first { $0.name == name } }

  var description: String {
    let layers = widths.map(String.init).joined(separator: "-")
    return "\(layers), batch \(batch), \(method == .adam ? "Adam" : "SGD + momentum")"
  }
}

/// A model in training on one random batch that stays the same.
final class TrainingWork {
  let model: TrainingModel
  let network: MLP
  private let optimizer: Optimizer
  private let inputs: Tensor
  private let labels: Indices
  private var loss = Tensor(0)

  init(_ model: TrainingModel) {
    self.model = model
    network = MLP(model.widths)
    switch model.method {
    case .sgdWithMomentum: optimizer = SGD(network.parameters, learningRate: 0.1, momentum: 0.9)
    case .adam: optimizer = Adam(network.parameters, learningRate: 1e-3)
    }
    let random = RandomGenerator(seed: 1)
    inputs = random.normal([model.batch, model.widths[0]])
    let classes = model.widths[model.widths.count - 1]
    labels = Indices(
      random.uniform([model.batch], low: 0, high: Float(classes)).scalars.map { Int32($0) })
  }

  /// Forward, backward, update: the loop that a user writes.
  func step() {
    loss = softmaxCrossEntropy(network(inputs), labels)
    optimizer.minimize(loss)
  }

  var lastLoss: Float { loss.scalar }
}
