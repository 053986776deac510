import Foundation
import Myelin

/// A search for settings: random ones, of which by successive halving the better third goes on with three times the epochs
/// (K. Jamieson and A. Talwalkar, 2016), judged by the loss on rows that their networks hold out. The test rows are seen by
/// nobody until the winner is trained.
///
/// All of it is in a folder: `tune.json` with each trial, `report.html`, and `best`, a run like any other. It goes on from
/// the folder where it was stopped.
package final class Tuning {
  /// One training with some settings.
  package struct Trial: Codable, Sendable {
    package let candidate: Int
    package let round: Int
    package let settings: TrainingSettings
    /// On held-out rows; nil where the training failed.
    package let loss: Double?
    /// Accuracy or R² there.
    package let score: Scores.Measurement?
    package let seconds: Double
  }

  /// What stands in `tune.json`.
  private struct State: Codable {
    var options: RunOptions
    var seconds: Double
    /// Candidates of the first round; settled after the first trial.
    var candidates: Int?
    var trials: [Trial] = []
  }

  package let folder: RunFolder
  package let options: RunOptions
  private var state: State
  private let task: any RunTask
  private let space: SearchSpace

  package static let rounds = 3
  /// Of each round so many go on, and have so many times the epochs.
  private static let factor = 3

  /// A new search.
  ///
  /// - Parameters:
  ///   - options: the data, the seed, and settings to start from.
  ///   - folder: empty, and held.
  ///   - seconds: what the search and the winner's training may take together.
  ///   - candidates: how many are drawn; nil for as many as the time allows.
  package convenience init(_ options: RunOptions, in folder: RunFolder, seconds: Double, candidates: Int?) throws {
    try self.init(
      folder: folder, state: State(options: options, seconds: seconds, candidates: candidates), near: nil)
  }

  /// Goes on with the search in a folder.
  ///
  /// - Parameter seconds: more time than it had; nil for what it had.
  /// - Throws: `DataError` where there is none, or its data has gone.
  package convenience init(resuming folder: RunFolder, seconds: Double?) throws {
    let url = Tuning.file(folder)
    guard let data = try? Data(contentsOf: url),
      var state = try? JSONCoding.decode(State.self, String(decoding: data, as: UTF8.self)),
      state.options.isConsistent, state.trials.allSatisfy({ $0.settings.isConsistent })
    else {
      throw DataError(url.relativePath, "no search to go on with", expected: "what `myelin tune` wrote")
    }
    if let seconds { state.seconds = seconds }
    try self.init(folder: folder, state: state, near: folder)
  }

  private init(folder: RunFolder, state: State, near: RunFolder?) throws {
    var state = state
    // What a trial is judged by.
    let recipe = try Recipes.of(state.options.source)
    if recipe.preset == nil, state.options.preset == nil, state.options.validationShare == 0 {
      state.options.validationShare = 0.2
    }
    task = try recipe.task(state.options, near: near)
    var settled = state.options
    settled.settle(trainingRows: task.trainingCount)
    space = SearchSpace(usual: settled.settings, hasLayers: recipe.network == nil)
    self.folder = folder
    self.state = state
    options = settled
  }

  private static func file(_ folder: RunFolder) -> URL { folder.url.appendingPathComponent("tune.json") }
  package var facts: [TrainingReport.Fact] { task.facts }
  package var trials: [Trial] { state.trials }
  package var bestFolder: String { folder.url.appendingPathComponent("best").relativePath }
  package var reportFile: URL { folder.report }
  private var timeSpent: Double { state.trials.reduce(0) { $0 + $1.seconds } }

  package enum Ending { case done, interrupted }

  /// Searches.
  ///
  /// - Parameter told: hears of each trial when it is over.
  package func search(_ told: (Trial) -> Void) throws -> Ending {
    try save()
    for round in 0..<Tuning.rounds {
      var place = 0
      while true {
        let chosen = chosen(for: round)
        guard place < chosen.count else { break }
        let candidate = chosen[place]
        place += 1
        if state.trials.contains(where: { $0.round == round && $0.candidate == candidate }) { continue }
        // The usual settings are always tried to the end, so that the winner is never worse than they seem.
        if candidate != 0, timeSpent > state.seconds * 0.8 { continue }
        guard let trial = try attempt(candidate, round) else { return .interrupted }
        state.trials.append(trial)
        if state.candidates == nil { state.candidates = affordable(by: trial.seconds) }
        try save()
        told(trial)
      }
    }
    return .done
  }

  /// The candidates of a round, the best of the one before first.
  private func chosen(for round: Int) -> [Int] {
    // Until the first trial has told its cost there is only that one.
    if round == 0 { return Array(0..<(state.candidates ?? 1)) }
    let previous = ranked(round - 1)
    var kept = Array(previous.prefix(max(1, previous.count / Tuning.factor)).map(\.candidate))
    if !kept.contains(0) { kept.append(0) }
    return kept
  }

  /// The trials of a round that came to something, the best first.
  private func ranked(_ round: Int) -> [Trial] {
    state.trials.filter { $0.round == round && $0.loss?.isFinite == true }
      .sorted { ($0.loss!, $0.candidate) < ($1.loss!, $1.candidate) }
  }

  /// Candidates of a first round for which the time will do, by what one of them takes: each round costs about as much as
  /// the first, and the last training what all members cost at all epochs.
  private func affordable(by seconds: Double) -> Int {
    let members =
      Double(space.usual.ensemble?.members ?? 1) / Double(settings(space.usual, round: 0).ensemble?.members ?? 1)
    let last = seconds * pow(Double(Tuning.factor), Double(Tuning.rounds - 1)) * members
    let count = (state.seconds * 0.9 - last) / (seconds * Double(Tuning.rounds))
    return count.isFinite ? Int(min(max(count, 3), 243)) : 3
  }

  /// Settings at the epochs of a round; of an ensemble half of the members tell enough.
  private func settings(_ settings: TrainingSettings, round: Int) -> TrainingSettings {
    var settings = settings
    let share = pow(Double(Tuning.factor), Double(round + 1 - Tuning.rounds))
    settings.epochs = max(1, Int((Double(settings.epochs) * share).rounded()))
    settings.warmupEpochs = min(settings.warmupEpochs, Double(settings.epochs) / 4)
    if let members = settings.ensemble?.members { settings.ensemble!.members = max(2, members / 2) }
    return settings
  }

  /// A training, judged; nil where it was interrupted.
  private func attempt(_ candidate: Int, _ round: Int) throws -> Trial? {
    let drawn = space.settings(candidate, seed: options.seed)
    var own = options
    own.settings = settings(drawn, round: round)
    own.seconds = max(state.seconds - timeSpent, 1)
    let start = ContinuousClock.now
    func trial(_ loss: Double?, _ score: Scores.Measurement?) -> Trial {
      let took = start.duration(to: .now) / .seconds(1)
      return Trial(candidate: candidate, round: round, settings: drawn, loss: loss, score: score, seconds: took)
    }
    do {
      let run = try TrainingRun(own, task: task)
      guard let scores = try run.judge() else { return nil }
      let score = scores[measurement: Metric.accuracy.name] ?? scores[measurement: Metric.rSquared.name]
      return trial(scores.loss, score)
    } catch is DivergenceError {
      return trial(nil, nil)
    }
  }

  /// The best trial of the last round that has one.
  package var best: Trial? { (0..<Tuning.rounds).reversed().lazy.compactMap { self.ranked($0).first }.first }

  /// The winner's run, to be trained into ``bestFolder``.
  package func winner() throws -> TrainingRun {
    guard let best else { throw DataError(folder.path, "no settings came to anything: all diverged") }
    var own = options
    own.settings = best.settings
    return try TrainingRun(own, task: task)
  }

  private func save() throws {
    try DataFile.write(Array((JSONCoding.encode(state) + "\n").utf8), to: Tuning.file(folder))
    try DataFile.write(Array(html().utf8), to: reportFile)
  }
}
