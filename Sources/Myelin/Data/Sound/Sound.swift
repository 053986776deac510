import Foundation

/// A sound of one channel.
public struct Sound: Sendable, Equatable {
  /// The sound's values, in −1 ... 1 where it is not clipped.
  public var samples: [Float]
  /// Samples a second.
  public var rate: Double

  /// - Parameters:
  ///   - samples: the sound's values.
  ///   - rate: samples a second, above 0.
  public init(samples: [Float], rate: Double) {
    require(rate > 0, "Sound: a rate of \(rate)")
    self.samples = samples
    self.rate = rate
  }

  /// Seconds.
  public var duration: Double { Double(samples.count) / rate }

  /// At another rate: what lies above half of the lower rate is filtered out, by a sinc with a Kaiser window over 32 zero
  /// crossings (Smith, "Digital audio resampling", 2002).
  ///
  /// - Parameter target: samples a second, above 0.
  public func resampled(to target: Double) -> Sound {
    require(target > 0, "Sound.resampled(to: \(target)): a rate above 0")
    if target == rate || samples.isEmpty { return Sound(samples: samples, rate: target) }
    let count = Int((Double(samples.count) * target / rate).rounded(.up))
    // A little below half of the lower rate, so that the filter's slope ends there.
    let cutoff = 0.94 * min(1, target / rate)
    let reach = Double(Sound.crossings) / cutoff
    let result = samples.withUnsafeBufferPointer { samples in
      Sound.filter.withUnsafeBufferPointer { filter in
        (0..<count).map { index -> Float in
          let center = Double(index) * rate / target
          let first = max(0, Int((center - reach).rounded(.up))), last = min(samples.count - 1, Int(center + reach))
          var sum = 0.0
          var place = first
          while place <= last {
            // Between two numbers of the table, which is off by less than 1e-6.
            let at = abs(Double(place) - center) * cutoff * Double(Sound.steps)
            let left = min(Int(at), filter.count - 2)
            let weight = filter[left] + (at - Double(left)) * (filter[left + 1] - filter[left])
            sum += Double(samples[place]) * weight
            place += 1
          }
          return Float(sum * cutoff)
        }
      }
    }
    return Sound(samples: result, rate: target)
  }

  /// Of the filter, to either side.
  private static let crossings = 16
  /// Of the filter's table, from one zero crossing to the next.
  private static let steps = 1024

  /// Half of the filter: a sinc under a Kaiser window of β = 8.6.
  private static let filter: [Double] = (0...crossings * steps).map { index in
    let x = Double(index) / Double(steps)
    let sinc = index == 0 ? 1 : sin(Double.pi * x) / (Double.pi * x)
    let place = x / Double(crossings)
    return sinc * bessel(8.6 * max(0, 1 - place * place).squareRoot()) / bessel(8.6)
  }

  /// The modified Bessel function I₀.
  private static func bessel(_ x: Double) -> Double {
    var term = 1.0, sum = 1.0, n = 1.0
    while term > 1e-15 * sum {
      term *= x * x / (4 * n * n)
      sum += term
      n += 1
    }
    return sum
  }
}

// MARK: WAV

extension Sound {
  /// Reads a WAV file: integers of 8 to 32 bits, floats of 32 and 64, μ-law and A-law, of any rate; several channels become
  /// their mean.
  ///
  /// - Parameter url: of the file.
  /// - Throws: `DataError` for a file that is not there, cut off, of another form, or whose header contradicts itself.
  public init(wav url: URL) throws {
    try self.init(wav: DataFile.read(url), source: DataFile.name(of: url))
  }

