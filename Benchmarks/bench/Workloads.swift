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
  /// Of the products of its steps.
  var precision = Precision.float32
  /// The network, and its loss on one random batch that stays the same.
  let make: @Sendable (RandomGenerator) -> (network: any Module, loss: () -> Tensor)

  static let float32 =
    [
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
      TrainingModel(name: "char_lstm", network: "embedding 96 to 128, LSTM 512, 64 steps", batch: 32, method: .adam) {
        let network = CharacterLSTM(characters: 96, embedding: 128, hidden: 512, generator: $0)
        let tokens = randomLabels([32, 65], below: 96, $0)
        let (inputs, next) = (steps(tokens, 0..<64), steps(tokens, 1..<65).reshaped([32 * 64]))
        return (network, { softmaxCrossEntropy(network(inputs).output.reshaped([32 * 64, 96]), next) })
      },
      TrainingModel(name: "gru_small", network: "16 inputs, GRU 64, 10 classes, 96 steps", batch: 32, method: .adam) {
        let network = LastStep(GRU(16, 64, generator: $0), outputs: 10)
        let (x, labels) = ($0.normal([32, 96, 16]), randomLabels([32], below: 10, $0))
        return (network, { softmaxCrossEntropy(network(x), labels) })
      },
      TrainingModel(
        name: "lstm_forecast", network: "8 inputs, LSTM 64, 24 forecasts, 96 steps", batch: 32, method: .adam
      ) {
        let network = LastStep(LSTM(8, 64, generator: $0), outputs: 24)
        let (x, targets) = ($0.normal([32, 96, 8]), $0.normal([32, 24]))
        return (network, { meanSquaredError(network(x), targets) })
      },
      TrainingModel(
        name: "gpt_nano", .gpt2(vocabulary: 65, context: 64, width: 128, heads: 4, layers: 4), batch: 12, method: .adam),
      TrainingModel(
        name: "gpt_mini", .gpt2(vocabulary: 256, context: 256, width: 384, heads: 6, layers: 6), batch: 8, method: .adam
      ),
      TrainingModel(
        name: "vit_small",
        VisionTransformer.Configuration(
          picture: PictureSize(32, 32, 3), patch: 4, width: 192, heads: 3, layers: 6), [32, 32, 3], batch: 64,
        method: .adam),
    ] + graphs

  /// The rows again whose products are in bfloat16: the name with `_bf16`.
  static let bfloat16 = ["mlp_wide", "char_lstm", "gpt_nano", "gpt_mini"].compactMap { name in
    float32.first { $0.name == name }.map { model in
      TrainingModel(
        name: "\(name)_bf16", network: model.network, batch: model.batch, method: model.method, precision: .bfloat16,
        make: model.make)
    }
  }

  static let all = float32 + bfloat16

  static func named(_ name: String) -> TrainingModel? { all.first { $0.name == name } }

  var description: String {
    "\(network), batch \(batch), \(method == .adam ? "Adam" : "SGD + momentum")"
      + (precision == .bfloat16 ? ", products in bfloat16" : "")
  }
}

extension TrainingModel {
  /// An MLP with ReLU between its layers.
  init(name: String, widths: [Int], batch: Int, method: Method) {
    self.init(
      name: name, network: widths.map(String.init).joined(separator: "-"), batch: batch, method: method,
      make: { TrainingModel.classifier(MLP(widths), [widths[0]], classes: widths[widths.count - 1], batch: batch, $0) })
  }

  init(name: String, _ configuration: some NetworkConfiguration, _ shape: [Int], batch: Int, method: Method) {
    self.init(
      name: name, network: configuration.size.description, batch: batch, method: method,
      make: {
        TrainingModel.classifier(
          configuration.makeNetwork(), shape, classes: configuration.outputCount, batch: batch, $0)
      })
  }

  /// Tokens as many as the context, with the next one for each.
  init(name: String, _ configuration: GPT.Configuration, batch: Int, method: Method) {
    self.init(
      name: name, network: configuration.size.description, batch: batch, method: method,
      make: {
        let network = GPT(configuration)
        let tokens = TrainingModel.randomLabels(
          [batch, configuration.context + 1], below: configuration.vocabulary, $0)
        let inputs = TrainingModel.steps(tokens, 0..<configuration.context)
        let next = TrainingModel.steps(tokens, 1..<configuration.context + 1)
        return (network, { network.loss(inputs, next) })
      })
  }

  private static func classifier(
    _ network: some Module<Tensor, Tensor>, _ shape: [Int], classes: Int, batch: Int, _ random: RandomGenerator
  ) -> (network: any Module, loss: () -> Tensor) {
    let (x, labels) = (random.normal(Shape([batch] + shape)), randomLabels([batch], below: classes, random))
    return (network, { softmaxCrossEntropy(network(x), labels) })
  }

  static func randomLabels(_ shape: Shape, below classes: Int, _ random: RandomGenerator) -> Indices {
    Indices(random.uniform(shape, low: 0, high: Float(classes)).scalars.map { Int32($0) }, shape: shape)
  }

  /// Columns of tokens [B, T].
  private static func steps(_ tokens: Indices, _ range: Range<Int>) -> Indices {
    let (rows, columns) = (tokens.shape[0], tokens.shape[1])
    let values = tokens.values
    return Indices(
      (0..<rows).flatMap { values[$0 * columns + range.lowerBound..<$0 * columns + range.upperBound] },
      shape: [rows, range.count])
  }
}

/// A dense layer over what a recurrent network has come to after the last step.
private struct LastStep: Module {
  let recurrent: RecurrentLayers
  let head: Dense

  init(_ recurrent: RecurrentLayers, outputs: Int) {
    self.recurrent = recurrent
    head = Dense(recurrent.outputs, outputs)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { head(recurrent.summary(recurrent(x, state: nil).state)) }
}

/// A model in training on one random batch that stays the same.
final class TrainingWork {
  let model: TrainingModel
  let network: any Module
  private let optimizer: Optimizer
  private let forward: () -> Tensor
  private var loss = Tensor(0)

  init(_ model: TrainingModel) {
    self.model = model
    (network, forward) = model.make(RandomGenerator(seed: 1))
    switch model.method {
    case .sgdWithMomentum: optimizer = SGD(network.parameters, learningRate: 0.1, momentum: 0.9)
    case .adam: optimizer = Adam(network.parameters, learningRate: 1e-3)
    }
  }

  /// Forward, backward, update: the loop that a user writes.
  func step() {
    withPrecision(model.precision) {
      loss = forward()
      optimizer.minimize(loss)
    }
  }

  var lastLoss: Float { loss.scalar }
}
