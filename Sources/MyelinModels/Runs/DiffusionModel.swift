import Foundation
import Myelin

/// A network that makes pictures of classes out of noise, with what is needed to use it.
///
/// Its file has, as that of ``SavedModel``, the weights and in the metadata how to build the network, how pictures are
/// encoded, and the options it was trained with; beside these the noise schedule.
package struct DiffusionModel {
  let unet: DiffusionUNet
  /// Pictures as the network has them: values of −1…1.
  let pictures: ImageEncoding
  let schedule: NoiseSchedule
  package let options: RunOptions
  let dataHash: String

  private static let scheduleKey = "myelin.noise"

  /// What guidance and steps are where nothing is said of them; chosen on validation pictures.
  package static let usualGuidance: Float = 2
  package static let usualSteps = 20

  static func objective() -> Objective<Tensor, DiffusionBatch> {
    Objective("squared error of the velocity") { outputs, batch in
      BatchLoss(loss: meanSquaredError(outputs, batch.velocity))
    }
  }

  /// Pictures of classes, a picture a class in `classes` [N, H, W, C]. Picture i follows from the seed, i and its class,
  /// whatever others are made beside it.
  func samples(classes: [Int32], guidance: Float, steps: Int, seed: UInt64, batchSize: Int = 64) -> Tensor {
    let sampler = DiffusionSampler(schedule, steps: steps, range: -1...1)
    let size = unet.configuration.unet.picture
    let any = Int32(unet.configuration.classCount)
    let batches = stride(from: 0, to: classes.count, by: batchSize).map { start -> Tensor in
      let part = Array(classes[start..<min(start + batchSize, classes.count)])
      let noise = Tensor.stacked(
        part.indices.map {
          BatchPlace(seed: seed, epoch: 0, batch: start + $0).random.normal([size.height, size.width, size.channels])
        })
      return sampler(from: noise) { noised, level in
        // At 1 nobody asks for pictures of any class.
        if guidance == 1 { return velocity(noised, level, part) }
        let both = velocity(
          .concatenated([noised, noised]), level, part + [Int32](repeating: any, count: part.count))
        return DiffusionSampler.guided(both[0..<part.count], both[part.count..<2 * part.count], scale: guidance)
      }
    }
    return .concatenated(batches)
  }

  private func velocity(_ noised: Tensor, _ level: Float, _ classes: [Int32]) -> Tensor {
    unet(
      DiffusionInput(
        noised: noised, logSNR: Tensor(repeating: level, shape: [classes.count]), classes: Indices(classes)))
  }

  /// Pictures of values −1…1 [N, H, W, C] as bytes.
  func shown(_ samples: Tensor) -> [Picture] {
    let size = pictures.shape.reduce(1, *)
    return samples.withUnsafeBufferPointer { values in
      (0..<samples.shape[0]).map { pictures.picture(values[$0 * size..<($0 + 1) * size]) }
    }
  }

  /// A few of each class.
  private func sheet(_ title: String, classes: [Int], each: Int, guidance: Float, steps: Int, seed: UInt64)
    -> PictureGroup
  {
    let labels = classes.flatMap { Array(repeating: Int32($0), count: each) }
    let shown = shown(samples(classes: labels, guidance: guidance, steps: steps, seed: seed))
    return PictureGroup(
      title,
      caption: "Made of noise in \(steps) steps with guidance \(PlotNumber.short(Double(guidance))), seed \(seed).",
      items: zip(shown, labels).map { .init($0, label: pictures.classNames[Int($1)]) })
  }
}

extension DiffusionModel: GeneratingModel {
  package static let generationOptions: Set<GenerationOptions.Name> = [.className, .count, .guidance, .steps]

  package func generate(_ options: GenerationOptions) throws -> Generation {
    let names = pictures.classNames
    let asked = try options.className.map {
      [try ClassNames.index(of: $0, among: names, source: self.options.source.name)]
    }
    let count = options.count ?? (asked == nil ? 8 : 16)
    let group = sheet(
      asked.map { names[$0[0]] } ?? "Pictures of each class", classes: asked ?? Array(names.indices), each: count,
      guidance: options.guidance ?? DiffusionModel.usualGuidance, steps: options.steps ?? DiffusionModel.usualSteps,
      seed: options.seed)
    return .pictures(group, columns: asked == nil ? count : Int(Double(count).squareRoot().rounded(.up)))
  }
}

extension DiffusionModel: RunModel {
  package static let kind = "diffusion"

  package init(_ file: ModelFile) throws {
    let pictures = try file.decode(ImageEncoding.self, SavedModel.preprocessingKey) { $0.isConsistent }
    let options = try file.options
    let schedule = try file.decode(NoiseSchedule.self, DiffusionModel.scheduleKey) { $0.isConsistent }
    let picture = PictureSize(pictures.height, pictures.width, pictures.channels)
    let configuration = try file.decode(DiffusionUNet.Configuration.self, SavedModel.networkKey) {
      $0.isConsistent && $0.unet.picture == picture && $0.classCount == pictures.classNames.count
    }
    let unet = try file.network(of: configuration.size) { DiffusionUNet(configuration) }
    self.init(unet: unet, pictures: pictures, schedule: schedule, options: options, dataHash: file.dataHash)
  }

  package var network: any Module { unet }

  package var summary: ModelSummary {
    unet.summary(
      input: DiffusionInput(
        noised: Tensor(zeros: Shape([1] + pictures.shape)), logSNR: Tensor(zeros: [1]), classes: Indices([0])))
  }

  package var description: ModelDescription {
    ModelDescription(
      task: "generation", target: "pictures by class", classNames: pictures.classNames,
      inputCount: pictures.shape.reduce(1, *))
  }

  package var metadata: [String: String] {
    get throws {
      var metadata = try ModelFile.metadata(
        network: unet.configuration, preprocessing: pictures, options: options, dataHash: dataHash)
      metadata[DiffusionModel.scheduleKey] = try JSONCoding.encode(schedule)
      return metadata
    }
  }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> NoisedPictures {
    throw DataError(path, "a model that makes pictures is tested on its own data", expected: "no --input")
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: NoisedPictures, hasChanged: Bool) {
    let data = try taskAgain(DiffusionTask.self, near: folder) { $0.pictures == pictures }
    return (data.test, data.hash != dataHash)
  }

  package func test(on data: NoisedPictures) -> TrainingReport.Test {
    let evaluation = evaluate(unet, DiffusionModel.objective(), on: data, batchSize: 256)
    let samples = sheet(
      "Pictures of each class", classes: Array(pictures.classNames.indices), each: 8,
      guidance: DiffusionModel.usualGuidance, steps: DiffusionModel.usualSteps, seed: 0)
    return .init(scores: evaluation.scores, kind: .measured(headline: .loss, tables: []), pictures: [samples])
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    throw DataError(
      self.options.source.name, "the model makes pictures and answers nothing", expected: "myelin generate")
  }
}
