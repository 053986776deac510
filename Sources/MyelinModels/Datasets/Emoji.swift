import Myelin

/// Noto's emoji: 1588 colour pictures of 32×32 pixels with their names, keywords and groups.
public struct Emoji: Sendable {
  /// In the order of the Unicode standard, so that neighbours look alike.
  public let pictures: [Picture]
  /// English, all different: `grinning face`.
  public let names: [String]
  /// English, several for each; the name is usually one of them.
  public let keywords: [[String]]
  /// Nine, from `Activities` to `Travel & Places`.
  public let groups: [String]

  /// Who made it.
  public static let citation = "Google: Noto Emoji, 2024; names and keywords: Unicode, Inc., CLDR 41"

  /// Loads the shipped files.
  ///
  /// - Throws: `DataError` when they are not there or damaged.
  public static func load() throws -> Emoji { try Emoji() }

  private init() throws {
    let table = try ShippedColumns("emoji.csv.gz", texts: ["name", "keywords", "group"])
    names = try table.texts("name")
    keywords = try table.texts("keywords").map { text in text.split(separator: " | ").map(String.init) }
    groups = try table.texts("group")
    let bytes = try ShippedColumns.pictures("emoji-images-idx4-ubyte.gz", count: table.count, 32, 32, 3)
    let size = 32 * 32 * 3
    pictures = names.indices.map {
      Picture(height: 32, width: 32, channels: 3, bytes: Array(bytes[$0 * size..<($0 + 1) * size]))
    }
  }
}
