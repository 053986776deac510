import Foundation
import Myelin

/// What a run came to, for other programs and for comparing runs: `result.json` of its folder. Beside the model, which
/// depends on data and options alone, it has times.
package struct RunResult: Codable, Sendable {
  /// Of the test part.
  package var test: [Scores.Measurement]
  package var testRows: Int
  /// Of an ensemble's members on the rows that each held out.
  package var heldOut: [Scores.Measurement]?
  /// The scores of simpler models on the same test rows, by what these are.
  package var beside: [String: [Scores.Measurement]]
  package var seconds: Double
  package var epochs: Int
  package var stopped: String
  package var parameters: Int
  /// The line that trains the same model again.
  package var command: String?

  init(_ outcome: TrainingRun.Outcome, _ run: TrainingRun) {
    test = outcome.test.scores.all
    testRows = run.task.testCount
    heldOut = outcome.heldOut?.all
    beside = Dictionary(
      uniqueKeysWithValues: (outcome.assessment?.judged ?? []).dropFirst().map { ($0.name, $0.scores) })
    seconds = outcome.result.seconds
    epochs = run.trainer.state.epoch
    stopped = outcome.result.reason.rawValue
    parameters = run.model.network.parameterCount
    command = outcome.assessment?.command
  }

  func write(to url: URL) throws { try DataFile.write(Array((JSONCoding.encode(self) + "\n").utf8), to: url) }

  /// nil where there is none, as in a run that was stopped or is of an older version.
  package init?(contentsOf url: URL) {
    guard let data = try? Data(contentsOf: url),
      let result = try? JSONCoding.decode(RunResult.self, String(decoding: data, as: UTF8.self))
    else { return nil }
    self = result
  }
}
