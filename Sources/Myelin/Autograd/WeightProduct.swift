/// The gradient xᵀ dz of a weight [inputs, outputs] as one product: x [rows, inputs], dz [rows, outputs].
struct WeightProduct {
  let node: GradientNode
  let x: Tensor
  let dz: Tensor
  let rows: Int
  let inputs: Int
  let outputs: Int
  /// That of the layer, which a product that is left for later keeps.
  let precision = Precision.current

  var count: Int { inputs * outputs }

  func addToGradient(by pass: BackwardPass) {
    pass.accumulate(into: node) { gradient, mode in
      withPrecision(precision) {
        Kernels.gemm(
          transposeA: true, inputs, outputs, rows, x.pointer, lda: inputs, dz.pointer, ldb: outputs, gradient,
          ldc: outputs, mode)
      }
    }
  }
}
