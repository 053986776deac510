import Foundation

/// How loud a sound is at which pitch, frame by frame: log of the power in bands that are equally wide on the mel scale.
///
/// Frames of `window` samples under a periodic Hann window begin every `hop` samples; the first is centred on the first
/// sample, with zeros beyond the ends. Power |X(k)|² goes through triangular filters on Slaney's mel scale, each of area 1
/// (librosa's `melspectrogram(..., pad_mode="constant")`); the result is log(max(power, floor)).
public struct MelSpectrogram: Codable, Hashable, Sendable {
  /// Samples a second that it is made for.
  public let rate: Double
  /// Samples of a frame.
  public let window: Int
  /// Samples from a frame to the next.
  public let hop: Int
  /// How many bands.
  public let bands: Int
  /// Hertz of the lowest band's foot and the highest one's.
  public let lowest: Double
  /// Hertz of the highest band's end.
  public let highest: Double
  /// The least power that counts.
  public let floor: Double

  /// - Parameters:
  ///   - rate: samples a second of the sounds.
  ///   - window: samples of a frame, at least 2.
  ///   - hop: samples from a frame to the next, at least 1.
  ///   - bands: how many, at least 1.
  ///   - lowest: hertz at which the lowest band begins.
  ///   - highest: hertz at which the highest band ends; nil for half of the rate.
  ///   - floor: the least power that counts, above 0.
  public init(
    rate: Double, window: Int, hop: Int, bands: Int, lowest: Double = 0, highest: Double? = nil, floor: Double = 1e-10
  ) {
    require(
      rate > 0 && window >= 2 && hop >= 1 && bands >= 1 && floor > 0 && lowest >= 0 && (highest ?? rate / 2) > lowest,
      "MelSpectrogram: rate \(rate), window \(window), hop \(hop), \(bands) bands, \(lowest) to \(highest ?? rate / 2) Hz"
    )
    (self.rate, self.window, self.hop, self.bands) = (rate, window, hop, bands)
    (self.lowest, self.highest, self.floor) = (lowest, highest ?? rate / 2, floor)
  }

  /// Whether it can be computed; one read from a file may be anything.
  package var isConsistent: Bool {
    rate > 0 && rate < 1e7 && (2...1 << 20).contains(window) && (1...1 << 20).contains(hop)
      && (1...1 << 12).contains(bands) && floor > 0 && lowest >= 0 && highest > lowest
  }

  /// Frames of a sound of so many samples.
  ///
  /// - Parameter samples: how many it has.
  public func frames(_ samples: Int) -> Int { samples / hop + 1 }

  /// Hertz as mel: linear up to 1000 Hz, logarithmic above (Slaney 1998).
  static func mel(_ hertz: Double) -> Double {
    hertz < 1000 ? hertz * 3 / 200 : 15 + log(hertz / 1000) * 27 / log(6.4)
  }
  static func hertz(_ mel: Double) -> Double {
    mel < 15 ? mel * 200 / 3 : 1000 * exp((mel - 15) * log(6.4) / 27)
  }

  /// The filters as first frequency and weights.
  private var filters: [(first: Int, weights: [Double])] {
    let (low, high) = (MelSpectrogram.mel(lowest), MelSpectrogram.mel(highest))
    let edges = (0..<bands + 2).map { MelSpectrogram.hertz(low + (high - low) * Double($0) / Double(bands + 1)) }
    return (0..<bands).map { band in
      let (left, center, right) = (edges[band], edges[band + 1], edges[band + 2])
      let weights = (0...window / 2).map { index -> Double in
        let frequency = Double(index) * rate / Double(window)
        let rise = (frequency - left) / (center - left), fall = (right - frequency) / (right - center)
        return max(0, min(rise, fall)) * 2 / (right - left)
      }
      let first = weights.firstIndex { $0 > 0 } ?? 0, last = weights.lastIndex { $0 > 0 } ?? 0
      return (first, Array(weights[first...last]))
    }
  }

  /// [sounds, frames, bands] of sounds of equal length.
  ///
  /// - Parameter sounds: the samples of each, at this rate.
  public func callAsFunction(_ sounds: [[Float]]) -> Tensor {
    let count = sounds.first?.count ?? 0
    require(sounds.allSatisfy { $0.count == count }, "MelSpectrogram: sounds of different lengths in a batch")
    let frames = frames(count)
    let (transform, filters) = (FourierTransform(window), filters)
    let hann = (0..<window).map { 0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(window)) }
    return Tensor(shape: [sounds.count, frames, bands]) { target in
      var place = 0
      var frame = [Double](repeating: 0, count: window)
      for sound in sounds {
        for index in 0..<frames {
          let start = index * hop - window / 2
          for offset in 0..<window {
            let at = start + offset
            frame[offset] = at >= 0 && at < count ? Double(sound[at]) * hann[offset] : 0
          }
          let powers = transform.power(frame)
          for (first, weights) in filters {
            var power = 0.0
            for (offset, weight) in weights.enumerated() { power += weight * powers[first + offset] }
            target[place] = Float(log(max(power, floor)))
            place += 1
          }
        }
      }
    }
  }

  /// The slope of each number from frame to frame, by a line through `width` of them;
  /// at the ends the first and the last frame go on. Σ n (x(t + n) − x(t − n)) / 2 Σ n².
  ///
  /// - Parameters:
  ///   - x: [N, frames, bands].
  ///   - width: frames of a line, odd and at least 3.
  public static func deltas(_ x: Tensor, width: Int = 9) -> Tensor {
    require(x.rank == 3 && width >= 3 && width % 2 == 1, "MelSpectrogram.deltas: input \(x.shape), width \(width)")
    let (frames, bands, half) = (x.shape[1], x.shape[2], width / 2)
    let values = x.scalars
    let norm = 2 * Float((1...half).reduce(0) { $0 + $1 * $1 })
    return Tensor(shape: x.shape) { target in
      for row in 0..<x.shape[0] {
        for frame in 0..<frames {
          for band in 0..<bands {
            func at(_ t: Int) -> Float { values[(row * frames + min(max(t, 0), frames - 1)) * bands + band] }
            let sum = (1...half).reduce(Float(0)) { $0 + Float($1) * (at(frame + $1) - at(frame - $1)) }
            target[(row * frames + frame) * bands + band] = sum / norm
          }
        }
      }
    }
  }
}
