/// Windows of a text of tokens, and what follows each of their tokens.
public struct TokenBatch: ModelBatch {
  /// [N, length].
  public let tokens: Indices
  /// [N, length]: the token behind each; −1 where it does not count.
  public let next: Indices
  /// What a model is called with.
  public var inputs: Indices { tokens }

  /// - Parameters:
  ///   - tokens: [N, length].
  ///   - next: the token behind each, or −1. Precondition: of the same shape.
  public init(tokens: Indices, next: Indices) {
    require(tokens.shape == next.shape, "TokenBatch: tokens \(tokens.shape), next \(next.shape)")
    (self.tokens, self.next) = (tokens, next)
  }

  /// How many tokens count.
  public var count: Int { next.withUnsafeBufferPointer { next in next.count { $0 >= 0 } } }
}

/// A text of tokens, cut into windows as they are asked for; each token but the first is to be told from those before it.
///
/// As a loader draws them, window i begins at i · length and a shift that each epoch has for itself, so that a network sees
/// each token at all places. In order, as evaluation sees them, windows overlap by `context`: each token counts once, and all
/// but those of the first window have at least so many before them.
public struct TokenWindows: Dataset {
  /// The text.
  public let tokens: Indices
  /// Tokens of a window; fewer only where the text has no more.
  public let length: Int
  /// Tokens of a window that do not count where windows come in order.
  public let context: Int
  /// Whether windows are for training, and shifted.
  public let isDrawn: Bool

  /// - Parameters:
  ///   - tokens: the text, at least two.
  ///   - length: tokens of a window, at least 1.
  ///   - context: of these, how many are only seen where windows come in order; below `length`.
  ///   - isDrawn: whether each epoch has a shift of its own.
  public init(_ tokens: Indices, length: Int, context: Int = 0, isDrawn: Bool = false) {
    require(
      tokens.count >= 2 && length >= 1 && (0..<length).contains(context),
      "TokenWindows: windows of \(length) with \(context) before them, of \(tokens.count) tokens")
    self.tokens = tokens
    self.length = min(length, tokens.count - 1)
    self.context = min(context, self.length - 1)
    self.isDrawn = isDrawn
  }

  /// Tokens from one window to the next.
  private var stride: Int { isDrawn ? length : length - context }
  /// Where the last window begins.
  private var lastStart: Int { tokens.count - 1 - length }

  public var count: Int { isDrawn ? max(1, (tokens.count - 1) / length) : 1 + (lastStart + stride - 1) / stride }

  public func batch(_ rows: UnsafeBufferPointer<Int32>) -> TokenBatch { batch(rows, shift: 0) }

  public func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> TokenBatch {
    // Of the epoch alone, so that its windows do not overlap, but for the last one, which ends where the text does.
    let random = BatchPlace(seed: place.seed, epoch: place.epoch, batch: -1).random
    let shift = isDrawn ? Int(random.uniform([1]).scalar * Float(min(length, lastStart + 1))) : 0
    return batch(rows, shift: shift)
  }

  public func batch(_ rows: Range<Int>, at place: BatchPlace) -> TokenBatch {
    rows.map { Int32($0) }.withUnsafeBufferPointer { batch($0, at: place) }
  }

  private func batch(_ rows: UnsafeBufferPointer<Int32>, shift: Int) -> TokenBatch {
    func start(_ row: Int) -> Int { min(row * stride + shift, lastStart) }
    let shape = Shape(rows.count, length)
    return tokens.withUnsafeBufferPointer { source in
      let seen = Indices(shape: shape) { target in
        for (place, row) in rows.enumerated() {
          (target.baseAddress! + place * length).update(from: source.baseAddress! + start(Int(row)), count: length)
        }
      }
      let next = Indices(shape: shape) { target in
        for (place, row) in rows.enumerated() {
          let row = Int(row)
          let target = target.baseAddress! + place * length
          target.update(from: source.baseAddress! + start(row) + 1, count: length)
          guard !isDrawn, row > 0 else { continue }
          target.update(repeating: -1, count: start(row - 1) + length - start(row))
        }
      }
      return TokenBatch(tokens: seen, next: next)
    }
  }
}
