import Foundation
import Myelin
import MyelinModels
import XCTest

/// The code of the README and of the article "Start".
final class StartCode: XCTestCase {
  override func setUp() { RandomGenerator.shared.reset(seed: 1) }

  func testACSV() throws {
    let url = Repository.root.appendingPathComponent("Sources/MyelinModels/Resources/iris.csv")
    let table = try Table(csv: url)
    let data = try TabularData(table, target: "species", test: 0.2, seed: 1)
    let model = MLP([data.features.featureCount, 32, data.target.classNames.count])
    let trainer = Trainer(
      model, objective: .classification(), optimizer: AdamW(model.parameters, learningRate: 0.01))
    trainer.options.epochs = 30
    try trainer.fit(data.training)
    let scores = trainer.evaluate(data.test!).scores
    print(scores.all.map { "\($0.metric.title) \($0.text)" }.joined(separator: ", "))
    XCTAssertGreaterThan(scores[.accuracy]!, 0.9)

    let flowers = try Table(csv: url, options: data.features.csvOptions())
    let answers = predict(model, try data.features.inputs(flowers)).argmax()
    for row in 0..<3 { print(data.target.classNames[Int(answers[row])]) }
    XCTAssertEqual(answers.count, 150)
  }

  struct Classifier: Module {
    let hidden = Dense(784, 512, activation: .relu)
    let output = Dense(512, 10)
    func callAsFunction(_ images: Tensor) -> Tensor { output(hidden(images)) }
  }

  func testALoop() throws {
    let images = RandomGenerator(seed: 2).normal([64, 784])
    let labels = Indices((0..<64).map { $0 % 10 })
    let model = Classifier()
    let optimizer = Adam(model.parameters, learningRate: 1e-3)
    let data = TensorDataset(inputs: images, labels: labels)
    for batch in DataLoader(data, batchSize: 128) {
      let loss = softmaxCrossEntropy(model(batch.inputs), batch.labels!)
      loss.backward()
      optimizer.step()  // also clears the gradients
    }

    let test = data
    let trainer = Trainer(model, objective: .classification(), optimizer: optimizer)
    trainer.options.epochs = 20
    trainer.options.earlyStopping = EarlyStopping(patience: 5)
    try trainer.fit(data, validation: test)
    print(trainer.evaluate(test).scores)
    XCTAssertLessThan(trainer.evaluate(test).scores.loss, 0.1)
  }

  func testTensors() {
    let a = Tensor([1, 2, 3, 4], shape: [2, 2])
    let b = matmul(a, a.transposed()) + 1
    print(b.shape, b[0, 1], b.sum(axis: 0).scalars)  // [2, 2] 12.0 [18.0, 38.0]
    XCTAssertEqual(b.sum(axis: 0).scalars, [18, 38])
  }
}
