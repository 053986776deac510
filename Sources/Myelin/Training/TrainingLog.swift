import Foundation

/// Writes one line of CSV for each epoch, at once, so that others can follow a run: epoch, step, learning rate, scores
/// of training and validation, seconds since `fit` began, samples a second.
///
/// A resumed run goes on in the same file, after the last epoch that its checkpoint knows.
public final class TrainingLog: TrainingObserver {
  /// The file.
  public let url: URL
  private var lines: [String] = []

  /// A log in that file; a new run replaces what is there.
  public init(_ url: URL) { self.url = url }

  public func trainingWillStart(_ trainer: AnyTrainer, _ progress: TrainingProgress) throws {
    lines = []
    if trainer.state.epoch > 0, FileManager.default.fileExists(atPath: url.path) {
      let text = String(decoding: try DataFile.read(url), as: UTF8.self)
      lines = text.split(separator: "\n").map(String.init).enumerated().filter { index, line in
        let epoch = line.split(separator: ",").first.flatMap { Int($0) }
        return index == 0 || (epoch != nil && epoch! <= trainer.state.epoch)
      }.map(\.element)
    }
    // An older log of this name is gone from here on: the file is that of this run.
    try DataFile.write(Array((lines.map { $0 + "\n" }.joined()).utf8), to: url)
  }

  public func epochDidEnd(_ trainer: AnyTrainer, _ record: EpochRecord, _ progress: TrainingProgress) throws {
    var names = ["epoch", "step", "learning_rate"]
    var values = ["\(record.epoch)", "\(record.step)", "\(record.learningRate)"]
    func add(_ prefix: String, _ scores: Scores) {
      names += scores.all.map { prefix + $0.metric.name }
      values += scores.all.map { "\($0.value)" }
    }
    add("", record.training)
    if let validation = record.validation { add("validation_", validation) }
    let rate = Double(progress.epochSamples) / max(progress.epochSeconds, 1e-9)
    names += ["seconds", "samples_per_second"]
    values += [PlotNumber.fixed(progress.seconds, decimals: 3), PlotNumber.fixed(rate, decimals: 0)]

    var added = lines.isEmpty ? [names.joined(separator: ",")] : []
    added.append(values.joined(separator: ","))
    lines += added
    try DataFile.append(Array(added.map { $0 + "\n" }.joined().utf8), to: url)
  }
}
