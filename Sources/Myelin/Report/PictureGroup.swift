/// Pictures of a report, each with a line or two under it.
public struct PictureGroup: Sendable {
  /// What they have in common.
  public var title: String
  /// A sentence on how they were chosen.
  public var caption: String
  /// In the order in which they are shown.
  public var items: [Item]
  /// How wide each is shown at least, in letters' heights.
  public var tileWidth: Double

  /// One picture.
  public struct Item: Sendable {
    /// What is seen.
    public var picture: Picture
    /// What it is.
    public var label: String
    /// What else is said of it.
    public var note: String

    /// A picture with what it is, and what else is said of it.
    public init(_ picture: Picture, label: String, note: String = "") {
      self.picture = picture
      self.label = label
      self.note = note
    }
  }

  /// Pictures under one title.
  ///
  /// - Parameters:
  ///   - title: what they have in common.
  ///   - caption: a sentence on how they were chosen.
  ///   - items: in the order in which they are shown.
  ///   - tileWidth: how wide each is shown at least, in letters' heights.
  public init(_ title: String, caption: String, items: [Item], tileWidth: Double = 5.2) {
    self.title = title
    self.caption = caption
    self.items = items
    self.tileWidth = tileWidth
  }
}

extension HTMLPage {
  /// Pictures in a grid, as PNG files inside the page, with sharp pixels where they are shown larger than they are.
  package mutating func pictures(_ group: PictureGroup) {
    heading(group.title, level: 3)
    paragraph(group.caption)
    tiles(group.items.map { (source: $0.picture.dataURI, label: $0.label, note: $0.note) }, width: group.tileWidth)
  }
}
