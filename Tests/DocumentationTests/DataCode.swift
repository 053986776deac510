import Foundation
import Myelin
import MyelinModels
import XCTest

/// Rows that are computed when they are asked for.
struct Sines: Dataset {
  let count = 1000
  func batch(_ rows: UnsafeBufferPointer<Int32>) -> TensorBatch {
    let x = rows.map { Float($0) / 100 }
    return TensorBatch(
      inputs: Tensor(x, shape: [rows.count, 1]), targets: Tensor(x.map(sin), shape: [rows.count, 1]))
  }
}

/// The code of the article "Data".
final class DataCode: XCTestCase {
  private func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("data-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    return folder
  }

  func testTables() throws {
    let url = Repository.root.appendingPathComponent("Sources/MyelinModels/Resources/penguins.csv")
    var options = CSVOptions()
    options.missing.insert("unknown")
    options.kinds["year"] = .category
    let table = try Table(csv: url, options: options)
    print(table.columnNames, table.rowCount)

    var recipe = FeatureRecipe()
    recipe.ignored = ["island"]
    recipe.imputation = .mean
    let data = try TabularData(
      table, target: "species", recipe: recipe, validation: 0.1, test: 0.2, seed: 1)
    print(data.features.featureNames)
    XCTAssertEqual(data.training.count + data.validation!.count + data.test!.count, table.rowCount)

    let json = try JSONEncoder().encode(data.features)
    let encoder = try JSONDecoder().decode(FeatureEncoder.self, from: json)
    XCTAssertEqual(encoder, data.features)
  }

  func testArrays() throws {
    let folder = try folder()
    let resources = Repository.root.appendingPathComponent("Sources/MyelinModels/Resources")
    let imageFile = resources.appendingPathComponent("fashion-mnist-t10k-images-idx3-ubyte.gz")
    let labelFile = resources.appendingPathComponent("fashion-mnist-t10k-labels-idx1-ubyte.gz")
    let images = try IDX.read(imageFile).tensor(source: imageFile.path, scale: 1 / 255)
    let labels = try IDX.read(labelFile).indices(source: labelFile.path)
    let data = TensorDataset(inputs: images.reshaped([images.shape[0], 784]), labels: labels)

    let file = folder.appendingPathComponent("images.npy")
    try NPY.write(NumericArray(images), to: file)
    let again = try NPY.read(file).tensor(source: file.path)
    XCTAssertEqual(again.shape, images.shape)
    XCTAssertEqual(data.count, labels.count)
  }

  func testASetOfOnesOwn() throws {
    RandomGenerator.shared.reset(seed: 1)
    let noisy = Sines().augmented { batch, random in
      var batch = batch
      batch.inputs = batch.inputs + random.normal(batch.inputs.shape, standardDeviation: 0.01)
      return batch
    }
    let model = MLP([1, 32, 1], activation: .tanh)
    let trainer = Trainer(
      model, objective: .regression(), optimizer: Adam(model.parameters, learningRate: 0.01))
    trainer.options.prefetchedBatches = 2
    try trainer.fit(noisy, validation: Sines())
    XCTAssertLessThan(trainer.evaluate(Sines()).scores.loss, 0.5)
  }
}
