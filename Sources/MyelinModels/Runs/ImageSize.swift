/// What pictures are brought to before a network sees them.
package struct ImageSize: Codable, Hashable, Sendable {
  /// Pixels from top to bottom.
  package var height: Int
  /// Pixels from left to right.
  package var width: Int

  package init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// Sizes that can be asked for.
  package static let range = 1...4096

  /// `64` for a square, `24x32` for 24 rows of 32 pixels; nil for anything else.
  package init?(_ text: String) {
    let parts = text.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(parts.count), let height = parts[0], let width = parts[parts.count - 1],
      ImageSize.range.contains(height), ImageSize.range.contains(width)
    else { return nil }
    self.init(height: height, width: width)
  }

  /// That of pictures which all have the same one and are small; 64×64 for others.
  static func suited(to sizes: [(height: Int, width: Int, channels: Int)]) -> ImageSize {
    guard let first = sizes.first, first.height <= 64, first.width <= 64,
      sizes.allSatisfy({ $0.height == first.height && $0.width == first.width })
    else { return ImageSize(height: 64, width: 64) }
    return ImageSize(height: first.height, width: first.width)
  }
}
