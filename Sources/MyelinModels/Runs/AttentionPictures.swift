import Myelin

extension PictureGroup {
  /// What a vision transformer looks at: pictures, each patch as bright as much of the last block's attention goes to it; the
  /// patch that gets most is as the network is given it, one that gets none is black.
  ///
  /// - Parameters:
  ///   - network: what looks.
  ///   - encoding: of the pictures.
  ///   - samples: pictures to look at, the first three of each class.
  static func attention(
    of network: VisionTransformer, _ encoding: ImageEncoding, _ samples: TensorSamples
  ) -> PictureGroup? {
    let rows = encoding.rows(of: samples)
    guard !rows.isEmpty, let labels = samples.labels else { return nil }
    let pictures = samples.batch(rows).inputs
    let maps = network.attentionMap(pictures).scalars
    let (patch, columns) = (network.configuration.patch, network.configuration.columns)
    let places = network.configuration.rows * columns, size = encoding.shape.reduce(1, *)
    let items = pictures.withUnsafeBufferPointer { values in
      rows.indices.map { index in
        let picture = encoding.picture(values[index * size..<(index + 1) * size])
        var bytes = picture.bytes
        let map = maps[index * places..<(index + 1) * places]
        let largest = max(map.max() ?? 0, .leastNormalMagnitude)
        for y in 0..<picture.height {
          for x in 0..<picture.width {
            let share = map[map.startIndex + y / patch * columns + x / patch] / largest
            for channel in 0..<picture.channels {
              let place = (y * picture.width + x) * picture.channels + channel
              bytes[place] = UInt8(Float(bytes[place]) * share)
            }
          }
        }
        let seen = Picture(
          height: picture.height, width: picture.width, channels: picture.channels, bytes: bytes)
        return Item(seen, label: encoding.classNames[Int(labels[rows[index]])])
      }
    }
    return PictureGroup(
      "What it looks at",
      caption: "Test pictures, each patch of \(patch)×\(patch) pixels as bright as much of the last block's attention "
        + "goes to it, mean over heads and looking patches.",
      items: items)
  }
}
