import Myelin
import MyelinModels

/// A row of the training table. The names are fixed, and Benchmarks/peers has the same models.
struct TrainingModel: Sendable {
  enum Method: Sendable { case sgdWithMomentum, adam }

  let name: String
  /// What the network is, in few words.
  let network: String
  let batch: Int
  let method: Method
  /// Of one sample.
  let inputShape: [Int]
  let classes: Int
  let make: @Sendable () -> any Module<Tensor, Tensor>

  static let all = [
    TrainingModel(name: "xor_mlp", widths: [2, 8, 2], batch: 4, method: .sgdWithMomentum),
    TrainingModel(name: "mlp_small", widths: [64, 128, 10], batch: 32, method: .adam),
    TrainingModel(name: "mlp_mnist", widths: [784, 512, 256, 10], batch: 128, method: .adam),
    TrainingModel(name: "mlp_wide", widths: [1024, 4096, 4096, 1024], batch: 256, method: .adam),
    TrainingModel(name: "lenet5", LeNet5.Configuration(), [28, 28, 1], batch: 64, method: .adam),
    TrainingModel(
      name: "vgg_cifar",
      VGG.Configuration(picture: PictureSize(32, 32, 3), stages: [[32, 32], [64, 64]], hidden: [512]), [32, 32, 3],
      batch: 64, method: .adam),
    TrainingModel(
      name: "resnet20", ResNet.Configuration.cifar(), [32, 32, 3], batch: 64, method: .sgdWithMomentum),
  ]

  static func named(_ name: String) -> TrainingModel? { all.first { $0.name == name } }

  var description: String { "\(network), batch \(batch), \(method == .adam ? "Adam" : "SGD + momentum")" }
}

extension TrainingModel {
  /// An MLP with ReLU between its layers.
  init(name: String, widths: [Int], batch: Int, method: Method) {
    self.init(
      name: name, network: widths.map(String.init).joined(separator: "-"), batch: batch, method: method,
      inputShape: [widths[0]], classes: widths[widths.count - 1], make: { MLP(widths) })
  }

  init(name: String, _ configuration: some NetworkConfiguration, _ shape: [Int], batch: Int, method: Method) {
    self.init(
      name: name, network: configuration.size.description, batch: batch, method: method, inputShape: shape,
      classes: configuration.outputCount, make: { configuration.makeNetwork() })
  }
}

/// A model in training on one random batch that stays the same.
final class TrainingWork {
  let model: TrainingModel
  let network: any Module<Tensor, Tensor>
  private let optimizer: Optimizer
  private let inputs: Tensor
  private let labels: Indices
  private var loss = Tensor(0)

  init(_ model: TrainingModel) {
    self.model = model
    network = model.make()
    switch model.method {
    case .sgdWithMomentum: optimizer = SGD(network.parameters, learningRate: 0.1, momentum: 0.9)
    case .adam: optimizer = Adam(network.parameters, learningRate: 1e-3)
    }
    let random = RandomGenerator(seed: 1)
    inputs = random.normal(Shape([model.batch] + model.inputShape))
    labels = Indices(
      random.uniform([model.batch], low: 0, high: Float(model.classes)).scalars.map { Int32($0) })
  }

  /// Forward, backward, update: the loop that a user writes.
  func step() {
    loss = softmaxCrossEntropy(network.callAsFunction(inputs), labels)
    optimizer.minimize(loss)
  }

  var lastLoss: Float { loss.scalar }
}
