/// A stream of random numbers: Philox4x32-10 (Salmon et al. 2011), a function of key and counter, so results do not
/// depend on the thread count or instruction set.
///
/// Layers and initialisers draw from ``RandomGenerator/shared``: set its seed first and a run repeats bit for bit.
public final class RandomGenerator: Sendable {
  /// Where a stream stands: all there is to save and restore.
  public struct State: Sendable, Hashable, Codable {
    /// The generator's key.
    public var seed: UInt64
    /// Elements drawn so far: the counter.
    public var offset: UInt64

    /// A place in the stream of a seed.
    public init(seed: UInt64, offset: UInt64 = 0) {
      self.seed = seed
      self.offset = offset
    }
  }

  /// What layers and initialisers draw from. Its seed is 0 at the start of the program.
  public static let shared = RandomGenerator(seed: 0)

  private let current: Lock<State>

  /// A stream of its own, from its beginning.
  public init(seed: UInt64) { current = Lock(State(seed: seed)) }

  /// Where the stream stands. Set it to go on from a state that was kept.
  public var state: State {
    get { current.withLock { $0 } }
    set { current.withLock { $0 = newValue } }
  }

  /// Starts the stream anew.
  public func reset(seed: UInt64) { state = State(seed: seed) }

  /// Takes the next `count` elements of the stream, whole blocks of four.
  func draw(_ count: Int) -> RandomDraw {
    current.withLock { state in
      let draw = RandomDraw(key: state.seed, offset: state.offset)
      state.offset += UInt64((count + 3) / 4 * 4)
      return draw
    }
  }

  /// Uniform in `low ..< high`.
  public func uniform(_ shape: Shape, low: Float = 0, high: Float = 1) -> Tensor {
    let result = Tensor(uninitialized: shape)
    Kernels.randomUniform(result.count, draw(result.count), low, high, result.pointer)
    return result
  }

  /// Normally distributed numbers, by Box and Muller's transform (1958).
  public func normal(_ shape: Shape, mean: Float = 0, standardDeviation: Float = 1) -> Tensor {
    let result = Tensor(uninitialized: shape)
    Kernels.randomNormal(
      result.count, draw(result.count), mean: mean, deviation: standardDeviation, result.pointer)
    return result
  }

  /// The numbers 0 ..< count in random order (Fisher–Yates).
  public func permutation(_ count: Int) -> [Int32] {
    var order = (0..<Int32(count)).map { $0 }
    guard count > 1 else { return order }
    var words = [UInt32](repeating: 0, count: count)
    Kernels.randomBits(count, draw(count), &words)
    for last in stride(from: count - 1, to: 0, by: -1) {
      // 32 random bits times the range, high half: the bias is below 2⁻³² · count.
      let other = Int((UInt64(words[last]) * UInt64(last + 1)) >> 32)
      order.swapAt(last, other)
    }
    return order
  }
}
