import Foundation
import Myelin

/// Sounds as log-mel spectrograms with their classes.
package struct SoundBatch: ModelBatch {
  /// [N, frames, bands, 1].
  package let inputs: Tensor
  /// [N]; −1 for none.
  let labels: Indices
  /// In training, what each sound was mixed with, and the share of the first: mixup (Zhang et al. 2018).
  var others: Indices?
  var share: Float = 1
}

/// How a sound becomes numbers.
package struct SoundEncoding: Codable, Hashable, Sendable {
  package var spectrogram: MelSpectrogram
  /// Samples of a sound: longer ones keep the loudest part, shorter ones get silence around them.
  var length: Int
  var classNames: [String]
  /// Of the training spectrograms.
  var mean: Float
  var deviation: Float

  var frames: Int { spectrogram.frames(length) }

  var isConsistent: Bool {
    spectrogram.isConsistent && (1...1 << 24).contains(length) && classNames.count >= 2
      && Set(classNames).count == classNames.count && mean.isFinite && deviation > 0 && deviation.isFinite
  }

  /// At the rate and of the length.
  func fitted(_ sound: Sound) -> [Float] {
    let samples = sound.resampled(to: spectrogram.rate).samples
    if samples.count <= length {
      let before = (length - samples.count) / 2
      return [Float](repeating: 0, count: before) + samples
        + [Float](repeating: 0, count: length - samples.count - before)
    }
    var power = samples[..<length].reduce(0.0) { $0 + Double($1 * $1) }, best = power, start = 0
    for place in length..<samples.count {
      power += Double(samples[place] * samples[place]) - Double(samples[place - length] * samples[place - length])
      if power > best { (best, start) = (power, place - length + 1) }
    }
    return Array(samples[start..<start + length])
  }
}

/// Sounds of one length.
package struct SoundSamples: Dataset, HashedContent {
  let encoding: SoundEncoding
  let waves: [[Float]]
  package let labels: [Int32]
  /// Whether they are changed in training.
  let isAugmented: Bool

  package var count: Int { waves.count }

  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> SoundBatch {
    let chosen = rows.map { Int($0) }
    return SoundBatch(inputs: spectrograms(chosen.map { waves[$0] }), labels: Indices(chosen.map { labels[$0] }))
  }

  package func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> SoundBatch {
    isAugmented ? changed(rows.map { Int($0) }, place) : batch(rows)
  }
  package func batch(_ rows: Range<Int>, at place: BatchPlace) -> SoundBatch {
    isAugmented ? changed(Array(rows), place) : batch(rows)
  }

  private func spectrograms(_ waves: [[Float]]) -> Tensor {
    let logs = encoding.spectrogram(waves)
    return ((logs - encoding.mean) * (1 / encoding.deviation)).expanded(at: 3)
  }

  func addContent(to hash: inout ContentHash) {
    for wave in waves { hash.add(Tensor(wave)) }
    hash.add(Indices(labels))
  }

  // MARK: Changes in training

  /// Of bands and of frames, how many are masked at most.
  private static let masked = 0.35

  /// Other times, speeds, loudness and noise; bands and frames that are masked (Park et al. 2019); pairs mixed.
  private func changed(_ rows: [Int], _ place: BatchPlace) -> SoundBatch {
    let random = place.random
    let drawn = random.uniform([rows.count, 12]).scalars
    let heard = rows.indices.map { index in
      changed(waves[rows[index]], Array(drawn[12 * index..<12 * index + 5]), random)
    }
    var values = spectrograms(heard)
    let (frames, bands) = (encoding.frames, encoding.spectrogram.bands)
    values.withUnsafeMutableBufferPointer { target in
      for index in rows.indices {
        let u = drawn[12 * index + 5..<12 * index + 12].map { Double($0) }
        let wide = Int(u[0] * SoundSamples.masked * Double(bands)), low = Int(u[1] * Double(bands - wide + 1))
        let long = Int(u[2] * SoundSamples.masked * Double(frames)), first = Int(u[3] * Double(frames - long + 1))
        for frame in 0..<frames {
          for band in 0..<bands where (low..<low + wide).contains(band) || (first..<first + long).contains(frame) {
            target[(index * frames + frame) * bands + band] = 0
          }
        }
      }
    }
    let labels = Indices(rows.map { self.labels[$0] })
    // Each with the one after it; the same share for all, at least a half.
    let share = 1 - 0.5 * drawn[11] * drawn[10]
    let order = Indices(rows.indices.map { ($0 + 1) % rows.count })
    let mixed = values * share + values.gathered(order) * (1 - share)
    return SoundBatch(
      inputs: mixed, labels: labels, others: Indices(rows.indices.map { self.labels[rows[($0 + 1) % rows.count]] }),
      share: share)
  }

  private func changed(_ wave: [Float], _ u: [Float], _ random: RandomGenerator) -> [Float] {
    let length = wave.count
    // Read at another speed, 0.85 to 1.18, from another place on.
    let speed: Double = exp(0.33 * (Double(u[0]) - 0.5))
    let shift = (Double(u[1]) - 0.5) * 0.3 * Double(length) + Double(length) * (1 - speed) / 2
    let loudness: Double = exp(1.4 * (Double(u[2]) - 0.5))
    let gain = Float(loudness)
    let power = wave.reduce(Float(0)) { $0 + $1 * $1 } / Float(max(length, 1))
    // From 6 to 40 decibels below the sound.
    let decades: Double = 0.3 + 1.7 * Double(u[3])
    let tenth: Double = exp(decades * -2.302585092994046)
    let noise = power.squareRoot() * Float(tenth)
    let drawn = random.normal([length], standardDeviation: max(noise, 1e-9)).scalars
    return (0..<length).map { index in
      let at = Double(index) * speed + shift, left = Int(at.rounded(.down)), part = Float(at - at.rounded(.down))
      let a = left >= 0 && left < length ? wave[left] : 0, b = left + 1 >= 0 && left + 1 < length ? wave[left + 1] : 0
      return gain * (a + part * (b - a) + drawn[index])
    }
  }
}
