internal import CKernels
import Synchronization

/// What products are computed with. Parameters, activations, gradients and the optimizer's state are `Float` either way.
///
/// In ``bfloat16`` the two factors of a matrix product are rounded to bfloat16 while they are packed for the processor: 8
/// significant bits, to nearest with ties to even, the exponents of a `Float`. Products of these are exact, and are added up
/// in `Float`. With AVX-512's BF16 instructions (``isFaster``) a product takes about half its time; they count denormal
/// numbers as zero and add two terms at once. On other processors the factors are rounded just the same, and it takes
/// about what floats take (0.8 to 1.3 times their speed, by shape). Results of one processor have the same bits at any
/// thread count, those of different processors differ in the last digits of their sums.
///
/// It holds for `matmul`, and the products of dense layers, of tied outputs and `linearCrossEntropy`, of recurrent layers
/// (inputs and steps) and of 1 × 1 convolutions, forward and backward. What stays in `Float`: the rest of losses, softmax,
/// normalisation, the inside of attention, other convolutions, sums, gates, the optimizer, products with fewer than 16 rows,
/// 32 columns or 32 terms, and steps of fewer than 32 hidden units.
public enum Precision: String, Sendable, Codable, CaseIterable {
  /// Single precision, 24 significant bits.
  case float32
  /// The upper half of a `Float`: 8 significant bits.
  case bfloat16

  /// That of this thread: ``float32`` outside ``withPrecision(_:_:)``.
  public internal(set) static var current: Precision {
    @inline(__always) get {
      wasChanged.load(ordering: .relaxed) && ck_active_precision() == CK_BFLOAT16 ? .bfloat16 : .float32
    }
    set {
      if newValue != .float32 { wasChanged.store(true, ordering: .relaxed) }
      _ = ck_set_precision(newValue == .bfloat16 ? CK_BFLOAT16 : CK_FLOAT32)
    }
  }

  /// Whether any thread ever left floats: where none did, the operations of a small step do not ask for their thread's mode,
  /// which took a twentieth of one.
  private static let wasChanged = Atomic<Bool>(false)

  /// Whether products in ``bfloat16`` take less time here than those of floats.
  public static var isFaster: Bool { ck_multiplies_pairs() }
}

/// Runs `body` with each row of a product computed as if it were alone, so that it has the same bits however many rows there
/// are: a network that reads a sequence step by step then gives what it gives for the whole, bit for bit. Applies to this
/// thread, in ``Precision/float32``. Products of many rows take some per cent longer.
///
/// - Parameter body: What to compute.
/// - Throws: What `body` throws.
@discardableResult
public func withRowsAlone<Result>(_ body: () throws -> Result) rethrows -> Result {
  let outside = ck_rows_are_alone()
  ck_set_rows_alone(true)
  defer { ck_set_rows_alone(outside) }
  return try body()
}

/// Runs `body` with the products of this thread in another precision. May be nested.
///
/// ```swift
/// let loss = withPrecision(.bfloat16) { softmaxCrossEntropy(model(batch.inputs), batch.labels) }
/// loss.backward()  // in the precision in which each operation was computed
/// ```
/// - Parameters:
///   - precision: What products inside are computed with.
///   - body: What to compute.
/// - Throws: What `body` throws.
@discardableResult
public func withPrecision<Result>(_ precision: Precision, _ body: () throws -> Result) rethrows -> Result {
  let outside = Precision.current
  if precision == outside { return try body() }
  Precision.current = precision
  defer { Precision.current = outside }
  return try body()
}
