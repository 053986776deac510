import Myelin

/// BCCD: 364 colour pictures of blood under the microscope, 60 rows of 80 pixels, with a box around each cell.
///
/// Each value is the mean of 8×8 of the source's, rounded to a multiple of 4. Not every red cell of a cluster has a box; two
/// boxes of the source, which have no extent, are left out.
public struct BloodCells: Sendable {
  /// A cell: what it is, and its edges in pixels of the picture, from its upper left corner on.
  public struct Box: Sendable, Hashable {
    /// Of ``classNames``.
    public let label: Int
    /// The left edge, 0…80.
    public let xMin: Float
    /// The upper edge, 0…60.
    public let yMin: Float
    /// The right edge.
    public let xMax: Float
    /// The lower edge.
    public let yMax: Float
  }

  /// Pictures and the boxes in each.
  public struct Part: Sendable {
    /// Each 60×80, colour.
    public let pictures: [Picture]
    /// The boxes of each picture.
    public let boxes: [[Box]]
  }

  /// 205 pictures.
  public let training: Part
  /// 87 pictures.
  public let validation: Part
  /// 72 pictures.
  public let test: Part

  /// Red cells, white cells, platelets.
  public static let classNames = ["RBC", "WBC", "Platelets"]
  /// Who made it.
  public static let citation = "Shenggan: BCCD Dataset, 2019; pictures and boxes by cosmicad and akshaylamba"

  /// Loads the shipped files.
  ///
  /// - Throws: `DataError` when they are not there or damaged.
  public static func load() throws -> BloodCells { try BloodCells() }

  private init() throws {
    let (count, height, width) = (364, 60, 80)
    let bytes = try ShippedColumns.pictures("bccd-images-idx4-ubyte.gz", count: count, height, width, 3)
    let size = height * width * 3
    let pictures = (0..<count).map {
      Picture(height: height, width: width, channels: 3, bytes: Array(bytes[$0 * size..<($0 + 1) * size]))
    }
    let table = try ShippedColumns("bccd-boxes.csv.gz", texts: ["name", "split", "label"])
    let (images, names, parts) = (try table.integers("image"), try table.texts("label"), try table.texts("split"))
    let edges = try ["xmin", "ymin", "xmax", "ymax"].map(table.integers)
    var boxes = [[Box]](repeating: [], count: count)
    var partOf = [String](repeating: "", count: count)
    for row in 0..<table.count {
      guard (0..<count).contains(images[row]), let label = BloodCells.classNames.firstIndex(of: names[row]) else {
        throw DataError("bccd-boxes.csv.gz", "box \(row + 1) is of no picture or no kind of cell")
      }
      partOf[images[row]] = parts[row]
      let (left, top, right, bottom) = (edges[0][row], edges[1][row], edges[2][row], edges[3][row])
      guard right > left, bottom > top else { continue }
      // The source counts pixels from 1 and has 8×8 of them for one of ours; both ends belong to the box.
      func edge(_ pixel: Int) -> Float { Float(max(pixel, 0)) / 8 }
      boxes[images[row]].append(
        Box(label: label, xMin: edge(left - 1), yMin: edge(top - 1), xMax: edge(right), yMax: edge(bottom)))
    }
    func part(_ name: String) -> Part {
      let rows = partOf.indices.filter { partOf[$0] == name }
      return Part(pictures: rows.map { pictures[$0] }, boxes: rows.map { boxes[$0] })
    }
    (training, validation, test) = (part("train"), part("val"), part("test"))
  }
}
