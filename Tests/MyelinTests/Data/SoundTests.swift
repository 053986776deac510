import Foundation
import XCTest

@testable import Myelin

/// WAV files, other rates and spectrograms; golden values by Tests/golden/sound.py.
final class SoundTests: XCTestCase {
  private func tone(_ count: Int, rate: Double = 8000) -> [Float] {
    (0..<count).map { index in
      let time = Double(index) / rate
      return Float(0.5 * sin(2 * Double.pi * 440 * time) + 0.25 * cos(2 * Double.pi * 1500 * time))
    }
  }

  func testTransform() {
    for count in [1, 2, 3, 7, 8, 12, 30, 49, 60, 256] {
      let x = (0..<count).map { (index: Int) -> Double in Double((index * 7919 + 13) % 101) / 50 - 1 }
      let found = FourierTransform(count)(x)
      XCTAssertEqual(found.count, count / 2 + 1)
      for k in found.indices {
        var sums = (0.0, 0.0)
        for n in 0..<count {
          let angle = -2 * Double.pi * Double(n * k) / Double(count)
          sums.0 += x[n] * cos(angle)
          sums.1 += x[n] * sin(angle)
        }
        XCTAssertEqual(found[k].x, sums.0, accuracy: 1e-10 * Double(count), "\(count), \(k)")
        XCTAssertEqual(found[k].y, sums.1, accuracy: 1e-10 * Double(count), "\(count), \(k)")
      }
    }
  }

  func testLogMel() {
    let spectrogram = MelSpectrogram(rate: 8000, window: 60, hop: 25, bands: 6)
    let logs = spectrogram([tone(400)])
    XCTAssertEqual(logs.shape, [1, 17, 6])
    let slopes = MelSpectrogram.deltas(logs, width: 5)
    let golden: [(Tensor, Int, [Float])] = [
      (logs, 0, [-2.61038, -3.40605, -5.9824, -4.27381, -5.83997, -8.95084]),
      (logs, 8, [-1.78891, -2.50227, -7.09282, -3.34284, -5.42167, -17.3964]),
      (logs, 16, [-2.55635, -3.32456, -5.9611, -4.21824, -5.82237, -8.95035]),
      (slopes, 0, [0.246285, 0.271163, -0.330571, 0.279235, 0.125504, -2.25345]),
      (slopes, 16, [-0.230203, -0.246489, 0.334419, -0.262391, -0.120649, 2.20644]),
    ]
    for (tensor, frame, expected) in golden {
      for band in 0..<6 { XCTAssertEqual(tensor[0, frame, band], expected[band], accuracy: 2e-4, "\(frame), \(band)") }
    }
  }

  /// A tone at another rate is the same tone; what the new rate cannot hold is gone.
  func testResampling() {
    let sound = Sound(samples: tone(2000), rate: 8000)
    for rate in [16000.0, 11025, 6000] {
      let other = sound.resampled(to: rate)
      XCTAssertEqual(Double(other.samples.count), 2000 * rate / 8000, accuracy: 1)
      let expected = tone(other.samples.count, rate: rate)
      for index in other.samples.count / 10..<other.samples.count * 9 / 10 {
        XCTAssertEqual(other.samples[index], expected[index], accuracy: 2e-3, "\(rate), \(index)")
      }
    }
    let high = Sound(samples: (0..<2000).map { Float(sin(2 * Double.pi * 3500 * Double($0) / 8000)) }, rate: 8000)
    XCTAssertLessThan(high.resampled(to: 4000).samples[100..<900].map(abs).max()!, 2e-3)
  }