  init(wav bytes: [UInt8], source: String) throws {
    func number(_ offset: Int, _ size: Int) -> Int {
      (0..<size).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
    func text(_ offset: Int) -> String { String(decoding: bytes[offset..<offset + 4], as: UTF8.self) }
    guard bytes.count >= 12, text(0) == "RIFF", text(8) == "WAVE" else {
      throw DataError(source, "is no WAV file", expected: "RIFF and WAVE in its first 12 bytes")
    }
    var form: Form?
    var offset = 12
    while offset + 8 <= bytes.count {
      let (name, size) = (text(offset), number(offset + 4, 4))
      let start = offset + 8, end = start + size
      if name == "fmt " {
        guard size >= 16, end <= bytes.count else { throw DataError(source, byte: offset, "the format is cut off") }
        var code = number(start, 2)
        // What an extended format really is stands in its first two bytes.
        if code == 0xfffe, size >= 26 { code = number(start + 24, 2) }
        form = Form(
          code: code, channels: number(start + 2, 2), rate: number(start + 4, 4), frame: number(start + 12, 2),
          bits: number(start + 14, 2))
      } else if name == "data" {
        guard let form else { throw DataError(source, byte: offset, "samples before their format") }
        // Written by a program that did not know the length: as far as the file goes.
        let last = size >= 0x7fff_0000 ? min(end, bytes.count) : end
        guard last <= bytes.count else {
          throw DataError(
            source, byte: offset, "the samples are cut off", expected: "\(size) bytes", found: "\(bytes.count - start)")
        }
        try self.init(Array(bytes[start..<last]), form, source)
        return
      }
      offset = end + size % 2
    }
    throw DataError(source, "has no samples")
  }

  /// What a WAV file says of its samples.
  private struct Form {
    /// 1 for integers, 3 for floats, 6 for A-law, 7 for μ-law.
    var code: Int
    var channels: Int
    var rate: Int
    /// Bytes of a sample of all channels.
    var frame: Int
    var bits: Int
  }

  private init(_ bytes: [UInt8], _ form: Form, _ source: String) throws {
    let (code, channels, bits) = (form.code, form.channels, form.bits)
    let size = (bits + 7) / 8
    let isKnown =
      code == 1 && (8...32).contains(bits) || code == 3 && (bits == 32 || bits == 64)
      || (code == 6 || code == 7) && bits == 8
    guard isKnown, channels >= 1, Sound.rates.contains(form.rate) else {
      throw DataError(
        source, "a form of samples",
        expected: "integers of 8 to 32 bits, floats of 32 or 64, μ-law or A-law, at 100 to 10000000 Hz",
        found: "code \(code), \(bits) bits, \(channels) channels, \(form.rate) Hz")
    }
    let frame = size * channels
    guard form.frame == frame else {
      throw DataError(
        source, "\(channels) channels of \(bits) bits", expected: "\(frame) bytes a sample", found: "\(form.frame)")
    }
    guard bytes.count % frame == 0 else {
      throw DataError(
        source, "the samples are cut off", expected: "a multiple of \(frame) bytes", found: "\(bytes.count)")
    }
    func integer(_ at: Int) -> UInt64 { (0..<size).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) } }
    func value(_ at: Int) -> Double {
      let raw = integer(at)
      switch (code, size) {
      case (3, 4): return Double(Float(bitPattern: UInt32(raw)))
      case (3, _): return Double(bitPattern: raw)
      case (6, _): return Sound.aLaw(UInt8(raw))
      case (7, _): return Sound.muLaw(UInt8(raw))
      case (_, 1): return (Double(raw) - 128) / 128
      default:
        let shift = UInt64(64 - 8 * size)
        return Double(Int64(bitPattern: raw << shift) >> Int64(shift)) / Double(1 << (8 * size - 1))
      }
    }
    let samples = (0..<bytes.count / frame).map { index -> Float in
      Float((0..<channels).reduce(0.0) { $0 + value(index * frame + $1 * size) } / Double(channels))
    }
    guard samples.allSatisfy(\.isFinite) else {
      throw DataError(source, "samples", expected: "finite numbers", found: "others")
    }
    self.init(samples: samples, rate: Double(form.rate))
  }

  /// Of a file, in hertz: others are lies.
  private static let rates = 100...10_000_000

  /// ITU-T G.711.
  static func muLaw(_ byte: UInt8) -> Double {
    let code = ~byte, magnitude = ((Int(code & 15) << 3) + 132) << Int(code >> 4 & 7)
    return Double(code & 128 != 0 ? 132 - magnitude : magnitude - 132) / 32768
  }

  static func aLaw(_ byte: UInt8) -> Double {
    let code = byte ^ 0x55, exponent = Int(code >> 4 & 7), mantissa = Int(code & 15) << 4
    let magnitude = exponent == 0 ? mantissa + 8 : (mantissa + 264) << (exponent - 1)
    return Double(code & 128 != 0 ? magnitude : -magnitude) / 32768
  }
}
