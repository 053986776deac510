import CKernels

/// A work that Myelin and its peers can both do. `request` is its name in the peers' protocol.
struct PeerWork: Sendable {
  let name: String
  let request: String
  /// Prepares the data and returns the call.
  let make: @Sendable () throws -> () -> Void

  static let gemms = GemmShape.table.map { shape in
    PeerWork(name: "gemm \(shape.text)", request: "gemm \(shape.m) \(shape.n) \(shape.k)") {
      let work = try GemmWork(shape)
      return { work.call() }
    }
  }

  static let convolutions = ConvolutionShape.table.flatMap { shape in
    ConvolutionPass.allCases.map { pass in
      PeerWork(
        name: "\(pass.rawValue) \(shape.text)",
        request: "conv \(pass.rawValue) \(shape.batch) \(shape.size) \(shape.inputs) \(shape.outputs) \(shape.kernel) "
          + "\(shape.padding) \(shape.stride) \(shape.groups)"
      ) {
        let work = try ConvolutionWork(shape)
        return { work.call(pass) }
      }
    }
  }

  static let training = TrainingModel.all.map { model in
    PeerWork(name: model.name, request: "train \(model.name)") {
      let work = TrainingWork(model)
      return { work.step() }
    }
  }

  static let decoding = PeerWork(name: DecodeWork.name, request: "decode \(DecodeWork.name)") {
    let work = DecodeWork()
    return { work.step() }
  }

  // The shapes are those of Benchmarks/peers/server.py.
  static let kernels = [
    kernel("exp", "exp", count: 1 << 20), kernel("tanh", "tanh_forward", count: 1 << 20),
    kernel("gelu", "gelu_forward", count: 1 << 20), softmax, crossEntropy,
    kernel("adam", "adam_step", count: 8 << 19),
  ]

  private static func kernel(_ name: String, _ ours: String, count: Int) -> PeerWork {
    PeerWork(name: name, request: "kernel \(name)") {
      guard let kernel = KernelCase.all.first(where: { $0.name == ours }) else {
        throw BenchError("there is no kernel \(ours)")
      }
      let memory = try Workspace(bytes: Workspace.bytes(arrays: kernel.arrays, count: count))
      memory.fill()
      let run = kernel.make(memory.split(kernel.arrays, count: count), count)
      return { withExtendedLifetime(memory) { _ = run() } }
    }
  }

  private static let softmax = PeerWork(name: "softmax", request: "kernel softmax") {
    let (rows, columns) = (4096, 256)
    let memory = try Workspace(bytes: Workspace.bytes(arrays: 2, count: rows * columns))
    memory.fill()
    let arrays = memory.split(2, count: rows * columns)
    return {
      withExtendedLifetime(memory) {
        _ = ck_softmax_forward(Int64(rows), Int64(columns), arrays[0], arrays[1])
      }
    }
  }

  private static let crossEntropy = PeerWork(name: "cross_entropy", request: "kernel cross_entropy") {
    let (rows, classes) = (1024, 1000)
    let memory = try Workspace(bytes: Workspace.bytes(arrays: 2, count: rows * classes))
    memory.fill()
    let arrays = memory.split(2, count: rows * classes)
    let labels = ScratchIndices(rows, below: classes)
    let loss = ScratchFloats(1)
    return {
      withExtendedLifetime(memory) {
        _ = ck_softmax_cross_entropy(
          Int64(rows), Int64(classes), arrays[0], labels.start, nil, nil, 0, 1, loss.start, nil,
          arrays[1])
      }
    }
  }

  /// "gemm", "conv", "kernels" and "train" name groups; else a work's own name.
  static func named(_ name: String) -> [PeerWork]? {
    switch name {
    case "gemm": return gemms
    case "conv": return convolutions
    case "kernels": return kernels
    case "train": return training
    default:
      let found = (kernels + training + gemms + [decoding]).filter {
        $0.name == name || $0.request == "gemm \(name)"
      }
      return found.isEmpty ? nil : found
    }
  }
}
