// Pooling of images [batch, height, width, channels].

/// The largest of each window: x [batch, height, width, channels] becomes [batch, H, W, channels] with
/// H = (height + 2 padding − kernel) / stride + 1, rounded down (up in ceiling mode), and W alike.
///
/// Padding counts as −∞. The gradient goes to the first of equals; NaN comes through.
public final class MaxPool2D: Module, CustomStringConvertible {
  /// Height and width of a window.
  public let kernel: (height: Int, width: Int)
  /// Steps from a window to the next.
  public let stride: (height: Int, width: Int)
  /// Rows and columns around the image that are no pixels.
  public let padding: (height: Int, width: Int)
  /// Whether windows that reach over the end count.
  public let usesCeiling: Bool

  /// Square windows; the stride is their size where none is given.
  public convenience init(_ kernel: Int, stride: Int? = nil, padding: Int = 0, ceiling: Bool = false) {
    let stride = stride ?? kernel
    self.init((kernel, kernel), stride: (stride, stride), padding: (padding, padding), ceiling: ceiling)
  }

  /// Heights and widths. Precondition: kernel and stride at least 1, 0 ≤ padding ≤ kernel / 2.
  public init(
    _ kernel: (height: Int, width: Int), stride: (height: Int, width: Int)? = nil,
    padding: (height: Int, width: Int) = (0, 0), ceiling: Bool = false
  ) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
    usesCeiling = ceiling
    requireWindow("MaxPool2D", self.kernel, self.stride, padding)
  }

  /// The largest of each window. Precondition: x has four axes and a window fits.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) { maxPool2D(x, kernel, stride: stride, padding: padding, ceiling: usesCeiling) }
  }

  public var description: String { "MaxPool2D(\(windowText(kernel, stride, padding)))" }
}

/// The mean of each window; sizes as for ``MaxPool2D``.
public final class AveragePool2D: Module, CustomStringConvertible {
  /// Height and width of a window.
  public let kernel: (height: Int, width: Int)
  /// Steps from a window to the next.
  public let stride: (height: Int, width: Int)
  /// Rows and columns of zeros around the image.
  public let padding: (height: Int, width: Int)
  /// Whether windows that reach over the end count.
  public let usesCeiling: Bool
  /// Whether padding counts as pixels of value 0; else a window's mean is over the pixels that it has.
  public let countsPadding: Bool

  /// Square windows; the stride is their size where none is given.
  public convenience init(
    _ kernel: Int, stride: Int? = nil, padding: Int = 0, ceiling: Bool = false, countsPadding: Bool = true
  ) {
    let stride = stride ?? kernel
    self.init(
      (kernel, kernel), stride: (stride, stride), padding: (padding, padding), ceiling: ceiling,
      countsPadding: countsPadding)
  }

  /// Heights and widths. Precondition: kernel and stride at least 1, 0 ≤ padding ≤ kernel / 2.
  public init(
    _ kernel: (height: Int, width: Int), stride: (height: Int, width: Int)? = nil,
    padding: (height: Int, width: Int) = (0, 0), ceiling: Bool = false, countsPadding: Bool = true
  ) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
    usesCeiling = ceiling
    self.countsPadding = countsPadding
    requireWindow("AveragePool2D", self.kernel, self.stride, padding)
  }

  /// The mean of each window. Precondition: x has four axes and a window fits.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) {
      averagePool2D(
        x, kernel, stride: stride, padding: padding, ceiling: usesCeiling, countsPadding: countsPadding)
    }
  }

  public var description: String { "AveragePool2D(\(windowText(kernel, stride, padding)))" }
}

/// The mean of each channel over the whole image: [batch, height, width, channels] becomes [batch, channels] (Lin et al.
/// 2014).
public final class GlobalAveragePool2D: Module, CustomStringConvertible {
  /// A layer without settings.
  public init() {}

