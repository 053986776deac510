import Myelin

/// What a recipe is learned from and what it has been measured to reach, and on what its settings were chosen: for
/// `myelin models`, and for the script that measures all of them again (`Benchmarks/recipes`).
package struct RecipeRecord: Encodable, Sendable {
  /// A mean over runs.
  package struct Result: Encodable, Sendable {
    /// As `result.json` and `train --json` name it.
    package let metric: String
    /// As people read it.
    package let title: String
    /// The mean over the seeds.
    package let value: Double
    package let isPercent: Bool
    package let seeds: [Int]

    /// For people: `98.7%`.
    package var text: String {
      let metric = Metric(metric, title: title, format: isPercent ? .percent : .number, direction: .higherIsBetter)
      return isPercent ? PlotNumber.fixed(100 * value, decimals: 1) + "%" : metric.text(value)
    }
  }

  /// What it is learned from: how much of what.
  package let data: String
  /// Numbers that are trained.
  package let parameters: Int
  /// nil where none has been measured with the shipped data.
  package let result: Result?
  /// About how long a run takes on one thread.
  package let seconds: Double
  /// What the settings were chosen on, never what the result is of; `not recorded` where nobody wrote it down.
  package let chosenOn: String
  /// Options that the result was measured with, beside the seed.
  package let options: [String]

  init(
    _ data: String, parameters: Int, _ result: Result?, seconds: Double, chosenOn: String, options: [String] = []
  ) {
    self.data = data
    self.parameters = parameters
    self.result = result
    self.seconds = seconds
    self.chosenOn = chosenOn
    self.options = options
  }

  /// Of the recipe with that name; each has one, and no other name has.
  package static func of(_ recipe: String) -> RecipeRecord? { all[recipe] }

  package static var names: Set<String> { Set(all.keys) }

  private static let foreignSplits = "the mean over splits of seeds 100 and up"
  private static let unknown = "not recorded"
  private static let fiveSeeds = [0, 1, 2, 3, 4]

  private static func accuracy(_ value: Double, _ seeds: [Int] = fiveSeeds) -> Result {
    Result(metric: "accuracy", title: "accuracy", value: value, isPercent: true, seeds: seeds)
  }

  private static func percent(_ metric: String, _ title: String, _ value: Double, _ seeds: [Int]) -> Result {
    Result(metric: metric, title: title, value: value, isPercent: true, seeds: seeds)
  }

  private static func number(_ metric: String, _ title: String, _ value: Double, _ seeds: [Int]) -> Result {
    Result(metric: metric, title: title, value: value, isPercent: false, seeds: seeds)
  }

  private static let all: [String: RecipeRecord] = [
    "digits": RecipeRecord(
      "1797 pictures of 8×8 pixels", parameters: 50_058, accuracy(0.987), seconds: 4, chosenOn: foreignSplits),
    "iris": RecipeRecord(
      "150 rows", parameters: 2499, accuracy(0.973), seconds: 1, chosenOn: foreignSplits),
    "wine": RecipeRecord(
      "178 rows", parameters: 1091, accuracy(0.994), seconds: 1, chosenOn: foreignSplits),
    "breast-cancer": RecipeRecord(
      "569 rows", parameters: 2114, accuracy(0.986), seconds: 1, chosenOn: foreignSplits),
    "penguins": RecipeRecord(
      "344 rows", parameters: 3139, accuracy(0.986), seconds: 1, chosenOn: foreignSplits),
    "ames": RecipeRecord(
      "2930 rows of 74 columns", parameters: 48_641, number("r2", "R²", 0.932, fiveSeeds), seconds: 4,
      chosenOn: foreignSplits),
    "churn": RecipeRecord(
      "5000 rows of 20 columns", parameters: 3170, accuracy(0.965), seconds: 4, chosenOn: foreignSplits),
    "fashion-mnist": RecipeRecord(
      "the full Fashion-MNIST, 70000 pictures of 28×28 pixels", parameters: 535_818, accuracy(0.900), seconds: 17,
      chosenOn: "the last 10000 training pictures", options: ["--images", "FOLDER"]),
    "fashion-cnn": RecipeRecord(
      "the same", parameters: 70_330, accuracy(0.925, [0, 1, 2]), seconds: 360, chosenOn: "nothing: a start",
      options: ["--images", "FOLDER"]),
    "fashion-resnet": RecipeRecord(
      "the same", parameters: 463_594, accuracy(0.941, [0]), seconds: 1380,
      chosenOn: "the optimizer on 5000 training pictures; the others are a start",
      options: ["--images", "FOLDER"]),
    "fashion-vit": RecipeRecord(
      "the same", parameters: 204_938, nil, seconds: 1800, chosenOn: "nothing: a start",
      options: ["--images", "FOLDER"]),
    "digits-cnn": RecipeRecord(
      "1797 pictures of 8×8 pixels", parameters: 65_834, accuracy(0.994), seconds: 6,
      chosenOn: "other seeds than those of the result"),
    "waste": RecipeRecord(
      "2527 photographs of 24×32 pixels", parameters: 77_782, accuracy(0.808), seconds: 40,
      chosenOn: "nothing: what pictures of one's own get"),
    "detect": RecipeRecord(
      "364 photographs of blood with boxes", parameters: 221_511, percent("map50", "mAP@0.5", 0.885, [0, 1]),
      seconds: 300, chosenOn: "the authors' validation part"),
    "detect-scenes": RecipeRecord(
      "scenes of the full Fashion-MNIST, others in each epoch", parameters: 937_966,
      percent("map50", "mAP@0.5", 0.723, [0]), seconds: 120, chosenOn: unknown,
      options: ["--images", "FOLDER", "--epochs", "12"]),
    "similar": RecipeRecord(
      "4840 drawings of eight alphabets; 20 runs of other ones", parameters: 1_122_032, accuracy(0.935, [0]),
      seconds: 600, chosenOn: "the Greek and the Sanskrit alphabet", options: ["--validation", "0.3"]),
    "captions": RecipeRecord(
      "1588 emoji with names and keywords", parameters: 3_578_896,
      percent("text_recall_1", "recall@1 of texts", 0.346, [0, 1, 2]), seconds: 140,
      chosenOn: "a tenth of the training emoji"),
    "diffusion": RecipeRecord(
      "3000 pictures of clothing, 28×28 pixels", parameters: 569_140, nil, seconds: 840,
      chosenOn: "the guidance on 1000 of the training pictures"),
    "forecast-co2": RecipeRecord(
      "2284 weeks", parameters: 82_516, number("mae", "MAE", 0.695, [0]), seconds: 3, chosenOn: unknown),
    "forecast-elec-equip": RecipeRecord(
      "257 months", parameters: 45_972, number("mae", "MAE", 1.44, [0]), seconds: 2, chosenOn: unknown),
    "forecast-taylor": RecipeRecord(
      "4032 half hours", parameters: 66_348, number("mae", "MAE", 271, [0]), seconds: 4, chosenOn: unknown),
    "vowels": RecipeRecord(
      "640 series of 7 to 29 frames", parameters: 32_265, accuracy(0.984), seconds: 8, chosenOn: unknown),
    "names": RecipeRecord(
      "5494 names", parameters: 35_842, accuracy(0.847, [0, 1, 2]), seconds: 20, chosenOn: unknown),
    "spoken-words": RecipeRecord(
      "660 recordings of six words by 218 people", parameters: 308_022, accuracy(0.936, [0, 1, 2]), seconds: 170,
      chosenOn: "speakers of the training part"),
    "trading": RecipeRecord(
      "7126 days of sixteen exchange rates", parameters: 1826, number("qlike", "QLIKE", -0.841, fiveSeeds), seconds: 2,
      chosenOn: "the fifth of the days before the test"),
    "reviews": RecipeRecord(
      "10662 sentences", parameters: 2_981_330, accuracy(0.800), seconds: 14,
      chosenOn: "cross-validation within four fifths of the rows"),
    "intents": RecipeRecord(
      "13083 questions of 77 kinds", parameters: 2_359_373, accuracy(0.920), seconds: 45,
      chosenOn: "a part of the training file"),
    "gpt": RecipeRecord(
      "a novel of 0.7 million letters", parameters: 3_276_800,
      number("nats_per_character", "nats a character", 1.135, [0]), seconds: 1800,
      chosenOn: "the epoch on the tenth of the text before the test; of the settings it is not recorded",
      options: ["--validation", "0.1"]),
    "translate": RecipeRecord(
      "25286 pairs of sentences", parameters: 6_587_648, nil, seconds: 3600, chosenOn: unknown),
    "spell": RecipeRecord(
      "109627 words and their phonemes", parameters: 1_436_928, nil, seconds: 3600, chosenOn: unknown),
    "karate": RecipeRecord(
      "34 members, 78 friendships, two labels", parameters: 594, accuracy(0.969, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
      seconds: 0.2, chosenOn: "seeds 100 to 109"),
    "social": RecipeRecord(
      "4000 workers, 61200 edges", parameters: 34_818, number("roc_auc", "ROC AUC", 0.824, fiveSeeds), seconds: 4,
      chosenOn: "splits of seeds 100 to 102"),
    "intrusion": RecipeRecord(
      "19852 connections, 2% attacks", parameters: 2_842_640, number("pr_auc", "average precision", 0.985, [0]),
      seconds: 120, chosenOn: "nothing: the preset of tables"),
    "thyroid": RecipeRecord(
      "9172 patients", parameters: 373_776, number("pr_auc", "average precision", 0.785, [0, 1]), seconds: 120,
      chosenOn: "nothing: the preset of tables"),
    "anomaly": RecipeRecord(
      "19852 connections, without labels", parameters: 35_658, number("pr_auc", "average precision", 0.70, fiveSeeds),
      seconds: 3, chosenOn: "splits of seeds 100 to 102"),
    "recommend": RecipeRecord(
      "68055 ratings of 2414 films by 4333 people", parameters: 114_699,
      number("ndcg_10", "NDCG@10", 0.134, [0, 1, 2]), seconds: 1,
      chosenOn: "the last fifth of each user's training ratings"),
    "molecules": RecipeRecord(
      "1058 molecules", parameters: 41_857, number("rmse", "RMSE", 0.509, fiveSeeds), seconds: 25, chosenOn: unknown),
    "molecules-scaffold": RecipeRecord(
      "1058 molecules, tested on other scaffolds", parameters: 41_857, nil, seconds: 25, chosenOn: unknown),
  ]
}

extension Recipe {
  /// What is known of it before it is trained; all in ``RecipeRecord``.
  package var record: RecipeRecord? { RecipeRecord.of(name) }
}
