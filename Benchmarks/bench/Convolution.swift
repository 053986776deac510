import CKernels

/// A convolution of a square picture, with the same kernel, stride and padding along both axes.
struct ConvolutionShape: Sendable {
  var batch: Int, size: Int, inputs: Int, outputs: Int
  var kernel: Int, padding: Int, stride = 1, groups = 1

  var text: String {
    "\(batch)×\(size)²×\(inputs) \(outputs)@\(kernel)" + (stride > 1 ? "/\(stride)" : "") + (groups > 1 ? " dw" : "")
  }
  var outputSize: Int { (size + 2 * padding - kernel) / stride + 1 }
  var inputCount: Int { batch * size * size * inputs }
  var outputCount: Int { batch * outputSize * outputSize * outputs }
  var weightCount: Int { kernel * kernel * inputs / groups * outputs }
  /// Multiplications by the padding's zeros counted, as is usual.
  var flops: Double { 2 * Double(outputCount) * Double(kernel * kernel * inputs / groups) }

  var parameters: ck_conv2d_shape {
    ck_conv2d_shape(
      batch: Int64(batch), height: Int64(size), width: Int64(size), input_channels: Int64(inputs),
      output_channels: Int64(outputs), kernel_height: Int64(kernel), kernel_width: Int64(kernel),
      stride_y: Int64(stride), stride_x: Int64(stride), dilation_y: 1, dilation_x: 1, pad_top: Int64(padding),
      pad_bottom: Int64(padding), pad_left: Int64(padding), pad_right: Int64(padding), groups: Int64(groups))
  }

  /// Layers of large networks, then those of vgg_cifar, resnet20 and lenet5, then depthwise ones.
  static let table = [
    ConvolutionShape(batch: 8, size: 56, inputs: 64, outputs: 64, kernel: 3, padding: 1),
    ConvolutionShape(batch: 8, size: 28, inputs: 128, outputs: 128, kernel: 3, padding: 1),
    ConvolutionShape(batch: 8, size: 14, inputs: 256, outputs: 256, kernel: 3, padding: 1),
    ConvolutionShape(batch: 8, size: 7, inputs: 512, outputs: 512, kernel: 3, padding: 1),
    ConvolutionShape(batch: 16, size: 224, inputs: 3, outputs: 64, kernel: 7, padding: 3, stride: 2),
    ConvolutionShape(batch: 16, size: 28, inputs: 192, outputs: 32, kernel: 5, padding: 2),
    ConvolutionShape(batch: 8, size: 56, inputs: 64, outputs: 256, kernel: 1, padding: 0),
    ConvolutionShape(batch: 8, size: 14, inputs: 1024, outputs: 256, kernel: 1, padding: 0),
    ConvolutionShape(batch: 8, size: 56, inputs: 256, outputs: 128, kernel: 1, padding: 0, stride: 2),
    ConvolutionShape(batch: 64, size: 32, inputs: 3, outputs: 32, kernel: 3, padding: 1),
    ConvolutionShape(batch: 64, size: 32, inputs: 32, outputs: 32, kernel: 3, padding: 1),
    ConvolutionShape(batch: 64, size: 16, inputs: 32, outputs: 64, kernel: 3, padding: 1),
    ConvolutionShape(batch: 64, size: 16, inputs: 64, outputs: 64, kernel: 3, padding: 1),
    ConvolutionShape(batch: 64, size: 32, inputs: 3, outputs: 16, kernel: 3, padding: 1),
    ConvolutionShape(batch: 64, size: 32, inputs: 16, outputs: 16, kernel: 3, padding: 1),
    ConvolutionShape(batch: 64, size: 32, inputs: 16, outputs: 32, kernel: 3, padding: 1, stride: 2),
    ConvolutionShape(batch: 64, size: 32, inputs: 16, outputs: 32, kernel: 1, padding: 0, stride: 2),
    ConvolutionShape(batch: 64, size: 16, inputs: 32, outputs: 32, kernel: 3, padding: 1),
    ConvolutionShape(batch: 64, size: 16, inputs: 32, outputs: 64, kernel: 3, padding: 1, stride: 2),
    ConvolutionShape(batch: 64, size: 8, inputs: 64, outputs: 64, kernel: 3, padding: 1),
    ConvolutionShape(batch: 64, size: 28, inputs: 1, outputs: 6, kernel: 5, padding: 2),
    ConvolutionShape(batch: 64, size: 14, inputs: 6, outputs: 16, kernel: 5, padding: 0),
    ConvolutionShape(batch: 8, size: 56, inputs: 128, outputs: 128, kernel: 3, padding: 1, groups: 128),
    ConvolutionShape(batch: 8, size: 14, inputs: 512, outputs: 512, kernel: 3, padding: 1, groups: 512),
  ]
}

