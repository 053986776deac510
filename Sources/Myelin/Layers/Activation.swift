/// An activation function that a layer applies to its result, fused into the layer's own kernel.
///
/// At a kink the derivative is the one from the left (0 for ReLU at 0).
public enum Activation: Sendable, Hashable {
  /// x
  case identity
  /// max(x, 0)
  case relu
  /// x for x > 0, else slope · x
  case leakyReLU(slope: Float = 0.01)
  /// 1 / (1 + e⁻ˣ)
  case sigmoid
  /// (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)
  case tanh
  /// x Φ(x), exact (Hendrycks & Gimpel 2016)
  case gelu
  /// x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))
  case geluTanh
  /// x σ(x), also called swish
  case silu
  /// x for x > 0, else α (eˣ − 1) (Clevert et al. 2016)
  case elu(alpha: Float = 1)
  /// log(1 + eˣ)
  case softplus
  /// min(max(x/6 + 1/2, 0), 1)
  case hardSigmoid
  /// 1 for x ≥ 0, else 0; its derivative is 0, so nothing learns through it
  case step
}

extension Activation: LosslessStringConvertible, Codable {
  /// As in `relu` or `leakyReLU(0.01)`.
  public var description: String {
    switch self {
    case .identity: "identity"
    case .relu: "relu"
    case .leakyReLU(let slope): "leakyReLU(\(slope))"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .gelu: "gelu"
    case .geluTanh: "geluTanh"
    case .silu: "silu"
    case .elu(let alpha): "elu(\(alpha))"
    case .softplus: "softplus"
    case .hardSigmoid: "hardSigmoid"
    case .step: "step"
    }
  }

  /// The names that ``init(_:)`` knows; leakyReLU and elu also take a number, as in `elu(0.5)`.
  public static let names = [
    "identity", "relu", "leakyReLU", "sigmoid", "tanh", "gelu", "geluTanh", "silu", "elu", "softplus", "hardSigmoid",
    "step",
  ]

  /// Reads ``description``; upper and lower case, `-` and `_` make no difference. Nil for another text.
  public init?(_ description: String) {
    var name = description.lowercased().filter { $0 != "-" && $0 != "_" }
    var number: Float?
    if let open = name.firstIndex(of: "(") {
      guard name.last == ")", let value = Float(name[name.index(after: open)...].dropLast()) else { return nil }
      number = value
      name = String(name[..<open])
    }
    switch name {
    case "leakyrelu": self = .leakyReLU(slope: number ?? 0.01)
    case "elu": self = .elu(alpha: number ?? 1)
    case _ where number != nil: return nil
    case "identity": self = .identity
    case "relu": self = .relu
    case "sigmoid": self = .sigmoid
    case "tanh": self = .tanh
    case "gelu": self = .gelu
    case "gelutanh": self = .geluTanh
    case "silu": self = .silu
    case "softplus": self = .softplus
    case "hardsigmoid": self = .hardSigmoid
    case "step": self = .step
    default: return nil
    }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let activation = Activation(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "no activation is called \"\(text)\"")
    }
    self = activation
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
