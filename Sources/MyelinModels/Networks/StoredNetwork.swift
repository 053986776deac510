import Myelin

/// A network of tensors that can be built again from what is written beside its weights.
public protocol StoredNetwork: Module where Input == Tensor, Output == Tensor {
  /// All that makes it, but for the weights.
  associatedtype Configuration: NetworkConfiguration where Configuration.Network == Self

  /// Builds it, its weights drawn from `RandomGenerator.shared`.
  init(_ configuration: Configuration)
  /// What it was made of.
  var configuration: Configuration { get }
}

/// A network whose last layer is dense: what that layer is given can be had.
public protocol FeatureNetwork: StoredNetwork {
  /// What the last layer is given for a batch: [N, features].
  func features(_ x: Tensor) -> Tensor
}

/// All that makes a network, but for the weights: it stands in the model's file, and builds the same network again.
public protocol NetworkConfiguration: Codable, Hashable, Sendable {
  /// The network that it makes.
  associatedtype Network: StoredNetwork where Network.Configuration == Self

  /// How a model's file names networks of this kind: `mlp`.
  static var kind: String { get }
  /// Numbers that the network takes for a sample.
  var inputCount: Int { get }
  /// Numbers that it gives for one.
  var outputCount: Int { get }
  /// What it takes in memory; asked before it is built.
  var size: NetworkSize { get }
  /// Whether a network can be built of it; one read from a file may be anything.
  var isConsistent: Bool { get }
}

extension NetworkConfiguration {
  /// A new network, its weights drawn from `RandomGenerator.shared`.
  public func makeNetwork() -> Network { Network(self) }
}

/// What a network takes in memory.
public struct NetworkSize: Sendable {
  /// Scalars in all parameters; nil beyond what an Int can count.
  public var parameterCount: Int?
  /// Scalars in all buffers: running statistics and the like.
  public var bufferCount = 0
  /// Scalars that one sample leaves on its way through the network.
  public var activationCount: Int
  /// For errors: `layers 128,64`.
  public var description: String

  /// A size; `bufferCount` is 0 where no layer keeps buffers.
  public init(parameterCount: Int?, bufferCount: Int = 0, activationCount: Int, description: String) {
    self.parameterCount = parameterCount
    self.bufferCount = bufferCount
    self.activationCount = activationCount
    self.description = description
  }

  /// Scalars that a file of the network holds; nil beyond what an Int can count.
  package var stateCount: Int? {
    guard let parameterCount else { return nil }
    let (sum, isTooLarge) = parameterCount.addingReportingOverflow(bufferCount)
    return isTooLarge ? nil : sum
  }
}

/// The networks that a model's file can hold.
package enum Networks {
  /// A new network is one line here.
  static let kinds: [any NetworkConfiguration.Type] = [
    MLP.Configuration.self, LeNet5.Configuration.self, VGG.Configuration.self, ResNet.Configuration.self,
    ResNet9.Configuration.self, MobileNet.Configuration.self, TabularEnsemble.Configuration.self,
    Detector.Configuration.self, Embedder.Configuration.self, VisionTransformer.Configuration.self,
  ]

  /// The kind of that name, if there is one.
  static func kind(_ name: String) -> (any NetworkConfiguration.Type)? { kinds.first { $0.kind == name } }
}
