extension Picture {
  /// The picture in another size, by bilinear interpolation with antialiasing: where it shrinks, each pixel is the mean of
  /// what it covers, weighted by a triangle.
  ///
  /// What Pillow's `resize(…, BILINEAR)` gives, which is torchvision's default for pictures: columns first, then rows, each
  /// with weights in fixed point of 22 bits and rounded to bytes. Bit for bit where Pillow begins with the columns too;
  /// where Pillow 13 begins with the rows (a picture that grows in width and shrinks in height) within 1 of 255.
  ///
  /// Precondition: both sizes are at least 1.
  public func resized(height: Int, width: Int) -> Picture {
    require(height >= 1 && width >= 1, "Picture.resized: to \(height)×\(width) pixels")
    var result = self
    if width != result.width { result = result.resizedColumns(ResizingWeights(from: result.width, to: width)) }
    if height != result.height { result = result.resizedRows(ResizingWeights(from: result.height, to: height)) }
    return result
  }

  /// The middle of the picture at exactly this size: shrunk or grown, its proportions kept, until it just covers
  /// height × width, then cropped alike on both sides.
  ///
  /// torchvision's `Resize(size)` and `CenterCrop(size)` where the size is a square.
  public func fitted(height: Int, width: Int) -> Picture {
    require(height >= 1 && width >= 1, "Picture.fitted: to \(height)×\(width) pixels")
    // The side that needs the larger factor gets its size exactly.
    let rowsDecide = height * self.width >= width * self.height
    let (rows, columns) =
      rowsDecide
      ? (height, max(width, height * self.width / self.height)) : (max(height, width * self.height / self.width), width)
    return resized(height: rows, width: columns).centerCropped(height: height, width: width)
  }

  private func resizedColumns(_ weights: ResizingWeights) -> Picture {
    let (rows, columns, channels) = (height, weights.count, channels)
    let target = [UInt8](unsafeUninitializedCapacity: rows * columns * channels) { target, initialized in
      bytes.withUnsafeBufferPointer { source in
        for y in 0..<rows {
          let row = y * width * channels
          for x in 0..<columns {
            let (start, part) = weights[x]
            for c in 0..<channels {
              var sum = ResizingWeights.half
              for (k, weight) in part.enumerated() { sum += weight * Int(source[row + (start + k) * channels + c]) }
              target[(y * columns + x) * channels + c] = ResizingWeights.byte(sum)
            }
          }
        }
      }
      initialized = rows * columns * channels
    }
    return Picture(height: rows, width: columns, channels: channels, bytes: target)
  }

  private func resizedRows(_ weights: ResizingWeights) -> Picture {
    let (rows, stride) = (weights.count, width * channels)
    let target = [UInt8](unsafeUninitializedCapacity: rows * stride) { target, initialized in
      bytes.withUnsafeBufferPointer { source in
        for y in 0..<rows {
          let (start, part) = weights[y]
          for i in 0..<stride {
            var sum = ResizingWeights.half
            for (k, weight) in part.enumerated() { sum += weight * Int(source[(start + k) * stride + i]) }
            target[y * stride + i] = ResizingWeights.byte(sum)
          }
        }
      }
      initialized = rows * stride
    }
    return Picture(height: rows, width: width, channels: channels, bytes: target)
  }
}

/// What each pixel of a row takes of which pixels of the row that it is made from.
private struct ResizingWeights {
  /// A byte is a sum / 2²²: weights of one pixel sum to 2²², so that 8 bits of a value and the sign fit into 32.
  static let bits = 22
  static let half = 1 << (bits - 1)

  private var starts: [Int] = []
  private var weights: [ArraySlice<Int>] = []

  var count: Int { starts.count }

  subscript(pixel: Int) -> (start: Int, weights: ArraySlice<Int>) { (starts[pixel], weights[pixel]) }

  static func byte(_ sum: Int) -> UInt8 { UInt8(clamping: sum >> bits) }

  init(from source: Int, to target: Int) {
    let scale = Double(source) / Double(target)
    // A triangle of one source pixel each way where the picture grows, of one target pixel where it shrinks.
    let support = max(scale, 1)
    for pixel in 0..<target {
      let center = (Double(pixel) + 0.5) * scale
      let start = max(0, Int(center - support + 0.5))
      let end = min(source, Int(center + support + 0.5))
      var triangle = (start..<end).map { max(0, 1 - abs((Double($0) - center + 0.5) * (1 / support))) }
      let sum = triangle.reduce(0, +)
      if sum != 0 { triangle = triangle.map { $0 / sum } }
      starts.append(start)
      weights.append(triangle.map { Int(0.5 + $0 * Double(1 << ResizingWeights.bits)) }[...])
    }
  }
}
