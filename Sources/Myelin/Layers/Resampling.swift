// Layers that change the size of images [batch, height, width, channels].

/// Images `factor` times as high and wide.
public final class Upsample: Module, CustomStringConvertible {
  /// By what height and width are multiplied.
  public let factor: Int
  /// How the new pixels are made.
  public let interpolation: Interpolation

  /// Precondition: a factor of at least 1.
  public init(_ factor: Int, _ interpolation: Interpolation = .nearest) {
    require(factor > 0, "Upsample(\(factor)): a factor starts at 1")
    self.factor = factor
    self.interpolation = interpolation
  }

  /// x [batch, H, W, channels] as [batch, factor H, factor W, channels]. Precondition: four axes, with pixels.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) {
      requireImages("Upsample", x)
      return x.resized(height: x.shape[1] * factor, width: x.shape[2] * factor, interpolation)
    }
  }

  public var description: String { "Upsample(\(factor), \(interpolation))" }
}

/// Channels as pixels, [batch, H, W, C r²] as [batch, H r, W r, C] (Shi et al. 2016): ``Tensor/pixelShuffled(_:)``.
public final class PixelShuffle: Module, CustomStringConvertible {
  /// r
  public let factor: Int

  /// Precondition: a factor of at least 1.
  public init(_ factor: Int) {
    require(factor > 0, "PixelShuffle(\(factor)): a factor starts at 1")
    self.factor = factor
  }

  /// x with its channels spread over r × r pixels. Precondition: r² divides x's channels.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) { x.pixelShuffled(factor) }
  }

  public var description: String { "PixelShuffle(\(factor))" }
}

/// Rows and columns around images: ``Tensor/padded(top:bottom:left:right:_:)``.
public final class Pad2D: Module, CustomStringConvertible {
  /// How many rows or columns are added on each side.
  public let amounts: (top: Int, bottom: Int, left: Int, right: Int)
  /// What stands there.
  public let padding: Padding2D

  /// The same amount on each side.
  public convenience init(_ amount: Int, _ padding: Padding2D = .constant(0)) {
    self.init(top: amount, bottom: amount, left: amount, right: amount, padding)
  }

  /// Amounts by side; negative ones cut off.
  public init(top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0, _ padding: Padding2D = .constant(0)) {
    amounts = (top, bottom, left, right)
    self.padding = padding
  }

  /// x with its borders. Precondition: four axes; a reflected border is smaller than the image.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) {
      x.padded(top: amounts.top, bottom: amounts.bottom, left: amounts.left, right: amounts.right, padding)
    }
  }

  public var description: String {
    let same = amounts.top == amounts.bottom && amounts.top == amounts.left && amounts.top == amounts.right
    let sides =
      same
      ? "\(amounts.top)"
      : "top: \(amounts.top), bottom: \(amounts.bottom), left: \(amounts.left), right: \(amounts.right)"
    return "Pad2D(\(sides), \(padding))"
  }
}
