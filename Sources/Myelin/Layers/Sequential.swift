/// Layers one after another, as many as you like.
///
/// ```swift
/// let model = Sequential {
///   Dense(784, 256, activation: .relu)
///   Dropout(0.2)
///   Dense(256, 10)
/// }
/// ```
public struct Sequential: Module {
  public let layers: [any Module<Tensor, Tensor>]

  public init(_ layers: [any Module<Tensor, Tensor>]) { self.layers = layers }

  public init(@LayerBuilder _ layers: () -> [any Module<Tensor, Tensor>]) { self.layers = layers() }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    var value = x
    for layer in layers { value = layer(value) }
    return value
  }
}

/// Lists layers, with `if`, `for` and arrays.
@resultBuilder
public enum LayerBuilder {
  public typealias Layer = any Module<Tensor, Tensor>

  public static func buildExpression(_ layer: Layer) -> [Layer] { [layer] }
  public static func buildExpression(_ layers: [Layer]) -> [Layer] { layers }
  public static func buildBlock(_ parts: [Layer]...) -> [Layer] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [Layer]?) -> [Layer] { part ?? [] }
  public static func buildEither(first part: [Layer]) -> [Layer] { part }
  public static func buildEither(second part: [Layer]) -> [Layer] { part }
  public static func buildArray(_ parts: [[Layer]]) -> [Layer] { parts.flatMap { $0 } }
}
