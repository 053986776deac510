import CKernels
import Foundation

/// Seconds a call took.
struct Timing {
  var samples: [Double] = []

  var median: Double {
    let sorted = samples.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
  var best: Double { samples.min() ?? .nan }

  /// The middle half of the samples lies within so much of the median: its width as a share of the median.
  var spread: Double {
    let sorted = samples.sorted()
    guard !sorted.isEmpty else { return .nan }
    return (sorted[(3 * sorted.count) / 4] - sorted[sorted.count / 4]) / median
  }
}

/// Repeats a call until there are at least `samples` samples and `seconds` have passed.
struct Sampler {
  var samples: Int
  var seconds: Double

  /// A sample lasts at least this long: short calls are repeated within it, so that reading the clock costs nothing.
  static let shortestSample = 50e-6

  func time(_ body: () -> Void) -> Timing {
    var timing = Timing()
    let calls = callsPerSample(body)
    extend(&timing, calls: calls, body)
    return timing
  }

  /// The number of calls that make one sample; also warms up caches, pages and threads.
  func callsPerSample(_ body: () -> Void) -> Int {
    body()
    var calls = 1
    while calls < 1 << 24 {
      let spent = Self.seconds { for _ in 0..<calls { body() } }
      if spent >= Self.shortestSample { break }
      calls = spent < Self.shortestSample / 10 ? calls * 8 : calls * 2
    }
    return calls
  }

  func extend(_ timing: inout Timing, calls: Int, _ body: () -> Void) {
    let start = ContinuousClock.now
    var taken = 0
    while true {
      timing.samples.append(Self.seconds { for _ in 0..<calls { body() } } / Double(calls))
      taken += 1
      let passed = (ContinuousClock.now - start) / .seconds(1)
      // A single slow call must not turn a minute into an hour.
      if passed >= seconds && taken >= samples || passed > 10 * max(seconds, 0.1) && taken >= 3 { return }
    }
  }

  static func seconds(_ body: () -> Void) -> Double {
    let start = ContinuousClock.now
    body()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  /// `time`, in three rounds, with `probe` run before, between and after them: what a noisy machine does to one it does
  /// to the other.
  func time(besides probe: () throws -> Void, _ body: () -> Void) rethrows -> Timing {
    var timing = Timing()
    try probe()
    let calls = callsPerSample(body)
    let part = Sampler(samples: (samples + 2) / 3, seconds: seconds / 3)
    for _ in 0..<3 {
      part.extend(&timing, calls: calls, body)
      try probe()
    }
    return timing
  }
}
