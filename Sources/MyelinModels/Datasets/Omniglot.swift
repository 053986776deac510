import Myelin

/// Omniglot: handwritten characters of 35×35 pixels; 242 of eight alphabets, each by 20 people, to train on, and the 20
/// official one-shot runs, whose alphabets are others (B. Lake, R. Salakhutdinov, J. Tenenbaum, Science 350, 2015).
///
/// Inputs are the share of ink, 0…1, in 3×3 pixels of the source.
public struct Omniglot: Sendable {
  /// 4840 drawings; the label is the number of the character, 0…241.
  public let training: PictureDataset
  /// The alphabet of each character.
  public let alphabets: [String]
  /// Which of the 20 people of its alphabet drew each drawing, from 1.
  public let drawers: [Int]
  /// The one-shot runs.
  public let runs: [Run]

  /// A test in which each drawing is to be told from one example of each of 20 characters.
  public struct Run: Sendable {
    /// One drawing of each character; the label is its number, 0…19.
    public let examples: PictureDataset
    /// The same characters by another person; the label is the example that shows the same one.
    public let items: PictureDataset
  }

  /// Who made it.
  public static let citation =
    "B. Lake, R. Salakhutdinov, J. Tenenbaum: Human-level concept learning through probabilistic program induction. "
    + "Science 350, 2015"

  /// Loads the shipped files.
  ///
  /// - Throws: `DataError` when they are not there or damaged.
  public static func load() throws -> Omniglot { try Omniglot() }

  private init() throws {
    let table = try ShippedColumns("omniglot.csv.gz", texts: ["alphabet"])
    let (names, characters) = (try table.texts("alphabet"), try table.integers("character"))
    drawers = try table.integers("drawer")
    var labels: [Int32] = []
    var alphabets: [String] = []
    for row in 0..<table.count {
      if row == 0 || names[row] != names[row - 1] || characters[row] != characters[row - 1] {
        alphabets.append(names[row])
      }
      labels.append(Int32(alphabets.count - 1))
    }
    self.alphabets = alphabets
    training = try Omniglot.dataset("omniglot-images-idx3-ubyte.gz", labels: labels)

    let runTable = try ShippedColumns("omniglot-oneshot.csv.gz", texts: ["role"])
    let (runs, roles) = (try runTable.integers("run"), try runTable.texts("role"))
    let answers = try runTable.integers("class").map { Int32($0 - 1) }
    let drawings = try Omniglot.dataset("omniglot-oneshot-images-idx3-ubyte.gz", labels: answers)
    self.runs = (1...20).map { run in
      func part(_ role: String) -> PictureDataset {
        drawings.subset(runs.indices.filter { runs[$0] == run && roles[$0] == role })
      }
      return Run(examples: part("class"), items: part("item"))
    }
  }

  /// Bytes count the ink of nine pixels.
  private static func dataset(_ fileName: String, labels: [Int32]) throws -> PictureDataset {
    PictureDataset(
      height: 35, width: 35, channels: 1,
      bytes: try ShippedColumns.pictures(fileName, count: labels.count, 35, 35, 1), labels: labels, mean: [0],
      deviation: [9 / 255])
  }
}
