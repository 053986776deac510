/// The matrix product. [M, K] × [K, N] gives [M, N]; [B, M, K] × [B, K, N] gives [B, M, N], and [B, M, K] × [K, N]
/// takes the same second matrix for all.
///
/// Precondition: the inner sizes are equal.
public func matmul(_ a: Tensor, _ b: Tensor) -> Tensor {
  require(
    (a.rank == 2 || a.rank == 3) && (b.rank == 2 || b.rank == a.rank) && a.shape[a.rank - 1] == b.shape[b.rank - 2]
      && (b.rank == 2 || a.shape[0] == b.shape[0]),
    "matmul: shapes \(a.shape) and \(b.shape) do not fit")
  let (k, n) = (b.shape[b.rank - 2], b.shape[b.rank - 1])
  // One second matrix for all: the batch is just more rows.
  let shared = b.rank == 2
  let batch = shared ? 1 : a.shape[0]
  let m = shared ? a.shape.dropLast().reduce(1, *) : a.shape[1]
  var result = Tensor(uninitialized: a.shape.replacing(axis: a.rank - 1, with: n))
  Kernels.gemmBatched(
    batch: batch, m, n, k, a.pointer, lda: max(k, 1), strideA: m * k, b.pointer, ldb: max(n, 1), strideB: k * n,
    result.pointer, ldc: max(n, 1), strideC: m * n)
  let (first, second) = (a.source, b.source)
  if first != nil || second != nil {
    let (a, b) = (a.detached, b.detached)
    result.record("matmul") { gradient, pass in
      if let first {
        // dA = dC Bᵀ
        pass.accumulate(into: first) {
          Kernels.gemmBatched(
            transposeB: true, batch: batch, m, k, n, gradient.pointer, lda: max(n, 1), strideA: m * n, b.pointer,
            ldb: max(n, 1), strideB: k * n, $0, ldc: max(k, 1), strideC: m * k, $1)
        }
      }
      if let second {
        // dB = Aᵀ dC
        pass.accumulate(into: second) {
          Kernels.gemmBatched(
            transposeA: true, batch: batch, k, n, m, a.pointer, lda: max(k, 1), strideA: m * k, gradient.pointer,
            ldb: max(n, 1), strideB: m * n, $0, ldc: max(n, 1), strideC: k * n, $1)
        }
      }
    }
  }
  return result
}

/// Σ aᵢ bᵢ of two tensors of one shape: a scalar.
public func dot(_ a: Tensor, _ b: Tensor) -> Tensor {
  require(a.shape == b.shape, "dot: shapes \(a.shape) and \(b.shape)")
  var result = Tensor(Kernels.dot(a.count, a.pointer, b.pointer))
  let (first, second) = (a.source, b.source)
  if first != nil || second != nil {
    let (a, b) = (a.detached, b.detached)
    result.record("dot") { gradient, pass in
      let factor = gradient.scalar
      if let first { pass.accumulate(into: first) { Kernels.scale(b.count, factor, b.pointer, $0, $1) } }
      if let second { pass.accumulate(into: second) { Kernels.scale(a.count, factor, a.pointer, $0, $1) } }
    }
  }
  return result
}
