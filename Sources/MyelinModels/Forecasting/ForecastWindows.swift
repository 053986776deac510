import Myelin

/// What a network of forecasts is given.
package struct ForecastInput: Sendable {
  /// The steps before: what has changed since the season before, and how far each is from the last, both in units of the
  /// series' usual change [B, window, 2].
  let recent: Tensor
  /// Where the first step ahead stands in day, week, year or season: sines and cosines [B, K].
  let calendar: Tensor
}

/// Windows with what followed them.
package struct ForecastBatch: ModelBatch {
  package let inputs: ForecastInput
  /// What is added to the season before, in units of the series' usual change [B, horizon].
  let targets: Tensor
  /// 1 for a step that the file has [B, horizon].
  let known: Tensor
}

/// How windows are cut and scaled.
package struct ForecastGeometry: Codable, Hashable, Sendable {
  /// Steps that a network sees.
  var window: Int
  /// Steps ahead.
  var horizon: Int
  /// Steps of a season, 1 for none: the forecast begins with the value one season before.
  var season: Int
  /// Numbers of the calendar.
  var calendarCount: Int
  /// The usual change of each series from a season to the next: the root of its mean square in the training part.
  var scales: [Float]

  var isConsistent: Bool {
    (1...100_000).contains(window) && (1...100_000).contains(horizon) && (1...1_000_000).contains(season)
      && (0...64).contains(calendarCount) && scales.allSatisfy { $0 > 0 && $0.isFinite }
  }

  /// Steps before the first forecast that a window is made of.
  var reach: Int { window + season }

  /// The place of the last known season for a step ahead.
  func anchor(_ origin: Int, _ step: Int) -> Int { origin + step - season * (step / season + 1) }

  /// Waves of three lengths for each period.
  static let harmonics = 3

  static func calendar(_ axis: TimeAxis, season: Int, at place: Int) -> [Float] {
    axis.phases(place, season: season).flatMap { phase in
      (1...harmonics).flatMap { harmonic -> [Float] in
        let angle = 2 * Double.pi * phase * Double(harmonic)
        return [Float(sine(angle)), Float(sine(angle + Double.pi / 2))]
      }
    }
  }

  /// Sine without the host's library, so that every machine has the same bits.
  private static func sine(_ x: Double) -> Double {
    let turns = x / (2 * Double.pi)
    let y = (turns - (turns).rounded()) * 2 * Double.pi, square = y * y
    var term = y, sum = y
    for n in 1...12 {
      term *= -square / Double(2 * n * (2 * n + 1))
      sum += term
    }
    return sum
  }

  /// Puts the window before `origin` into `target` [window, 2].
  func fill(_ values: [Float], origin: Int, scale: Float, _ target: UnsafeMutablePointer<Float>) {
    let last = values[origin - 1]
    for step in 0..<window {
      let place = origin - window + step
      target[2 * step] = (values[place] - values[place - season]) / scale
      target[2 * step + 1] = (values[place] - last) / scale
    }
  }
}

/// Windows over series, made as they are asked for: the series stand in memory once.
package struct ForecastWindows: Dataset, HashedContent {
  let series: [ForecastSeries]
  let geometry: ForecastGeometry
  /// The series of each window and the place of its first step ahead.
  let origins: [(series: Int, place: Int)]

  package var count: Int { origins.count }

  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> ForecastBatch {
    let (window, horizon, calendarCount) = (geometry.window, geometry.horizon, geometry.calendarCount)
    let chosen = rows.map { origins[Int($0)] }
    let recent = Tensor(shape: [rows.count, window, 2]) { target in
      for (row, origin) in chosen.enumerated() {
        geometry.fill(
          series[origin.series].values, origin: origin.place, scale: geometry.scales[origin.series],
          target.baseAddress! + row * window * 2)
      }
    }
    let calendar = Tensor(shape: [rows.count, calendarCount]) { target in
      for (row, origin) in chosen.enumerated() {
        let numbers = ForecastGeometry.calendar(
          series[origin.series].axis, season: geometry.season, at: origin.place)
        for (index, number) in numbers.enumerated() { target[row * calendarCount + index] = number }
      }
    }
    let targets = Tensor(shape: [rows.count, horizon]) { target in
      for (row, origin) in chosen.enumerated() {
        let values = series[origin.series].values, scale = geometry.scales[origin.series]
        for step in 0..<horizon {
          let change = values[origin.place + step] - values[geometry.anchor(origin.place, step)]
          target[row * horizon + step] = change / scale
        }
      }
    }
    let known = Tensor(shape: [rows.count, horizon]) { target in
      for (row, origin) in chosen.enumerated() {
        for step in 0..<horizon {
          target[row * horizon + step] = series[origin.series].isKnown[origin.place + step] ? 1 : 0
        }
      }
    }
    return ForecastBatch(
      inputs: ForecastInput(recent: recent, calendar: calendar), targets: targets, known: known)
  }

  func addContent(to hash: inout ContentHash) {
    for one in series { hash.add(Tensor(one.values)) }
    hash.add(Indices(origins.flatMap { [Int32($0.series), Int32($0.place)] }))
  }

  /// The windows whose steps ahead lie in a range of places of each series.
  static func of(
    _ series: [ForecastSeries], _ geometry: ForecastGeometry, ahead: (ForecastSeries) -> Range<Int>
  ) -> ForecastWindows {
    let origins = series.indices.flatMap { index -> [(series: Int, place: Int)] in
      let range = ahead(series[index])
      let first = max(range.lowerBound, geometry.reach), last = range.upperBound - geometry.horizon
      return first > last ? [] : (first...last).map { (index, $0) }
    }
    return ForecastWindows(series: series, geometry: geometry, origins: origins)
  }
}
