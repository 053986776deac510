/// The sizes of a pooling or resampling of images, channels last.
public struct PictureShape: CustomStringConvertible, Sendable {
  public var batch, height, width, channels, outHeight, outWidth: Int

  public init(_ batch: Int, _ height: Int, _ width: Int, _ channels: Int, to outHeight: Int, _ outWidth: Int) {
    (self.batch, self.height, self.width, self.channels) = (batch, height, width, channels)
    (self.outHeight, self.outWidth) = (outHeight, outWidth)
  }

  public var count: Int { batch * height * width * channels }
  public var outCount: Int { batch * outHeight * outWidth * channels }
  public var description: String { "[\(batch), \(height), \(width), \(channels)] to \(outHeight) × \(outWidth)" }

  /// Calls `body` with the place in y and, for each channel, that of the image in x.
  func forEachOutput(_ body: (_ out: Int, _ row: Int, _ column: Int, _ at: (Int, Int) -> Int) -> Void) {
    for n in 0..<batch {
      for row in 0..<outHeight {
        for column in 0..<outWidth {
          for c in 0..<channels {
            let out = ((n * outHeight + row) * outWidth + column) * channels + c
            body(out, row, column) { ((n * height + $0) * width + $1) * channels + c }
          }
        }
      }
    }
  }
}

/// The windows of an axis of a pooling.
public struct PoolAxis: Sendable {
  public var kernel, stride, padding: Int

  public init(kernel: Int, stride: Int, padding: Int) {
    (self.kernel, self.stride, self.padding) = (kernel, stride, padding)
  }

  /// The pixels of window `o`, and how many it has with its padding.
  func window(_ o: Int, of size: Int) -> (Range<Int>, count: Int) {
    let start = o * stride - padding
    let end = min(start + kernel, size + padding)
    return (max(start, 0)..<min(end, size), end - start)
  }
}

extension Reference {
  private static func windows(_ shape: PictureShape, _ axes: (rows: PoolAxis, columns: PoolAxis)?, _ o: (Int, Int))
    -> (rows: Range<Int>, columns: Range<Int>, padded: Int)
  {
    guard let axes else {
      func part(_ o: Int, _ size: Int, _ out: Int) -> Range<Int> {
        Int((Double(o * size) / Double(out)).rounded(.down))..<Int((Double((o + 1) * size) / Double(out)).rounded(.up))
      }
      let (rows, columns) = (part(o.0, shape.height, shape.outHeight), part(o.1, shape.width, shape.outWidth))
      return (rows, columns, rows.count * columns.count)
    }
    let (rows, columns) = (axes.rows.window(o.0, of: shape.height), axes.columns.window(o.1, of: shape.width))
    return (rows.0, columns.0, rows.count * columns.count)
  }

  /// The largest of each window and its place, row · width + column: the first of equals, the last NaN. Adaptive without
  /// axes.
  public static func maxPool(_ x: [Double], _ shape: PictureShape, _ axes: (rows: PoolAxis, columns: PoolAxis)?)
    -> (y: [Double], index: [Double])
  {
    var y = [Double](repeating: 0, count: shape.outCount)
    var index = y
    shape.forEachOutput { out, row, column, at in
      let window = windows(shape, axes, (row, column))
      var best: (value: Double, place: Int)?
      for i in window.rows {
        for j in window.columns {
          let value = x[at(i, j)]
          if best == nil || value > best!.value || value.isNaN { best = (value, i * shape.width + j) }
        }
      }
      y[out] = best!.value
      index[out] = Double(best!.place)
    }
    return (y, index)
  }

  public static func maxPoolBackward(_ dy: [Double], index: [Double], _ shape: PictureShape) -> [Double] {
    var dx = [Double](repeating: 0, count: shape.count)
    shape.forEachOutput { out, _, _, at in
      let place = Int(index[out])
      dx[at(place / shape.width, place % shape.width)] += dy[out]
    }
    return dx
  }

  /// The mean of each window, over its pixels or with its padding.
  public static func averagePool(
    _ x: [Double], _ shape: PictureShape, _ axes: (rows: PoolAxis, columns: PoolAxis)?, countsPadding: Bool
  ) -> [Double] {
    var y = [Double](repeating: 0, count: shape.outCount)
    shape.forEachOutput { out, row, column, at in
      let window = windows(shape, axes, (row, column))
      var sum = 0.0
      for i in window.rows { for j in window.columns { sum += x[at(i, j)] } }
      y[out] = sum / Double(countsPadding ? window.padded : window.rows.count * window.columns.count)
    }
    return y
  }

  public static func averagePoolBackward(
    _ dy: [Double], _ shape: PictureShape, _ axes: (rows: PoolAxis, columns: PoolAxis)?, countsPadding: Bool
  ) -> [Double] {
    var dx = [Double](repeating: 0, count: shape.count)
    shape.forEachOutput { out, row, column, at in
      let window = windows(shape, axes, (row, column))
      let count = countsPadding ? window.padded : window.rows.count * window.columns.count
      for i in window.rows { for j in window.columns { dx[at(i, j)] += dy[out] / Double(count) } }
    }
    return dx
  }
}
