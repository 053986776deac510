/// Layers one after another, as many as you like: each takes what the one before gives.
///
/// ```swift
/// let model = Sequential {
///   Dense(784, 256, activation: .relu)
///   Dropout(0.2)
///   Dense(256, 10)
/// }
/// ```
/// The first layer's input and the last one's output are those of the whole, of any type: what does not fit is an error
/// of the compiler. `if` and `for` take layers that give what they take.
public struct Sequential<Input, Output>: Module {
  /// In the order of the calls.
  public let layers: [any Module]
  private let link: LayerLink<Input, Output>
  private let identity = SequenceIdentity()

  /// The listed layers, called in their order.
  public init(@LayerBuilder _ layers: () -> LayerLink<Input, Output>) { self.init(layers()) }

  private init(_ link: LayerLink<Input, Output>) {
    self.link = link
    layers = link.layers
  }

  /// What the last layer gives.
  public func callAsFunction(_ input: Input) -> Output { link.run(input, ObjectIdentifier(identity), 0) }
}

extension Sequential where Input == Output {
  /// Layers of one kind, as from an array: `Sequential(sizes.map { Dense($0, $0) })`.
  public init(_ layers: [any Module<Input, Input>]) { self.init(LayerBuilder.buildExpression(layers)) }
}

/// What tells two sequences apart when their layers are observed.
private final class SequenceIdentity: Sendable {}

/// A module whose layers are called in their order and told by their number.
protocol LayerSequence: Module {
  var layers: [any Module] { get }
  func key(_ index: Int) -> LayerKey
}

extension Sequential: LayerSequence {
  func key(_ index: Int) -> LayerKey { .element(ObjectIdentifier(identity), index) }
}

/// Some layers of a ``Sequential``, put together by ``LayerBuilder``.
public struct LayerLink<Input, Output> {
  let layers: [any Module]
  /// Calls them; the sequence's identity and the first layer's number go to who observes.
  let run: (Input, ObjectIdentifier, Int) -> Output
}

/// Lists the layers of a ``Sequential``.
@resultBuilder
public enum LayerBuilder {
  /// One layer.
  public static func buildExpression<Layer: Module>(_ layer: Layer) -> LayerLink<Layer.Input, Layer.Output> {
    LayerLink(layers: [layer]) { input, sequence, index in
      Observation.layer(.element(sequence, index)) { layer(input) }
    }
  }

  /// An array of layers of one kind.
  public static func buildExpression<Value>(_ layers: [any Module<Value, Value>]) -> LayerLink<Value, Value> {
    layers.reduce(LayerLink(layers: []) { input, _, _ in input }) { link, layer in
      buildPartialBlock(accumulated: link, next: buildExpression(layer))
    }
  }

  /// The first layers.
  public static func buildPartialBlock<Input, Output>(
    first: LayerLink<Input, Output>
  ) -> LayerLink<Input, Output> { first }

  /// Layers that take what those before them give.
  public static func buildPartialBlock<Input, Value, Output>(
    accumulated: LayerLink<Input, Value>, next: LayerLink<Value, Output>
  ) -> LayerLink<Input, Output> {
    let count = accumulated.layers.count
    return LayerLink(layers: accumulated.layers + next.layers) { input, sequence, index in
      next.run(accumulated.run(input, sequence, index), sequence, index + count)
    }
  }

  /// Layers under an `if` without `else`: where it does not hold, the value goes on as it is.
  public static func buildOptional<Value>(_ part: LayerLink<Value, Value>?) -> LayerLink<Value, Value> {
    part ?? LayerLink(layers: []) { input, _, _ in input }
  }

  /// Layers under an `if` with `else`.
  public static func buildEither<Input, Output>(
    first part: LayerLink<Input, Output>
  ) -> LayerLink<Input, Output> { part }

  /// Layers under the `else`.
  public static func buildEither<Input, Output>(
    second part: LayerLink<Input, Output>
  ) -> LayerLink<Input, Output> { part }

  /// The layers of a `for`, one after another.
  public static func buildArray<Value>(_ parts: [LayerLink<Value, Value>]) -> LayerLink<Value, Value> {
    parts.reduce(LayerLink(layers: []) { input, _, _ in input }) {
      buildPartialBlock(accumulated: $0, next: $1)
    }
  }
}