  private func wav(_ code: Int, bits: Int, channels: Int = 1, rate: Int = 8000, _ data: [UInt8], extended: Bool = false)
    -> [UInt8]
  {
    func number(_ value: Int, _ size: Int) -> [UInt8] { (0..<size).map { UInt8(value >> (8 * $0) & 255) } }
    var format = number(extended ? 0xfffe : code, 2) + number(channels, 2) + number(rate, 4)
    format += number(rate * channels * bits / 8, 4) + number(channels * bits / 8, 2) + number(bits, 2)
    if extended {
      format += number(22, 2) + number(bits, 2) + number(0, 4) + number(code, 2) + [UInt8](repeating: 0, count: 14)
    }
    var chunks: [UInt8] = Array("WAVE".utf8) + Array("LIST".utf8) + number(3, 4) + [1, 2, 3, 0]
    chunks += Array("fmt ".utf8) + number(format.count, 4) + format
    chunks += Array("data".utf8) + number(data.count, 4) + data
    return Array("RIFF".utf8) + number(chunks.count, 4) + chunks
  }

  func testForms() throws {
    func samples(_ bytes: [UInt8]) throws -> [Float] { try Sound(wav: bytes, source: "a.wav").samples }
    XCTAssertEqual(try samples(wav(1, bits: 8, [128, 0, 192])), [0, -1, 0.5])
    XCTAssertEqual(try samples(wav(1, bits: 16, [0, 0x40, 0, 0x80])), [0.5, -1])
    XCTAssertEqual(try samples(wav(1, bits: 24, [0, 0, 0x40, 0, 0, 0x80])), [0.5, -1])
    XCTAssertEqual(try samples(wav(1, bits: 32, [0, 0, 0, 0x40])), [0.5])
    XCTAssertEqual(try samples(wav(1, bits: 16, [0, 0x40, 0, 0x80], extended: true)), [0.5, -1])
    let bits = Float(0.3).bitPattern
    XCTAssertEqual(try samples(wav(3, bits: 32, (0..<4).map { UInt8(bits >> (8 * $0) & 255) })), [0.3])
    // The mean of two channels.
    XCTAssertEqual(try samples(wav(1, bits: 16, channels: 2, [0, 0x40, 0, 0])), [0.25])
    // G.711: silence and the loudest.
    XCTAssertEqual(try samples(wav(7, bits: 8, [0xff, 0x80, 0x00])), [0, 32124.0 / 32768, -32124.0 / 32768])
    XCTAssertEqual(try samples(wav(6, bits: 8, [0xd5, 0xaa, 0x2a])), [8.0 / 32768, 32256.0 / 32768, -32256.0 / 32768])
  }

  /// A program that writes as it records does not know the length, and says the largest.
  func testUnknownLength() throws {
    var bytes = wav(1, bits: 16, [0, 0x40, 0, 0x80])
    bytes.replaceSubrange(bytes.count - 8..<bytes.count - 4, with: [0xff, 0xff, 0xff, 0xff])
    XCTAssertEqual(try Sound(wav: bytes, source: "a.wav").samples, [0.5, -1])
  }

  func testBadFiles() {
    func expect(_ bytes: [UInt8], _ text: String, line: UInt = #line) {
      XCTAssertThrowsError(try Sound(wav: bytes, source: "a.wav"), line: line) {
        XCTAssert("\($0)".contains(text), "\($0)", line: line)
      }
    }
    expect([], "is no WAV file")
    expect(Array("RIFF1234MP3 ".utf8), "is no WAV file")
    expect(Array(wav(1, bits: 16, [0, 0, 0, 0]).dropLast(2)), "cut off")
    expect(wav(85, bits: 16, [0, 0]), "code 85")
    expect(wav(1, bits: 16, channels: 0, [0, 0]), "0 channels")
    expect(wav(1, bits: 16, rate: 4_000_000_000, [0, 0]), "4000000000 Hz")
    expect(wav(1, bits: 16, channels: 2, [0, 0, 0, 0, 0, 0]), "a multiple of 4 bytes")
    expect(wav(3, bits: 32, [0, 0, 0xc0, 0x7f]), "finite numbers")
    // Of 36 bytes of header, with a chunk before the format: the size of a sample of all channels.
    var lying = wav(1, bits: 16, [0, 0])
    lying[12 + 12 + 8 + 12] = 7
    expect(lying, "expected 2 bytes a sample, found 7")
    expect(Array(wav(1, bits: 16, []).prefix(24)), "has no samples")
  }
}
