import Myelin

/// Adds up what a convolutional network takes in memory, layer by layer, as its picture shrinks; nothing is built.
struct NetworkSizeCount {
  private(set) var height: Int
  private(set) var width: Int
  private(set) var channels: Int
  private var parameters: Int? = 0
  private var buffers = 0
  private var activations: Int

  /// Sizes that come from a file are checked first, so that products of three of them fit an Int.
  init(height: Int, width: Int, channels: Int) {
    (self.height, self.width, self.channels) = (height, width, channels)
    activations = height * width * channels
  }

  /// Numbers of a picture, or of the vector that it has become.
  var elements: Int { height * width * channels }

  private mutating func add(_ count: Int) {
    guard let sum = parameters?.addingReportingOverflow(count) else { return }
    parameters = sum.overflow ? nil : sum.partialValue
  }

  mutating func convolution(_ outputs: Int, _ geometry: ConvolutionGeometry, bias: Bool) {
    let (rows, columns) = geometry.kernel
    add(rows * columns * (channels / geometry.groups) * outputs + (bias ? outputs : 0))
    channels = outputs
    (height, width) = geometry.outputSize(height: height, width: width) ?? (0, 0)
    activations += elements
  }

  /// Weight and bias, running mean and variance of each channel.
  mutating func batchNorm() {
    add(2 * channels)
    buffers += 2 * channels
    activations += elements
  }

  /// Weight and bias of each channel.
  mutating func groupNorm() {
    add(2 * channels)
    activations += elements
  }

  /// The picture at another size.
  mutating func resize(height: Int, width: Int) {
    (self.height, self.width) = (height, width)
    activations += elements
  }

  /// Channels of another picture beside its own.
  mutating func append(_ more: Int) {
    channels += more
    activations += elements
  }

  /// A dense layer beside the picture.
  mutating func vector(_ inputs: Int, _ outputs: Int) {
    add((inputs + 1) * outputs)
    activations += outputs
  }

  /// A pooling that leaves every `factor`th row and column.
  mutating func pool(_ factor: Int) {
    (height, width) = (height / factor, width / factor)
    activations += elements
  }

  mutating func globalPool() {
    (height, width) = (1, 1)
    activations += elements
  }

  mutating func dense(_ outputs: Int) {
    add((elements + 1) * outputs)
    (height, width, channels) = (1, 1, outputs)
    activations += outputs
  }

  /// Layers beside those that follow, from the same picture.
  mutating func branch(_ layers: (inout NetworkSizeCount) -> Void) {
    let picture = (height, width, channels)
    layers(&self)
    (height, width, channels) = picture
  }

  func size(_ description: String) -> NetworkSize {
    NetworkSize(
      parameterCount: parameters, bufferCount: buffers, activationCount: activations, description: description)
  }
}

/// The size of a network's pictures.
public struct PictureSize: Codable, Hashable, Sendable, CustomStringConvertible {
  /// Rows.
  public var height: Int
  /// Columns.
  public var width: Int
  /// 1 for grey, 3 for colour.
  public var channels: Int

  /// A size; the channels are the last axis.
  public init(_ height: Int, _ width: Int, _ channels: Int) {
    (self.height, self.width, self.channels) = (height, width, channels)
  }

  /// Numbers of a picture.
  public var count: Int { height * width * channels }
  public var description: String { "\(height)×\(width)×\(channels)" }

  /// Whether a network can take it; one read from a file may be anything.
  var isConsistent: Bool {
    (1...1 << 14).contains(height) && (1...1 << 14).contains(width) && (1...1 << 12).contains(channels)
  }
}
