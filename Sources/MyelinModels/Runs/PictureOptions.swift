import Myelin

/// How pictures are changed in each epoch of training, where it is said; nil keeps what suits the data.
package struct PictureOptions: Codable, Hashable, Sendable {
  package var shift: Int?
  package var flip: ImageAugmentation.Flip?
  package var erasing: Int?
  package var brightness: Float?
  package var contrast: Float?
  package var mixUp: Float?
  package var cutMix: Float?

  package init() {}

  /// Whether pictures can be changed so; options read from a file may be anything.
  var isConsistent: Bool {
    (shift ?? 0) >= 0 && (erasing ?? 0) >= 0 && (0...1).contains(brightness ?? 0) && (0...1).contains(contrast ?? 0)
      && [mixUp, cutMix].allSatisfy { ($0 ?? 0) == 0 || ImageAugmentation.mixing.contains($0!) }
  }
}

extension TrainingSettings {
  /// What is done to pictures in each epoch: `usual`, but for what the settings say.
  ///
  /// - Throws: `DataError` for a shift as large as a picture.
  func augmentation(
    _ usual: ImageAugmentation = ImageAugmentation(), height: Int, width: Int
  ) throws -> ImageAugmentation {
    guard let pictures else { return usual }
    let shift = pictures.shift ?? usual.shift
    guard shift < min(height, width) else {
      throw DataError(
        "--shift", "of pictures of \(height)×\(width) pixels", expected: "less than their size", found: "\(shift)")
    }
    return ImageAugmentation(
      shift: shift, flip: pictures.flip ?? usual.flip, erasing: pictures.erasing ?? usual.erasing,
      brightness: pictures.brightness ?? usual.brightness, contrast: pictures.contrast ?? usual.contrast,
      mixUp: pictures.mixUp ?? usual.mixUp, cutMix: pictures.cutMix ?? usual.cutMix)
  }
}

extension ImageAugmentation {
  /// For people; nil where nothing is changed.
  var text: String? {
    var parts: [String] = []
    if shift > 0 { parts.append("shift \(shift)") }
    if flip != .never { parts.append("flip \(flip.rawValue)") }
    if erasing > 0 { parts.append("erasing \(erasing)×\(erasing)") }
    if brightness > 0 { parts.append("brightness ±\(brightness)") }
    if contrast > 0 { parts.append("contrast ±\(contrast)") }
    if mixUp > 0 { parts.append("mix-up α \(mixUp)") }
    if cutMix > 0 { parts.append("cut-mix α \(cutMix)") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
