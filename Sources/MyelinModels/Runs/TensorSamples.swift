import Myelin

/// Samples that become tensors, however they are kept: as tensors, or as the bytes of pictures.
package struct TensorSamples: Dataset, HashedContent {
  private let base: any Dataset<TensorBatch>
  /// The class of each, where classes are learned.
  package let labels: [Int32]?
  private let content: @Sendable (inout ContentHash) -> Void

  package init(_ data: TensorDataset) {
    self.init(data, labels: data.labels?.values) { hash in
      hash.add(data.inputs)
      if let labels = data.labels { hash.add(labels) }
      if let targets = data.targets { hash.add(targets) }
    }
  }

  package init(_ data: PictureDataset) {
    self.init(data, labels: data.labels) { hash in
      hash.add(Indices([data.count, data.height, data.width, data.channels].map { Int32(clamping: $0) }))
      hash.add(data.bytes)
      hash.add(Indices(data.labels))
    }
  }

  /// - Parameter content: adds all that the samples are to a hash.
  package init(
    _ base: any Dataset<TensorBatch>, labels: [Int32]?, content: @escaping @Sendable (inout ContentHash) -> Void
  ) {
    self.base = base
    self.labels = labels
    self.content = content
  }

  package func addContent(to hash: inout ContentHash) { content(&hash) }

  package var count: Int { base.count }
  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> TensorBatch { base.batch(rows) }
  package func batch(_ rows: Range<Int>) -> TensorBatch { base.batch(rows) }
  package func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> TensorBatch {
    base.batch(rows, at: place)
  }
  package func batch(_ rows: Range<Int>, at place: BatchPlace) -> TensorBatch { base.batch(rows, at: place) }
}
