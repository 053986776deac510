import Myelin

extension PictureGroup {
  /// What the first convolution of a network of pictures looks for: its kernels, each scaled so that its largest weight is
  /// black or white, and 0 mid-grey; kernels of three channels have colours. Nil for a network without such a convolution.
  ///
  /// - Parameter most: how many are shown at most, the first ones.
  static func firstFilters(of network: any Module, most: Int = 64) -> PictureGroup? {
    // Of a convolution W is [height, width, channels, outputs].
    guard
      let weight = network.namedParameters.first(where: { $0.parameter.shape.rank == 4 })?.parameter.value.detached,
      [1, 3].contains(weight.shape[2]), weight.shape[0] > 1
    else { return nil }
    let (height, width, channels, outputs) = (weight.shape[0], weight.shape[1], weight.shape[2], weight.shape[3])
    let values = weight.scalars
    let items = (0..<min(outputs, most)).map { filter in
      let own = stride(from: filter, to: values.count, by: outputs).map { values[$0] }
      let largest = max(own.map(abs).max() ?? 0, .leastNormalMagnitude)
      return Item(
        Picture(
          height: height, width: width, channels: channels,
          bytes: own.map { UInt8(clamping: Int((127.5 + 127.5 * $0 / largest).rounded())) }),
        label: "\(filter + 1)")
    }
    let shown = outputs > most ? ", the first \(most) of \(outputs)" : ""
    return PictureGroup(
      "First filters",
      caption: "What the first convolution looks for, \(height)×\(width) pixels\(shown): "
        + (channels == 1 ? "bright weights add, dark ones take away" : "the colours that add to its answer")
        + ", and mid-grey is 0.",
      items: items)
  }
}