  /// x [batch, height, width, channels] as [batch, channels]. Precondition: x has four axes.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) {
      requireImages("GlobalAveragePool2D", x)
      return x.reshaped([x.shape[0], x.shape[1] * x.shape[2], x.shape[3]]).mean(axis: 1)
    }
  }

  public var description: String { "GlobalAveragePool2D" }
}

/// The mean of windows that divide the image into `height` × `width` parts, whatever its size: row i of the result is the
/// mean of rows ⌊i H / height⌋ ..< ⌈(i + 1) H / height⌉.
public final class AdaptiveAveragePool2D: Module, CustomStringConvertible {
  /// Height and width of the result.
  public let size: (height: Int, width: Int)

  /// Precondition: both sizes at least 1.
  public init(_ height: Int, _ width: Int) {
    require(height > 0 && width > 0, "AdaptiveAveragePool2D(\(height), \(width)): sizes start at 1")
    size = (height, width)
  }

  /// x [batch, H, W, channels] as [batch, height, width, channels]. Precondition: x has four axes and a pixel.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) { adaptiveAveragePool2D(x, size) }
  }

  public var description: String { "AdaptiveAveragePool2D(\(size.height), \(size.width))" }
}

/// As ``AdaptiveAveragePool2D``, with the largest of each window.
public final class AdaptiveMaxPool2D: Module, CustomStringConvertible {
  /// Height and width of the result.
  public let size: (height: Int, width: Int)

  /// Precondition: both sizes at least 1.
  public init(_ height: Int, _ width: Int) {
    require(height > 0 && width > 0, "AdaptiveMaxPool2D(\(height), \(width)): sizes start at 1")
    size = (height, width)
  }

  /// x [batch, H, W, channels] as [batch, height, width, channels]. Precondition: x has four axes and a pixel.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) { adaptiveMaxPool2D(x, size) }
  }

  public var description: String { "AdaptiveMaxPool2D(\(size.height), \(size.width))" }
}

// MARK: Operations

/// The largest of each window of x [batch, height, width, channels], as ``MaxPool2D``; the stride is the window's size
/// where none is given. Precondition: a window fits.
public func maxPool2D(
  _ x: Tensor, _ kernel: (height: Int, width: Int), stride: (height: Int, width: Int)? = nil,
  padding: (height: Int, width: Int) = (0, 0), ceiling: Bool = false
) -> Tensor {
  let stride = stride ?? kernel
  requireWindow("maxPool2D", kernel, stride, padding)
  let shape = pooledShape("maxPool2D", x, kernel, stride, padding, ceiling)
  return maxPool(x, shape, .sliding(kernel: kernel, stride: stride, padding: padding))
}

/// The mean of each window of x [batch, height, width, channels], as ``AveragePool2D``; the stride is the window's size
/// where none is given. Precondition: a window fits.
public func averagePool2D(
  _ x: Tensor, _ kernel: (height: Int, width: Int), stride: (height: Int, width: Int)? = nil,
  padding: (height: Int, width: Int) = (0, 0), ceiling: Bool = false, countsPadding: Bool = true
) -> Tensor {
  let stride = stride ?? kernel
  requireWindow("averagePool2D", kernel, stride, padding)
  let shape = pooledShape("averagePool2D", x, kernel, stride, padding, ceiling)
  return averagePool(
    x, shape, .sliding(kernel: kernel, stride: stride, padding: padding), countsPadding: countsPadding)
}

/// x [batch, H, W, channels] as [batch, height, width, channels]: means of parts, as ``AdaptiveAveragePool2D``.
public func adaptiveAveragePool2D(_ x: Tensor, _ size: (height: Int, width: Int)) -> Tensor {
  averagePool(x, adaptiveShape("adaptiveAveragePool2D", x, size), .adaptive, countsPadding: false)
}

/// x [batch, H, W, channels] as [batch, height, width, channels]: the largest of parts, as ``AdaptiveMaxPool2D``.
public func adaptiveMaxPool2D(_ x: Tensor, _ size: (height: Int, width: Int)) -> Tensor {
  maxPool(x, adaptiveShape("adaptiveMaxPool2D", x, size), .adaptive)
}

