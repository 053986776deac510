import Myelin

/// TrashNet: 2527 colour photographs of waste on a white board, six kinds, 24 rows of 32 pixels.
///
/// Each value is the mean of 16×16 of the source's, rounded to a multiple of 4. The parts are the authors' lists; `trash`,
/// which these leave out, is divided by its pictures' numbers.
public struct TrashNet: Sendable {
  /// 1775 pictures, standardised by their own means and deviations.
  public let training: PictureDataset
  /// 330 pictures, standardised as the training pictures.
  public let validation: PictureDataset
  /// 422 pictures, standardised as the training pictures.
  public let test: PictureDataset
  /// Of each channel over the training pictures, of values 0…1.
  public let mean: [Float]
  /// Of each channel over the training pictures.
  public let deviation: [Float]

  /// What the labels 0…5 stand for.
  public static let classNames = ["cardboard", "glass", "metal", "paper", "plastic", "trash"]
  /// Who made it.
  public static let citation =
    "G. Thung, M. Yang: Classification of trash for recyclability status. Stanford CS 229, 2016"

  /// Loads the shipped files.
  ///
  /// - Throws: `DataError` when they are not there or damaged.
  public static func load() throws -> TrashNet { try TrashNet() }

  private init() throws {
    let table = try ShippedColumns("trashnet.csv.gz", texts: ["label", "split"])
    let labels = try table.texts("label").map { name -> Int32 in
      guard let label = TrashNet.classNames.firstIndex(of: name) else {
        throw DataError("trashnet.csv.gz", "label", expected: TrashNet.classNames.joined(separator: ", "), found: name)
      }
      return Int32(label)
    }
    let parts = try table.texts("split")
    let pictures = PictureDataset(
      height: 24, width: 32, channels: 3,
      bytes: try ShippedColumns.pictures("trashnet-images-idx4-ubyte.gz", count: table.count, 24, 32, 3),
      labels: labels, mean: [0, 0, 0], deviation: [1, 1, 1])
    func part(_ name: String) -> PictureDataset { pictures.subset(parts.indices.filter { parts[$0] == name }) }
    (mean, deviation) = part("train").statistics
    training = part("train").standardized(mean: mean, deviation: deviation)
    validation = part("val").standardized(mean: mean, deviation: deviation)
    test = part("test").standardized(mean: mean, deviation: deviation)
  }
}
