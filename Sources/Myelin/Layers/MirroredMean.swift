/// The mean of what a network gives for a picture and for its mirror image, while no gradients are recorded: a test-time
/// flip. Training sees pictures as they are.
///
/// ```swift
/// print(evaluate(MirroredMean(model), .classification(), on: test).scores)
/// ```
/// For pictures whose meaning does not change in a mirror; it doubles the work.
public struct MirroredMean: Module {
  /// What is asked twice.
  public let network: any Module<Tensor, Tensor>

  /// A network of pictures [N, H, W, C].
  public init(_ network: any Module<Tensor, Tensor>) { self.network = network }

  /// (network(x) + network(mirrored x)) / 2, or network(x) while gradients are recorded. Precondition: four axes.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    if isRecordingGradients { return network(x) }
    return (network(x) + network(x.flipped())) * 0.5
  }
}
