/// Muon (Jordan et al. 2024): the step of a weight matrix is its momentum made orthogonal, so that all directions in it count alike;
/// everything else (biases, norms, embeddings, output layers) is left to Adam.
///
/// m = μ m + g, u = g + μ m, O = the nearest matrix to u whose singular values are near 1, by Newton and Schulz's iteration;
/// w ← w − η (√max(1, outputs / inputs) O + λ w). η counts for the matrices; Adam's is `adamLearningRate`, and both follow a schedule.
///
/// ```swift
/// let optimizer = Muon(model.parameters, learningRate: 0.02) { $0.shape.rank == 2 && $0.name.hasPrefix("blocks.") }
/// ```
public final class Muon: Optimizer {
  /// μ.
  public let momentum: Float
  /// Rounds of the iteration.
  public let rounds: Int
  /// Adam's learning rate over η.
  public let adamShare: Float
  /// Whether weights decay only where the step already goes towards 0.
  public let isDecayCautious: Bool
  private let matrices: Set<ObjectIdentifier>

  private static let (beta1, beta2, epsilon) = (Float(0.9), Float(0.95), Float(1e-10))

  /// An optimizer of these parameters, with all states 0.
  ///
  /// - Parameters:
  ///   - parameters: what it changes; at least one, none twice.
  ///   - learningRate: η of the matrices.
  ///   - momentum: μ.
  ///   - adamLearningRate: of all that are left to Adam, at the first step: it follows η from there.
  ///   - weightDecay: λ of all parameters.
  ///   - cautiousDecay: whether weights decay only where the step already goes towards 0.
  ///   - rounds: of the iteration.
  ///   - isMatrix: which parameters are made orthogonal, of those with two axes; all of them by default. Leave out embeddings and the
  ///     output layer.
  public init(
    _ parameters: [Parameter], learningRate: Float = 0.02, momentum: Float = 0.95, adamLearningRate: Float = 3e-4,
    weightDecay: Float = 0, cautiousDecay: Bool = false, rounds: Int = 5,
    where isMatrix: (Parameter) -> Bool = { _ in true }
  ) {
    require(learningRate > 0 && rounds > 0, "Muon: a learning rate of \(learningRate), \(rounds) rounds")
    self.momentum = momentum
    self.rounds = rounds
    adamShare = adamLearningRate / learningRate
    isDecayCautious = cautiousDecay
    matrices = Set(parameters.filter { $0.shape.rank == 2 && isMatrix($0) }.map(ObjectIdentifier.init))
    super.init(parameters, learningRate: learningRate, weightDecay: weightDecay)
  }

  /// What a parameter begins with: zeros.
  public override func makeState(for parameter: Parameter) -> [String: Tensor] {
    if matrices.contains(ObjectIdentifier(parameter)) { return ["momentum": Tensor(zeros: parameter.shape)] }
    return ["firstMoment": Tensor(zeros: parameter.shape), "secondMoment": Tensor(zeros: parameter.shape)]
  }

  /// One step of one parameter.
  public override func update(_ parameter: Parameter, gradient: Tensor, state: inout State) {
    let value = parameter.value
    var rate = state.learningRate
    let direction: Tensor
    if matrices.contains(ObjectIdentifier(parameter)) {
      let average = momentum * state["momentum"] + gradient
      state["momentum"] = average
      let stretch = max(1, Float(value.shape[1]) / Float(value.shape[0])).squareRoot()
      direction = Self.orthogonalized(gradient + momentum * average, rounds: rounds) * stretch
    } else {
      rate *= adamShare
      direction = adamDirection(gradient, &state, beta1: Self.beta1, beta2: Self.beta2, epsilon: Self.epsilon)
    }
    parameter.value = value - rate * decayed(direction, value, state.weightDecay, isDecayCautious)
  }

  /// A matrix with x's singular vectors and singular values in some 0.7 … 1.2: X ← a X + (b A + c A²) X with A = X Xᵀ, from
  /// X = x / ‖x‖. 0 for 0.
  public static func orthogonalized(_ x: Tensor, rounds: Int = 5) -> Tensor {
    require(x.rank == 2, "Muon: a matrix is made orthogonal, not shape \(x.shape)")
    let isHigh = x.shape[0] > x.shape[1]
    let start = isHigh ? x.transposed() : x
    var y = start * (1 / (start.norm().scalar + 1e-7))
    for _ in 0..<rounds {
      // A is symmetric: x xᵀ by a product with a transposed factor.
      let a = tiedOutput(y, y)
      y = 3.4445 * y + matmul(-4.7750 * a + 2.0315 * matmul(a, a), y)
    }
    return isHigh ? y.transposed() : y
  }
}
