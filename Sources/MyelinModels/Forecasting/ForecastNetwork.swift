import Myelin

/// Three networks that forecast side by side and are trained together, each by its own errors: a linear one, blocks of
/// dense layers, an LSTM. Which one answers, or the middle of the three, is chosen on validation windows.
///
/// All start at the season before and add to it, so that an untrained one is the seasonal naive forecast.
package final class ForecastNetwork: Module {
  /// All that makes it, but for the weights.
  package struct Configuration: Codable, Hashable, Sendable {
    var window: Int
    var horizon: Int
    var calendarCount: Int
    /// Units of a block's layers.
    var width = 64
    var blocks = 3
    /// Units of the LSTM.
    var hidden = 48
    var dropout: Float = 0.1

    var isConsistent: Bool {
      (1...100_000).contains(window) && (1...100_000).contains(horizon) && (0...64).contains(calendarCount)
        && (1...65_536).contains(width) && (1...64).contains(blocks) && (1...65_536).contains(hidden)
        && (0..<1).contains(dropout)
    }

    package var size: NetworkSize {
      let inputs = 2 * window, all = inputs + calendarCount
      let block = (all + 1) * width + (width + 1) * width + (width + 1) * (inputs + horizon)
      let recurrent = 4 * hidden * (2 + hidden + 2) + (hidden + calendarCount + 1) * horizon
      return NetworkSize(
        parameterCount: (inputs + 1) * horizon + blocks * block + recurrent,
        activationCount: inputs + 3 * horizon + blocks * (2 * width + inputs + horizon) + window * hidden * 6,
        description: "linear, \(blocks) blocks of \(width) and LSTM of \(hidden), window \(window), horizon \(horizon)")
    }
  }

  /// The parts by name, in the order of the result.
  static let names = ["linear", "blocks", "LSTM"]

  package let configuration: Configuration
  let linear: Dense
  let blocks: [ForecastBlock]
  let lstm: LSTM
  let head: Dense

  package init(_ configuration: Configuration) {
    self.configuration = configuration
    let inputs = 2 * configuration.window
    linear = Dense(inputs, configuration.horizon, initializer: .zeros)
    blocks = (0..<configuration.blocks).map { _ in ForecastBlock(configuration) }
    lstm = LSTM(2, configuration.hidden, forgetBias: 1)
    head = Dense(
      configuration.hidden + configuration.calendarCount, configuration.horizon, initializer: .zeros)
  }

  /// What each part adds to the season before: [3, B, horizon].
  package func callAsFunction(_ input: ForecastInput) -> Tensor {
    let batch = input.recent.shape[0]
    var rest = input.recent.reshaped([batch, 2 * configuration.window])
    let straight = linear(rest)
    var sum: Tensor?
    for block in blocks {
      let (past, future) = block(rest, input.calendar)
      rest = rest - past
      sum = sum.map { $0 + future } ?? future
    }
    let (_, state) = lstm(input.recent, state: nil)
    let recurrent = head(.concatenated([lstm.summary(state), input.calendar], axis: 1))
    return .stacked([straight, sum!, recurrent])
  }
}

/// A block of N-BEATS (Oreshkin et al. 2020): what it explains of the past is taken from what the next one sees, what it says
/// of the future is added.
package final class ForecastBlock: Module {
  let first: Dense
  let dropout: Dropout
  let second: Dense
  let backcast: Dense
  let forecast: Dense

  init(_ configuration: ForecastNetwork.Configuration) {
    let inputs = 2 * configuration.window
    first = Dense(inputs + configuration.calendarCount, configuration.width, activation: .relu)
    dropout = Dropout(configuration.dropout)
    second = Dense(configuration.width, configuration.width, activation: .relu)
    backcast = Dense(configuration.width, inputs, initializer: .zeros)
    forecast = Dense(configuration.width, configuration.horizon, initializer: .zeros)
  }

  package func callAsFunction(_ input: (Tensor, Tensor)) -> (Tensor, Tensor) { self(input.0, input.1) }

  func callAsFunction(_ recent: Tensor, _ calendar: Tensor) -> (past: Tensor, future: Tensor) {
    let inner = second(dropout(first(.concatenated([recent, calendar], axis: 1))))
    return (backcast(inner), forecast(inner))
  }
}
