extension Reference {
  /// A convolution's sizes. `pad` is top, bottom, left, right.
  public struct ConvolutionShape {
    public var batch: Int, height: Int, width: Int, inputs: Int, outputs: Int
    public var kernel: (y: Int, x: Int)
    public var stride: (y: Int, x: Int)
    public var dilation: (y: Int, x: Int)
    public var pad: (top: Int, bottom: Int, left: Int, right: Int)
    public var groups: Int

    public init(
      batch: Int, height: Int, width: Int, inputs: Int, outputs: Int, kernel: (y: Int, x: Int),
      stride: (y: Int, x: Int) = (1, 1), dilation: (y: Int, x: Int) = (1, 1),
      pad: (top: Int, bottom: Int, left: Int, right: Int) = (0, 0, 0, 0), groups: Int = 1
    ) {
      self.batch = batch
      self.height = height
      self.width = width
      self.inputs = inputs
      self.outputs = outputs
      self.kernel = kernel
      self.stride = stride
      self.dilation = dilation
      self.pad = pad
      self.groups = groups
    }

    public var outputHeight: Int {
      (height + pad.top + pad.bottom - dilation.y * (kernel.y - 1) - 1) / stride.y + 1
    }
    public var outputWidth: Int { (width + pad.left + pad.right - dilation.x * (kernel.x - 1) - 1) / stride.x + 1 }
    public var inputCount: Int { batch * height * width * inputs }
    public var outputCount: Int { batch * outputHeight * outputWidth * outputs }
    public var weightCount: Int { kernel.y * kernel.x * (inputs / groups) * outputs }

    /// Calls `body` with the elements x[i], w[j], y[k] of each product x[i] w[j] that y[k] sums up.
    fileprivate func forEachTerm(_ body: (_ x: Int, _ w: Int, _ y: Int) -> Void) {
      let (inputsOfGroup, outputsOfGroup) = (inputs / groups, outputs / groups)
      for n in 0..<batch {
        for p in 0..<outputHeight {
          for q in 0..<outputWidth {
            for i in 0..<kernel.y {
              for j in 0..<kernel.x {
                let row = p * stride.y + i * dilation.y - pad.top
                let column = q * stride.x + j * dilation.x - pad.left
                guard row >= 0, row < height, column >= 0, column < width else { continue }
                for o in 0..<outputs {
                  for c in 0..<inputsOfGroup {
                    body(
                      ((n * height + row) * width + column) * inputs + o / outputsOfGroup * inputsOfGroup + c,
                      ((i * kernel.x + j) * inputsOfGroup + c) * outputs + o,
                      ((n * outputHeight + p) * outputWidth + q) * outputs + o)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// y `[N, P, Q, outputs]`.
  public static func convolution(_ shape: ConvolutionShape, x: [Float], w: [Float]) -> Product {
    sums(shape.outputCount, shape) { i, j, k, add in add(k, Double(x[i]) * Double(w[j])) }
  }

  /// dx `[N, H, W, inputs]`: what the transposed convolution gives, too.
  public static func convolutionInputGradient(_ shape: ConvolutionShape, dy: [Float], w: [Float]) -> Product {
    sums(shape.inputCount, shape) { i, j, k, add in add(i, Double(dy[k]) * Double(w[j])) }
  }

  /// dw `[kernel height, kernel width, inputs / groups, outputs]`.
  public static func convolutionWeightGradient(_ shape: ConvolutionShape, x: [Float], dy: [Float]) -> Product {
    sums(shape.weightCount, shape) { i, j, k, add in add(j, Double(dy[k]) * Double(x[i])) }
  }

  /// db `[outputs]`.
  public static func convolutionBiasGradient(_ shape: ConvolutionShape, dy: [Float]) -> Product {
    var product = Product(
      values: .init(repeating: 0, count: shape.outputs), magnitudes: .init(repeating: 0, count: shape.outputs))
    for (k, value) in dy.enumerated() {
      product.values[k % shape.outputs] += Double(value)
      product.magnitudes[k % shape.outputs] += Double(abs(value))
    }
    return product
  }

  private static func sums(
    _ count: Int, _ shape: ConvolutionShape,
    _ term: (_ x: Int, _ w: Int, _ y: Int, _ add: (Int, Double) -> Void) -> Void
  ) -> Product {
    var product = Product(values: .init(repeating: 0, count: count), magnitudes: .init(repeating: 0, count: count))
    shape.forEachTerm { x, w, y in
      term(x, w, y) { index, value in
        product.values[index] += value
        product.magnitudes[index] += abs(value)
      }
    }
    return product
  }
}
