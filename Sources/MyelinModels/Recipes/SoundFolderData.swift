import Foundation
import Myelin

/// A folder of one's own WAV files, in which each folder is a class.
package struct SoundFolderData: OwnData {
  package let name = "sounds"
  package let summary = "a folder of WAV files"
  package let network: String? = SoundTask.networkText
  package let settings = TrainingSettings.sounds
  package let sourceOptions: Set<RunSource.Option> = [.badFiles]
  package let optionsWithoutEffect: Set<String> = ["--threshold"]

  package init() {}

  package func accepts(_ path: String, target: String?) -> Bool { SoundFolder.isKind(path) }

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    guard let path = options.source.path?.located(near: folder) else {
      throw DataError(options.source.name, "no folder of sounds")
    }
    let found = try SoundFolder(path)
    let read = SoundFolder.read(found.paths)
    try (options.source.badFiles ?? .refuse).check(read.bad) { _ in }
    let (sounds, labels) = (read.sounds, read.rows.map { found.labels[$0] })
    guard Set(labels).count == found.classNames.count, found.classNames.count > 1, sounds.count >= 10 else {
      throw DataError(
        path, "sounds", expected: "at least 10 WAV files in at least 2 folders",
        found: "\(sounds.count) in \(Set(labels).count)")
    }
    // The usual rate, at most 16000: what is above is of little use. At most two seconds.
    let rates = sounds.map(\.rate).sorted(), rate = min(rates[rates.count / 2], 16000)
    let durations = sounds.map(\.duration).sorted()
    let seconds = min(durations[min(durations.count - 1, durations.count * 9 / 10)], 2)
    let hop = Int((rate / 100).rounded()), window = 1 << Int(log2(rate * 0.032).rounded())
    let spectrogram = MelSpectrogram(rate: rate, window: window, hop: hop, bands: 40, lowest: 40, floor: 1e-7)
    let encoding = SoundEncoding(
      spectrogram: spectrogram, length: max(Int(seconds * rate), window), classNames: found.classNames, mean: 0,
      deviation: 1)
    let speakers = found.speakers.map { speakers in read.rows.map { speakers[$0] } }
    let (validation, test) = (options.validationShare, options.testShare)
    let rows =
      speakers.map { Split(groups: $0, validation: validation, test: test, seed: options.seed) }
      ?? Split(labels: labels, validation: validation, test: test, seed: options.seed)
    guard !rows.test.isEmpty, validation == 0 || !rows.validation.isEmpty else {
      let (share, part) = rows.test.isEmpty ? (test, "test") : (validation, "validation")
      throw DataError(path, "a share of \(share) leaves no sounds for \(part), of \(sounds.count)")
    }
    guard Set(rows.training.map { labels[$0] }).count == found.classNames.count else {
      throw DataError(path, "no training sound is left of one of the \(found.classNames.count) classes")
    }
    var facts: [TrainingReport.Fact] = [("data", path)]
    if speakers != nil { facts.append(("parts", "of different speakers, whom the files' names tell")) }
    if !read.bad.isEmpty {
      let more = read.bad.count > 5 ? " and \(read.bad.count - 5) more" : ""
      facts.append(("left out", read.bad.prefix(5).map(\.description).joined(separator: "; ") + more))
    }
    return SoundTask(
      waves: sounds.map(encoding.fitted), labels: labels, classNames: found.classNames, spectrogram: spectrogram,
      length: encoding.length, rows: rows, facts: facts)
  }
}
