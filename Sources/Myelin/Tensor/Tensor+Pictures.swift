// Images [batch, height, width, channels] of another size: padding, crops, flips, up-sampling.

/// What stands beyond the edge of an image.
public enum Padding2D: Sendable, Hashable {
  /// A constant: 0 for zeros.
  case constant(Float)
  /// The image mirrored at its edge pixels, which do not come twice: d c b | a b c d | c b a.
  case reflect
  /// The edge pixel again and again: a a a | a b c d | d d d.
  case replicate
}

/// How pixels between pixels are made.
public enum Interpolation: Sendable, Hashable {
  /// The pixel that lies under it: row ⌊i H / H′⌋.
  case nearest
  /// The mean of the four pixels about it, weighted by closeness. Pixels are squares, or with `alignsCorners` points, of
  /// which those in the corners stay where they are.
  case bilinear(alignsCorners: Bool = false)
}

extension Tensor {
  /// Images with rows and columns added around them. Negative amounts cut off.
  ///
  /// Preconditions: four axes; something is left; reflection needs fewer rows or columns than there are.
  public func padded(
    top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0, _ padding: Padding2D = .constant(0)
  ) -> Tensor {
    requireImages("padded", self)
    let value: Float = if case .constant(let value) = padding { value } else { 0 }
    return picked(
      "padded", rows: paddingPicks(shape[1], top, bottom, padding),
      columns: paddingPicks(shape[2], left, right, padding),
      value: value)
  }

  private func paddingPicks(_ size: Int, _ before: Int, _ after: Int, _ padding: Padding2D) -> [Int32] {
    require(size + before + after >= 0, "padded: \(before) and \(after) around \(size) pixels of an image \(shape)")
    return (-before..<size + after).map { place in
      if place >= 0 && place < size { return Int32(place) }
      switch padding {
      case .constant: return -1
      case .replicate:
        require(size > 0, "padded: there is no edge to replicate in an image \(shape)")
        return Int32(Swift.min(Swift.max(place, 0), size - 1))
      case .reflect:
        let mirrored = place < 0 ? -place : 2 * (size - 1) - place
        require(
          mirrored >= 0 && mirrored < size,
          "padded: \(before) and \(after) reflected pixels of \(size) in an image \(shape)")
        return Int32(mirrored)
      }
    }
  }

  /// The part of each image in the given rows and columns. Preconditions: four axes; the part lies inside.
  public func cropped(rows: Range<Int>, columns: Range<Int>) -> Tensor {
    requireImages("cropped", self)
    require(
      rows.lowerBound >= 0 && rows.upperBound <= shape[1] && columns.lowerBound >= 0 && columns.upperBound <= shape[2],
      "cropped: rows \(rows) and columns \(columns) of an image \(shape)")
    return picked("cropped", rows: rows.map(Int32.init), columns: columns.map(Int32.init))
  }

  /// Images as in a mirror beside them (left and right exchanged), or below them. Precondition: four axes.
  public func flipped(horizontally: Bool = true, vertically: Bool = false) -> Tensor {
    requireImages("flipped", self)
    func picks(_ size: Int, _ flips: Bool) -> [Int32] {
      (0..<size).map { Int32(flips ? size - 1 - $0 : $0) }
    }
    return picked("flipped", rows: picks(shape[1], vertically), columns: picks(shape[2], horizontally))
  }

  /// Images as `height` × `width` pixels. Preconditions: four axes, with pixels.
  public func resized(height: Int, width: Int, _ interpolation: Interpolation = .nearest) -> Tensor {
    requireImages("resized", self)
    require(
      height >= 0 && width >= 0 && shape[1] > 0 && shape[2] > 0, "resized: an image \(shape) as \(height) × \(width)")
    guard case .bilinear(let alignsCorners) = interpolation else {
      func picks(_ size: Int, _ result: Int) -> [Int32] { (0..<result).map { Int32($0 * size / result) } }
      return picked("resized", rows: picks(shape[1], height), columns: picks(shape[2], width))
    }
    let resultShape: Shape = [shape[0], height, width, shape[3]]
    var result = Tensor(uninitialized: resultShape)
    Kernels.bilinearForward(shape, resultShape, alignsCorners: alignsCorners, pointer, result.pointer)
    if let source {
      result.record("resized") { gradient, pass in
        pass.accumulate(into: source) {
          Kernels.bilinearBackward(
            source.shape, resultShape, alignsCorners: alignsCorners, gradient.pointer, $0, $1)
        }
      }
    }
    return result
  }

  /// Channels as pixels (Shi et al. 2016): [batch, H, W, C r²] becomes [batch, H r, W r, C], and channel c r² + i r + j of a
  /// pixel becomes channel c of the pixel in row i and column j of its r × r.
  ///
  /// Precondition: r² divides the channels.
  public func pixelShuffled(_ factor: Int) -> Tensor {
    requireImages("pixelShuffled", self)
    let (height, width) = (shape[1], shape[2])
    require(
      factor > 0 && shape[3] % (factor * factor) == 0, "pixelShuffled: factor \(factor) for an image \(shape)")
    let channels = shape[3] / (factor * factor)
    return reshaped(Shape([shape[0], height, width, channels, factor, factor])).permuted([0, 1, 4, 2, 5, 3])
      .reshaped(Shape([shape[0], height * factor, width * factor, channels]))
  }

  /// Pixels by their row and column, −1 for `value`.
  private func picked(_ name: StaticString, rows: [Int32], columns: [Int32], value: Float = 0) -> Tensor {
    let resultShape: Shape = [shape[0], rows.count, columns.count, shape[3]]
    var result = Tensor(uninitialized: resultShape)
    Kernels.pickPixelsForward(
      shape, resultShape, rows: rows, columns: columns, value: value, pointer, result.pointer)
    if let source {
      result.record(name) { gradient, pass in
        pass.accumulate(into: source) {
          Kernels.pickPixelsBackward(
            source.shape, resultShape, rows: rows, columns: columns, gradient.pointer, $0, $1)
        }
      }
    }
    return result
  }
}
