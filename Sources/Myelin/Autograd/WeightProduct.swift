/// The gradient xᵀ dz of a weight [inputs, outputs] as one product: x [rows, inputs], dz [rows, outputs].
struct WeightProduct {
  let node: GradientNode
  let x: Tensor
  let dz: Tensor
  let rows: Int
  let inputs: Int
  let outputs: Int

  var count: Int { inputs * outputs }

  func addToGradient(by pass: BackwardPass) {
    pass.accumulate(into: node) {
      Kernels.gemm(
        transposeA: true, inputs, outputs, rows, x.pointer, lda: inputs, dz.pointer, ldb: outputs, $0, ldc: outputs, $1)
    }
  }
}
