/// What running a model may change without training it: its buffers and the shared random stream.
///
/// Whatever runs a model once more (a gradient check, a summary, the search for a NaN's origin) takes one and puts it
/// back, so that the run itself goes on as if nothing had happened.
struct ModelSnapshot {
  private let buffers: [(buffer: Buffer, value: Tensor)]
  private let random = RandomGenerator.shared.state

  init(_ buffers: [Buffer]) { self.buffers = buffers.map { ($0, $0.value) } }

  func putBack() {
    for (buffer, value) in buffers { buffer.value = value }
    RandomGenerator.shared.state = random
  }
}
