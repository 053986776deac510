import Foundation
import Myelin

/// Six spoken words of many speakers, none of whom is both in training and in the test.
package struct SpokenWords: Recipe {
  package let name = "spoken-words"
  package let summary = "up, down, left, right, stop and go, spoken by 218 people"
  package let network: String? = SoundTask.networkText
  package let settings = TrainingSettings.sounds
  package let hasOwnTest = true
  package let optionsWithoutEffect: Set<String> = ["--threshold"]

  static let spectrogram = MelSpectrogram(rate: 8000, window: 256, hop: 80, bands: 40, lowest: 40, floor: 1e-7)

  package init() {}

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let recordings = try IDX.read(ShippedData.file("speech-commands-idx2-ubyte.gz"))
    let table = try Table(csv: ShippedData.file("speech-commands.csv.gz"))
    func texts(_ name: String) throws -> [String] {
      guard case .categories(let levels, let codes) = try table.column(named: name).values else { return [] }
      return codes.map { levels[Int($0)] }
    }
    let (words, parts) = (try texts("word"), try texts("split"))
    let tensor = try recordings.tensor(source: "speech-commands-idx2-ubyte.gz")
    let length = tensor.shape[1]
    // μ-law of 8 bits: sign(v) (256^|v| − 1) / 255 of v = (b − 128) / 127.
    let decoded = (0..<256).map { byte -> Float in
      let v = (Double(byte) - 128) / 127
      return Float((v < 0 ? -1 : 1) * (pow(256, abs(v)) - 1) / 255)
    }
    let scalars = tensor.scalars
    let waves = (0..<tensor.shape[0]).map { row in
      scalars[row * length..<(row + 1) * length].map { decoded[Int($0)] }
    }
    let names = Set(words).sorted()
    let labels = words.map { Int32(names.firstIndex(of: $0)!) }
    let rest = parts.indices.filter { parts[$0] == "train" }
    let speakers = try texts("speaker")
    var rows = Split(
      groups: rest.map { speakers[$0] }, validation: options.validationShare, test: 0, seed: options.seed)
    rows.training = rows.training.map { rest[$0] }
    rows.validation = rows.validation.map { rest[$0] }
    rows.test = parts.indices.filter { parts[$0] == "test" }
    return SoundTask(
      waves: waves, labels: labels, classNames: names, spectrogram: SpokenWords.spectrogram, length: length, rows: rows,
      facts: [("data", "\(name): \(summary)"), ("source", "P. Warden, Speech Commands 0.02, 2018")])
  }
}
