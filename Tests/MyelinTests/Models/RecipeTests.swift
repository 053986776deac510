import Myelin
import MyelinModels
import XCTest

final class RecipeTests: XCTestCase {
  /// One list: each recipe is found by its name, and its settings hold.
  func testRecipesAreFoundByName() throws {
    XCTAssertEqual(Set(Recipes.names).count, Recipes.all.count)
    for recipe in Recipes.all {
      XCTAssertEqual(Recipes.named(recipe.name)?.summary, recipe.summary)
      XCTAssertEqual(try RunOptions.suited(to: RunSource(recipe: recipe.name)).settings, recipe.settings)
    }
    XCTAssertNil(Recipes.named("moons"))
    XCTAssertThrowsError(try RunOptions.suited(to: RunSource(recipe: "moons")))
  }

  /// What `myelin models` says of each recipe: of all of them and of nothing else, and the size of what would be built.
  func testEveryRecipeHasARecord() throws {
    XCTAssertEqual(RecipeRecord.names, Set(Recipes.names))
    for recipe in Recipes.all {
      let record = try XCTUnwrap(recipe.record, recipe.name)
      XCTAssertFalse(record.data.isEmpty || record.chosenOn.isEmpty, recipe.name)
      XCTAssertGreaterThan(record.seconds, 0, recipe.name)
      if let result = record.result {
        XCTAssertFalse(result.seeds.isEmpty, recipe.name)
        XCTAssertTrue(!result.isPercent || (0...1).contains(result.value), recipe.name)
      }
    }
    for name in ["iris", "ames", "karate", "social", "recommend", "molecules", "vowels", "captions", "digits-cnn"] {
      let options = try RunOptions.suited(to: RunSource(recipe: name))
      let recipe = try XCTUnwrap(Recipes.named(name))
      let size = try recipe.task(options, near: nil).learned(options).size(options)
      XCTAssertEqual(size.parameterCount, recipe.record?.parameters, name)
    }
  }

  func testSettingsReadBackAndBuildWhatTheySay() throws {
    let settings = TableRecipe.ames.settings
    XCTAssertEqual(try JSONDecoder().decode(TrainingSettings.self, from: JSONEncoder().encode(settings)), settings)
    let model = settings.makeModel(inputs: 7, outputs: 1)
    XCTAssertEqual(model.configuration.sizes, [7, 128, 64, 1])
    let optimizer = settings.makeOptimizer(model)
    XCTAssertTrue(optimizer is AdamW)
    // Weights decay, biases do not.
    XCTAssertEqual(optimizer.options.map(\.weightDecay), [0.1, 0, 0.1, 0, 0.1, 0])
  }

  func testSchedulesFitTheNumberOfEpochs() {
    for kind in ScheduleKind.allCases where kind != .constant && kind != .plateau {
      let schedule = kind.make(epochs: 30)
      XCTAssertLessThanOrEqual(schedule.factor(at: 30), 0.0101, kind.rawValue)
      XCTAssertGreaterThan(schedule.factor(at: 9), 0.2, kind.rawValue)
    }
  }

  /// The goal of each small table at one split, with some room: a recipe that was broken would fall far below.
  func testRecipesReachTheirScores() throws {
    for (name, goal) in [("iris", 0.9), ("wine", 0.94), ("breast-cancer", 0.94), ("penguins", 0.95)] {
      let table = ShippedTable.named(name)!
      let data = try TabularData(
        table.table(), target: table.target, task: table.task, recipe: table.recipe, seed: 0)
      RandomGenerator.shared.reset(seed: 0)
      let recipe = Recipes.named(name)!.settings
      let model = recipe.makeModel(inputs: data.features.featureCount, outputs: data.target.classNames.count)
      let optimizer = recipe.makeOptimizer(model)
      let schedule = recipe.makeSchedule()
      let loader = DataLoader(data.training, batchSize: recipe.batchSize)
      for epoch in 0..<recipe.epochs {
        optimizer.learningRate = recipe.learningRate * schedule.factor(at: Double(epoch))
        for batch in loader {
          softmaxCrossEntropy(model(batch.inputs), batch.labels!).backward()
          optimizer.step()
        }
      }
      let test = data.test!
      XCTAssertGreaterThanOrEqual(accuracy(withoutGradient { model(test.inputs) }, test.labels!)!, goal, name)
    }
  }
}