/// What is computed.
enum ConvolutionPass: String, CaseIterable, Sendable {
  case forward, input, weight
}

/// The data of a convolution, and the calls.
final class ConvolutionWork {
  private var shape: ck_conv2d_shape
  private let memory: Workspace
  private let arrays: [UnsafeMutablePointer<Float>]

  init(_ shape: ConvolutionShape) throws {
    self.shape = shape.parameters
    let largest = max(shape.inputCount, shape.outputCount, shape.weightCount)
    memory = try Workspace(bytes: Workspace.bytes(arrays: 6, count: largest))
    memory.fill()
    arrays = memory.split(6, count: largest)
    for pass in ConvolutionPass.allCases {
      guard call(pass) == CK_OK else { throw BenchError("convolution \(shape.text) failed") }
    }
  }

  @discardableResult
  func call(_ pass: ConvolutionPass) -> ck_status {
    switch pass {
    case .forward: ck_conv2d_f32(&shape, arrays[0], arrays[1], nil, nil, arrays[3])
    case .input: ck_conv2d_input_gradient_f32(&shape, arrays[2], arrays[1], arrays[4], CK_OVERWRITE)
    case .weight: ck_conv2d_weight_gradient_f32(&shape, arrays[0], arrays[2], arrays[5], nil, CK_OVERWRITE)
    }
  }

  /// As a layer of its own: from a small picture to a large one.
  @discardableResult
  func transposed() -> ck_status { ck_conv2d_transposed_f32(&shape, arrays[2], arrays[1], nil, nil, arrays[4]) }
}

/// `bench kernels conv`.
enum ConvolutionTable {
  static func measure(_ shapes: [ConvolutionShape], sampler: Sampler, _ report: Report) throws {
    report.table(
      "Convolutions, batch×size²×channels outputs@kernel/stride, f32, \(Machine.threads) threads",
      columns: [("convolution", 24)]
        + ["forward", "dx", "dw"].flatMap { [("\($0) µs", 10), ("GFLOP/s", 8), ("of peak", 8)] })
    let limits = Limits()
    limits.probeFMA()
    for shape in shapes {
      let work = try ConvolutionWork(shape)
      var cells = [shape.text]
      for pass in ConvolutionPass.allCases {
        let timing = sampler.time(besides: limits.probeFMA) { work.call(pass) }
        let gflops = shape.flops / timing.median / 1e9
        cells += [compact(timing.median * 1e6), compact(gflops), percentText(gflops, of: limits.fmaGflops)]
        if report.json {
          report.row(
            [],
            json: [
              "bench": "conv", "name": .text(shape.text), "pass": .text(pass.rawValue), "type": "f32",
              "threads": .integer(Machine.threads), "isa": .text(Machine.isa),
              "median_us": .number(timing.median * 1e6, decimals: 3),
              "spread_percent": .number(timing.spread * 100, decimals: 2), "gflops": .number(gflops, decimals: 2),
              "percent_of_peak": percent(gflops, of: limits.fmaGflops),
            ])
        }
      }
      if !report.json { report.row(cells, json: [:]) }
    }
  }
}
