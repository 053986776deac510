/// Pictures of one size, kept as bytes, with a class each. A batch makes numbers of its own pictures alone: a quarter of
/// the memory that they would take as numbers.
///
/// Inputs [N, H, W, C] are (value / 255 − mean) / deviation, by channel.
public struct PictureDataset: Dataset {
  /// H, pixels from top to bottom.
  public let height: Int
  /// W, pixels from left to right.
  public let width: Int
  /// C: 1 for grey, 3 for colour.
  public let channels: Int
  /// The pictures one after the other, as ``Picture/bytes``.
  public let bytes: [UInt8]
  /// The class of each.
  public let labels: [Int32]
  /// What becomes of each byte of each channel, [256, C].
  private let values: [Float]

  /// Precondition: `bytes` are `labels.count` pictures of H·W·C bytes, and there is a mean and a deviation for each
  /// channel, which is not 0.
  public init(
    height: Int, width: Int, channels: Int, bytes: [UInt8], labels: [Int32], mean: [Float], deviation: [Float]
  ) {
    require(
      bytes.count == labels.count * height * width * channels,
      "PictureDataset: \(bytes.count) bytes for \(labels.count) pictures of \(height)×\(width)×\(channels)")
    require(
      mean.count == channels && deviation.count == channels && !deviation.contains(0),
      "PictureDataset: means \(mean) and deviations \(deviation) of \(channels) channels")
    self.height = height
    self.width = width
    self.channels = channels
    self.bytes = bytes
    self.labels = labels
    // The operations of `ImageEncoding.encode`, for the same bits.
    let (shares, factors) = ((0..<256).map { Float($0) * (1 / 255) }, deviation.map { 1 / $0 })
    values = shares.flatMap { share in (0..<channels).map { (share - mean[$0]) * factors[$0] } }
  }

  public var count: Int { labels.count }

  /// One of the pictures.
  public func picture(_ row: Int) -> Picture {
    let size = height * width * channels
    return Picture(height: height, width: width, channels: channels, bytes: Array(bytes[row * size..<(row + 1) * size]))
  }

  public func batch(_ rows: UnsafeBufferPointer<Int32>) -> TensorBatch {
    let size = height * width * channels
    let inputs = Tensor(shape: [rows.count, height, width, channels]) { target in
      bytes.withUnsafeBufferPointer { source in
        values.withUnsafeBufferPointer { values in
          for (place, row) in rows.enumerated() {
            require(row >= 0 && row < count, "PictureDataset.batch: sample \(row) is outside 0..<\(count)")
            let (from, to) = (Int(row) * size, place * size)
            if channels == 1 {
              for i in 0..<size { target[to + i] = values[Int(source[from + i])] }
            } else {
              for i in stride(from: 0, to: size, by: 3) {
                for c in 0..<3 { target[to + i + c] = values[3 * Int(source[from + i + c]) + c] }
              }
            }
          }
        }
      }
    }
    return TensorBatch(inputs: inputs, labels: Indices(rows.map { labels[Int($0)] }))
  }

  /// The pictures with these numbers, in this order, as a data set of their own.
  public func subset(_ rows: [Int]) -> PictureDataset {
    let size = height * width * channels
    var part: [UInt8] = []
    part.reserveCapacity(rows.count * size)
    for row in rows { part += bytes[row * size..<(row + 1) * size] }
    return PictureDataset(self, bytes: part, labels: rows.map { labels[$0] }, values: values)
  }

  /// The same pictures, other numbers of them.
  public func standardized(mean: [Float], deviation: [Float]) -> PictureDataset {
    PictureDataset(
      height: height, width: width, channels: channels, bytes: bytes, labels: labels, mean: mean, deviation: deviation)
  }

  private init(_ other: PictureDataset, bytes: [UInt8], labels: [Int32], values: [Float]) {
    (height, width, channels) = (other.height, other.width, other.channels)
    self.bytes = bytes
    self.labels = labels
    self.values = values
  }

  /// Mean and standard deviation of each channel over all pixels, of values 0…1; where a channel never changes, the
  /// deviation is given as 1. Counted by value, so that they do not depend on the order of the pictures.
  public var statistics: (mean: [Float], deviation: [Float]) {
    var counts = [Int](repeating: 0, count: 256 * channels)
    bytes.withUnsafeBufferPointer { bytes in
      counts.withUnsafeMutableBufferPointer { counts in
        for (i, byte) in bytes.enumerated() { counts[channels * Int(byte) + i % channels] += 1 }
      }
    }
    var (means, deviations): ([Float], [Float]) = ([], [])
    for channel in 0..<channels {
      let count = Double(max(1, bytes.count / channels))
      func sum(_ term: (Double) -> Double) -> Double {
        (0..<256).reduce(0) { $0 + Double(counts[channels * $1 + channel]) * term(Double($1) / 255) }
      }
      let mean = sum { $0 } / count
      let variance = sum { ($0 - mean) * ($0 - mean) } / count
      means.append(Float(mean))
      deviations.append(variance > 0 ? Float(variance.squareRoot()) : 1)
    }
    return (means, deviations)
  }
}
