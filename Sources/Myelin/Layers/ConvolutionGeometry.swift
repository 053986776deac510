/// How a window goes over a picture: stride, padding, dilation, and groups of channels.
///
/// Of each axis, with `size` the picture's height or width and `pad` the padding of both sides together, the result has
/// ⌊(size + pad − dilation · (kernel − 1) − 1) / stride⌋ + 1 rows or columns.
public struct ConvolutionGeometry: Hashable, Sendable {
  /// Zeros around a picture.
  public enum Padding: Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// None: the window stays inside the picture.
    case valid
    /// As many that the result has ⌈size / stride⌉ rows and columns; an odd one more at the bottom and at the right.
    case same
    /// So many rows and columns.
    case explicit(top: Int, bottom: Int, left: Int, right: Int)

    /// The same number on all four sides.
    public static func all(_ count: Int) -> Padding {
      .explicit(top: count, bottom: count, left: count, right: count)
    }

    public init(integerLiteral count: Int) { self = .all(count) }
  }

  /// Rows and columns of the window.
  public var kernel: (height: Int, width: Int) {
    get { (kernelHeight, kernelWidth) }
    set { (kernelHeight, kernelWidth) = newValue }
  }
  private var kernelHeight: Int
  private var kernelWidth: Int
  /// Rows from window to window.
  public var strideY: Int
  /// Columns from window to window.
  public var strideX: Int
  /// Rows from one row of the window to the next.
  public var dilationY: Int
  /// Columns from one column of the window to the next.
  public var dilationX: Int
  /// Zeros around the picture.
  public var padding: Padding
  /// The channels are cut into so many parts, each convolved on its own.
  public var groups: Int

  /// A window of one size and the same stride and dilation both ways. Precondition: all at least 1.
  public init(kernel: Int, stride: Int = 1, padding: Padding = .valid, dilation: Int = 1, groups: Int = 1) {
    self.init(
      kernel: (kernel, kernel), stride: (stride, stride), padding: padding, dilation: (dilation, dilation),
      groups: groups)
  }

  /// Rows and columns apart. Precondition: all at least 1, the padding at least 0.
  public init(
    kernel: (height: Int, width: Int), stride: (y: Int, x: Int) = (1, 1), padding: Padding = .valid,
    dilation: (y: Int, x: Int) = (1, 1), groups: Int = 1
  ) {
    require(
      kernel.height > 0 && kernel.width > 0 && stride.y > 0 && stride.x > 0 && dilation.y > 0 && dilation.x > 0
        && groups > 0,
      "convolution: kernel \(kernel), stride \(stride), dilation \(dilation), groups \(groups) start at 1")
    if case .explicit(let top, let bottom, let left, let right) = padding {
      require(
        min(top, bottom, left, right) >= 0, "convolution: padding \(top), \(bottom), \(left), \(right) starts at 0")
    }
    kernelHeight = kernel.height
    kernelWidth = kernel.width
    (strideY, strideX) = stride
    (dilationY, dilationX) = dilation
    self.padding = padding
    self.groups = groups
  }

  /// Rows that a window reaches over.
  var reachY: Int { dilationY * (kernelHeight - 1) + 1 }
  /// Columns that a window reaches over.
  var reachX: Int { dilationX * (kernelWidth - 1) + 1 }

  /// The padding of a picture of this size, in numbers.
  func pads(height: Int, width: Int) -> (top: Int, bottom: Int, left: Int, right: Int) {
    switch padding {
    case .valid: return (0, 0, 0, 0)
    case .explicit(let top, let bottom, let left, let right): return (top, bottom, left, right)
    case .same:
      let y = Self.same(height, strideY, reachY)
      let x = Self.same(width, strideX, reachX)
      return (y / 2, y - y / 2, x / 2, x - x / 2)
    }
  }

  private static func same(_ size: Int, _ stride: Int, _ reach: Int) -> Int {
    max(((size + stride - 1) / stride - 1) * stride + reach - size, 0)
  }

  /// Rows and columns of the result.
  ///
  /// - Returns: nil where the window does not fit into the padded picture.
  public func outputSize(height: Int, width: Int) -> (height: Int, width: Int)? {
    let pads = pads(height: height, width: width)
    let (y, x) = (height + pads.top + pads.bottom - reachY, width + pads.left + pads.right - reachX)
    return y < 0 || x < 0 ? nil : (y / strideY + 1, x / strideX + 1)
  }

  /// Rows and columns of the picture that a transposed convolution makes of one of this size: the smallest that a
  /// convolution leads back from, (size − 1) · stride + dilation · (kernel − 1) + 1 − pad; `same` gives size · stride.
  public func transposedSize(height: Int, width: Int) -> (height: Int, width: Int) {
    if padding == .same { return (height * strideY, width * strideX) }
    let pads = pads(height: 0, width: 0)
    return (
      (height - 1) * strideY + reachY - pads.top - pads.bottom, (width - 1) * strideX + reachX - pads.left - pads.right
    )
  }

  /// What differs from the plainest: `stride 2, padding 1`.
  var options: String {
    func both(_ y: Int, _ x: Int) -> String { y == x ? "\(y)" : "\(y)×\(x)" }
    var parts: [String] = []
    if (strideY, strideX) != (1, 1) { parts.append("stride \(both(strideY, strideX))") }
    switch padding {
    case .valid: break
    case .same: parts.append("padding same")
    case .explicit(let top, let bottom, let left, let right):
      let isEven = top == bottom && left == right
      if isEven, top == left {
        if top > 0 { parts.append("padding \(top)") }
      } else {
        parts.append(isEven ? "padding \(top)×\(left)" : "padding \(top), \(bottom), \(left), \(right)")
      }
    }
    if (dilationY, dilationX) != (1, 1) { parts.append("dilation \(both(dilationY, dilationX))") }
    if groups > 1 { parts.append("\(groups) groups") }
    return parts.map { ", \($0)" }.joined()
  }

  /// `3×3`.
  var kernelText: String { "\(kernelHeight)×\(kernelWidth)" }
}
