import Foundation
import Myelin
import MyelinModels
import XCTest

final class ShippedDataTests: XCTestCase {
  /// Rows × columns as in the description of the data files.
  func testSizes() throws {
    let expected = [
      "digits": (1797, 65), "iris": (150, 5), "wine": (178, 14), "breast-cancer": (569, 31), "penguins": (344, 8),
      "ames": (2930, 74), "churn": (5000, 20), "intrusion": (19852, 42), "thyroid": (9172, 31),
    ]
    XCTAssertEqual(Set(ShippedTable.all.map(\.name)), Set(expected.keys))
    for shipped in ShippedTable.all {
      let table = try shipped.table()
      XCTAssertEqual(table.rowCount, expected[shipped.name]!.0, shipped.name)
      XCTAssertEqual(table.columns.count, expected[shipped.name]!.1, shipped.name)
      XCTAssertEqual(shipped.size.rows, table.rowCount)
      XCTAssertEqual(shipped.size.columns, table.columns.count)
      XCTAssertNotNil(ShippedTable.named(shipped.name))
    }
    XCTAssertNil(ShippedTable.named("digit"))
  }

  /// Counts that the description of the data files states.
  func testContents() throws {
    func counts(_ recipe: TableRecipe, _ column: String) throws -> [String: Int] {
      switch try recipe.table.table().column(named: column).values {
      case .categories(let levels, let codes):
        Dictionary(codes.map { ($0 < 0 ? "NA" : levels[Int($0)], 1) }, uniquingKeysWith: +)
      case .numbers(let numbers), .dates(let numbers): Dictionary(numbers.map { ("\($0)", 1) }, uniquingKeysWith: +)
      }
    }
    XCTAssertEqual(try counts(.penguins, "species"), ["Adelie": 152, "Gentoo": 124, "Chinstrap": 68])
    XCTAssertEqual(try counts(.penguins, "sex")["NA"], 11)
    XCTAssertEqual(try TableRecipe.penguins.table.table().column(named: "body_mass_g").missingCount, 2)
    XCTAssertEqual(try counts(.iris, "species"), ["setosa": 50, "versicolor": 50, "virginica": 50])
    XCTAssertEqual(try counts(.wine, "class"), ["class_0": 59, "class_1": 71, "class_2": 48])
    XCTAssertEqual(try counts(.breastCancer, "diagnosis"), ["malignant": 212, "benign": 357])
    XCTAssertEqual(try counts(.churn, "churn"), ["yes": 707, "no": 4293])
    XCTAssertEqual(try counts(.intrusion, "attack"), ["no": 19456, "yes": 396])
    XCTAssertEqual(try counts(.thyroid, "condition"), ["no": 8931, "yes": 241])
    XCTAssertEqual(try counts(.digits, "label")["3.0"], 183)
    // Written with a blank at its end; None is a category.
    XCTAssertEqual(try counts(.ames, "Sale_Type")["WD"], 2536)
    XCTAssertNotNil(try counts(.ames, "Misc_Feature")["None"])
    XCTAssertEqual(try counts(.ames, "Lot_Frontage")["0.0"], 490)
    guard case .numbers(let prices) = try TableRecipe.ames.table.table().column(named: "Sale_Price").values else {
      return XCTFail("prices are not numbers")
    }
    XCTAssertEqual((prices.reduce(0, +) / 2930).rounded(), 180_796)
  }

  func testEachIsReadyForTraining() throws {
    for shipped in ShippedTable.all {
      let table = try shipped.table()
      let data = try TabularData(
        table, target: shipped.target, task: shipped.task, recipe: shipped.recipe,
        isTargetLogarithmic: shipped.isTargetLogarithmic, seed: 1)
      XCTAssertEqual(data.target.task, shipped.task)
      XCTAssertEqual(data.training.count + data.test!.count, table.rowCount)
      XCTAssertEqual(data.training.inputs.shape[1], data.features.featureNames.count)
      for part in [data.training, data.test!] {
        XCTAssertTrue(part.inputs.scalars.allSatisfy(\.isFinite), shipped.name)
      }
      // The task can also be found by itself.
      XCTAssertEqual(try TargetEncoder(fitting: table, column: shipped.target).task, shipped.task, shipped.name)
    }
  }

  func testAmesAndChurnRecipes() throws {
    let ames = TableRecipe.ames.table
    let names = try FeatureEncoder(fitting: ames.table(), target: ames.target, recipe: ames.recipe).featureNames
    XCTAssertTrue(names.contains("BsmtFin_SF_1=7"))
    XCTAssertTrue(names.contains("Lot_Frontage=missing"))
    XCTAssertTrue(names.contains("Sale_Type=WD"))
    XCTAssertFalse(names.contains("Sale_Price"))
    let churn = TableRecipe.churn.table
    let encoder = try FeatureEncoder(fitting: churn.table(), target: churn.target, recipe: churn.recipe)
    XCTAssertEqual(encoder.columnNames.count, 13)
  }

  func testFashionMNISTSlice() throws {
    let data = try FashionMNIST.shippedSlice()
    XCTAssertEqual(data.source, .shippedSlice)
    XCTAssertEqual(data.training.inputs.shape, [3000, 28, 28, 1])
    XCTAssertEqual(data.test.inputs.shape, [1000, 28, 28, 1])
    func counts(_ part: TensorDataset) -> [Int] {
      part.labels!.values.reduce(into: [Int](repeating: 0, count: 10)) { $0[Int($1)] += 1 }
    }
    XCTAssertEqual(counts(data.training), [282, 321, 290, 312, 303, 300, 298, 312, 287, 295])
    XCTAssertEqual(counts(data.test), [107, 105, 111, 93, 115, 87, 97, 95, 95, 95])
    data.training.inputs.withUnsafeBufferPointer { pixels in
      XCTAssertEqual(pixels.max(), 1)
      XCTAssertEqual(pixels.min(), 0)
    }
  }

  func testFashionMNISTFolder() throws {
    let folder = try temporaryFolder(self)
    for part in ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"] {
      let name = "\(part)-ubyte"
      let bytes = try DataFile.read(ShippedData.file("fashion-mnist-\(name).gz"))
      try DataFile.write(bytes, to: folder.appendingPathComponent(name))
    }
    let data = try FashionMNIST.load(folder: folder)
    XCTAssertEqual(data.source, .folder(folder.path))
    XCTAssertEqual(data.training.count, 3000)

    let labels = folder.appendingPathComponent("t10k-labels-idx1-ubyte")
    var bytes = try DataFile.read(labels)
    bytes[20] = 10
    try DataFile.write(bytes, to: labels)
    XCTAssertEqual(
      errorLine { try FashionMNIST.load(folder: folder) },
      "\(labels.path), byte 20: label: expected 0 to 9, found 10")
    try DataFile.write(DataFile.read(folder.appendingPathComponent("train-labels-idx1-ubyte")), to: labels)
    XCTAssertEqual(
      errorLine { try FashionMNIST.load(folder: folder) },
      "\(labels.path): labels: expected bytes of shape [1000], one for each image, found uint8 of shape [3000]")
    try FileManager.default.removeItem(at: labels)
    XCTAssertEqual(
      errorLine { try FashionMNIST.load(folder: folder) },
      "\(labels.path).gz: cannot be opened: no such file or folder")
  }

  /// The full set, where it is installed.
  func testFashionMNISTOfDebian() throws {
    let images = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"
    try XCTSkipUnless(FileManager.default.fileExists(atPath: images), "dataset-fashion-mnist is not installed")
    XCTAssertEqual(try IDX.read(URL(fileURLWithPath: images)).shape, [10000, 28, 28])
  }
}
