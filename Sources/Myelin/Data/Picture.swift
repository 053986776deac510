import Foundation

/// A picture of bytes: H rows of W pixels, grey or red, green and blue, in row-major order with the channels last.
///
/// ```swift
/// let picture = try Picture(contentsOf: url).fitted(height: 64, width: 64)
/// let pixels = Tensor(picture.bytes.map { Float($0) / 255 }, shape: [64, 64, picture.channels])
/// ```
public struct Picture: Equatable, Sendable {
  /// H, pixels from top to bottom.
  public let height: Int
  /// W, pixels from left to right.
  public let width: Int
  /// 1 for grey, 3 for red, green and blue.
  public let channels: Int
  /// H·W·C values of 0…255.
  public let bytes: [UInt8]

  /// Precondition: both sizes are at least 1, there are 1 or 3 channels, and the bytes are H·W·C.
  public init(height: Int, width: Int, channels: Int, bytes: [UInt8]) {
    require(
      height >= 1 && width >= 1 && (channels == 1 || channels == 3) && bytes.count == height * width * channels,
      "Picture: \(bytes.count) bytes for \(height) rows of \(width) pixels of \(channels) channels")
    self.height = height
    self.width = width
    self.channels = channels
    self.bytes = bytes
  }

  /// The picture with 1 or 3 channels.
  ///
  /// Grey is (19595 R + 38470 G + 7471 B) / 2¹⁶, rounded: the luma of ITU-R BT.601 as Pillow counts it.
  public func converted(channels wanted: Int) -> Picture {
    require(wanted == 1 || wanted == 3, "Picture.converted: \(wanted) channels; there are 1 or 3")
    if wanted == channels { return self }
    let count = height * width
    let converted = [UInt8](unsafeUninitializedCapacity: count * wanted) { target, initialized in
      bytes.withUnsafeBufferPointer { source in
        if wanted == 1 {
          for i in 0..<count {
            let sum = 19595 * Int(source[3 * i]) + 38470 * Int(source[3 * i + 1]) + 7471 * Int(source[3 * i + 2])
            target[i] = UInt8((sum + 0x8000) >> 16)
          }
        } else {
          for i in 0..<count {
            for c in 0..<3 { target[3 * i + c] = source[i] }
          }
        }
      }
      initialized = count * wanted
    }
    return Picture(height: height, width: width, channels: wanted, bytes: converted)
  }

  /// The part of `height` rows and `width` columns whose upper left pixel is (`y`, `x`).
  ///
  /// Precondition: it lies within the picture.
  public func cropped(y: Int, x: Int, height: Int, width: Int) -> Picture {
    require(
      y >= 0 && x >= 0 && height >= 1 && width >= 1 && y + height <= self.height && x + width <= self.width,
      "Picture.cropped: \(height)×\(width) at (\(y), \(x)) of \(self.height)×\(self.width) pixels")
    if height == self.height, width == self.width { return self }
    var part: [UInt8] = []
    part.reserveCapacity(height * width * channels)
    for row in y..<y + height {
      let start = (row * self.width + x) * channels
      part += bytes[start..<start + width * channels]
    }
    return Picture(height: height, width: width, channels: channels, bytes: part)
  }

  /// The middle part of `height` rows and `width` columns: from row (H − height) / 2 on, halves rounded to even, as
  /// torchvision does.
  ///
  /// Precondition: the picture is at least that large.
  public func centerCropped(height: Int, width: Int) -> Picture {
    func start(_ whole: Int, _ part: Int) -> Int { Int((Double(whole - part) / 2).rounded(.toNearestOrEven)) }
    return cropped(y: start(self.height, height), x: start(self.width, width), height: height, width: width)
  }
}

/// How a picture is turned or mirrored before it is shown, as cameras write it into Exif tag 0x0112.
enum PictureOrientation: Int {
  case upright = 1
  case mirrored, halfTurn, upsideDown, transposed, quarterTurn, transverse, threeQuarterTurn

  /// Whether rows become columns.
  var swapsSides: Bool { rawValue >= 5 }
}

extension Picture {
  /// The picture as it is to be shown when it was stored with `orientation`.
  func turned(_ orientation: PictureOrientation) -> Picture {
    if orientation == .upright { return self }
    let (rows, columns) = orientation.swapsSides ? (width, height) : (height, width)
    var turned: [UInt8] = []
    turned.reserveCapacity(bytes.count)
    for y in 0..<rows {
      for x in 0..<columns {
        let (row, column) =
          switch orientation {
          case .upright: (y, x)
          case .mirrored: (y, width - 1 - x)
          case .halfTurn: (height - 1 - y, width - 1 - x)
          case .upsideDown: (height - 1 - y, x)
          case .transposed: (x, y)
          case .quarterTurn: (height - 1 - x, y)
          case .transverse: (height - 1 - x, width - 1 - y)
          case .threeQuarterTurn: (x, width - 1 - y)
          }
        let start = (row * width + column) * channels
        for c in 0..<channels { turned.append(bytes[start + c]) }
      }
    }
    return Picture(height: rows, width: columns, channels: channels, bytes: turned)
  }
}