private func maxPool(_ x: Tensor, _ shape: Shape, _ window: PoolWindow) -> Tensor {
  var result = Tensor(uninitialized: shape)
  guard let source = x.source else {
    Kernels.maxPoolForward(x.shape, shape, window, x.pointer, result.pointer, index: nil)
    return result
  }
  let index = Indices(uninitialized: shape)
  Kernels.maxPoolForward(x.shape, shape, window, x.pointer, result.pointer, index: index.pointer)
  result.record("maxPool2D") { gradient, pass in
    pass.accumulate(into: source) {
      Kernels.maxPoolBackward(source.shape, shape, window, gradient.pointer, index: index.pointer, $0, $1)
    }
  }
  return result
}

private func averagePool(_ x: Tensor, _ shape: Shape, _ window: PoolWindow, countsPadding: Bool) -> Tensor {
  var result = Tensor(uninitialized: shape)
  Kernels.averagePoolForward(x.shape, shape, window, countsPadding: countsPadding, x.pointer, result.pointer)
  if let source = x.source {
    result.record("averagePool2D") { gradient, pass in
      pass.accumulate(into: source) {
        Kernels.averagePoolBackward(
          source.shape, shape, window, countsPadding: countsPadding, gradient.pointer, $0, $1)
      }
    }
  }
  return result
}

// MARK: Sizes

func requireImages(_ name: StaticString, _ x: Tensor) {
  require(x.rank == 4, "\(name): shape \(x.shape) is not [batch, height, width, channels]")
}

private func requireWindow(
  _ name: StaticString, _ kernel: (height: Int, width: Int), _ stride: (height: Int, width: Int),
  _ padding: (height: Int, width: Int)
) {
  for (kernel, stride, padding) in [
    (kernel.height, stride.height, padding.height), (kernel.width, stride.width, padding.width),
  ] {
    require(
      kernel > 0 && stride > 0 && padding >= 0 && padding <= kernel / 2,
      "\(name): a window of \(kernel) with stride \(stride) and padding \(padding); padding is at most half a window")
  }
}

private func pooledShape(
  _ name: StaticString, _ x: Tensor, _ kernel: (height: Int, width: Int), _ stride: (height: Int, width: Int),
  _ padding: (height: Int, width: Int), _ ceiling: Bool
) -> Shape {
  requireImages(name, x)
  func size(_ size: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> Int {
    let room = size + 2 * padding - kernel
    require(
      room >= 0, "\(name): a window of \(kernel) and a padding of \(padding) for an image \(x.shape)")
    var result = (room + (ceiling ? stride - 1 : 0)) / stride + 1
    // The last window begins in the image or in its padding before, as in PyTorch.
    if ceiling && (result - 1) * stride >= size + padding { result -= 1 }
    return result
  }
  return [
    x.shape[0], size(x.shape[1], kernel.height, stride.height, padding.height),
    size(x.shape[2], kernel.width, stride.width, padding.width), x.shape[3],
  ]
}

private func adaptiveShape(_ name: StaticString, _ x: Tensor, _ size: (height: Int, width: Int)) -> Shape {
  requireImages(name, x)
  require(
    size.height > 0 && size.width > 0 && x.shape[1] > 0 && x.shape[2] > 0,
    "\(name): an image \(x.shape) as \(size.height) × \(size.width)")
  return [x.shape[0], size.height, size.width, x.shape[3]]
}

private func windowText(
  _ kernel: (height: Int, width: Int), _ stride: (height: Int, width: Int), _ padding: (height: Int, width: Int)
) -> String {
  func text(_ size: (height: Int, width: Int)) -> String {
    size.height == size.width ? "\(size.height)" : "(\(size.height), \(size.width))"
  }
  return text(kernel) + (stride == kernel ? "" : ", stride: \(text(stride))")
    + (padding == (0, 0) ? "" : ", padding: \(text(padding))")
}
