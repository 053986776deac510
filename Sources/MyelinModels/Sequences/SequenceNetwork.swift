import Myelin

/// Classes of whole sequences: a recurrent network in both directions, the mean and the largest of its steps, a dense layer.
package final class SequenceNetwork: Module {
  package struct Configuration: Codable, Hashable, Sendable {
    /// Numbers of a step.
    var features: Int
    var classes: Int
    /// Units of each direction.
    var hidden: Int
    var layers: Int
    var dropout: Float

    var isConsistent: Bool {
      (1...1 << 20).contains(features) && (2...1 << 20).contains(classes) && (1...1 << 16).contains(hidden)
        && (1...64).contains(layers) && (0..<1).contains(dropout)
    }

    package var size: NetworkSize {
      let recurrent = (0..<layers).reduce(0) { sum, layer in
        let inputs = layer == 0 ? features : 2 * hidden
        return sum + 2 * 3 * hidden * (inputs + hidden + 2)
      }
      return NetworkSize(
        parameterCount: recurrent + (4 * hidden + 1) * classes, activationCount: 100 * layers * 2 * hidden * 6,
        description: "GRU of \(layers) layers of \(hidden) in both directions")
    }
  }

  package let configuration: Configuration
  let inner: Dropout
  let recurrent: GRU
  let dropout: Dropout
  let head: Dense

  package init(_ configuration: Configuration) {
    self.configuration = configuration
    inner = Dropout(configuration.dropout / 2)
    recurrent = GRU(
      configuration.features, configuration.hidden, layers: configuration.layers, bidirectional: true,
      dropout: configuration.dropout)
    dropout = Dropout(configuration.dropout)
    head = Dense(4 * configuration.hidden, configuration.classes)
  }

  /// Logits [B, classes].
  package func callAsFunction(_ input: SequenceInput) -> Tensor {
    let (output, _) = recurrent(inner(input.values), lengths: input.lengths, state: nil)
    let steps = output.shape[1]
    guard steps > 0 else { return head(Tensor(zeros: [output.shape[0], 4 * configuration.hidden])) }
    // In the padding the output is 0; there the state is above −1, so that −2 is never the largest of a sequence.
    let padding = (sequenceMask(input.lengths, steps: steps) - 1).expanded(at: 2) * 2
    let largest = (output + padding).max(axis: 1)
    return head(dropout(.concatenated([meanOverSteps(output, lengths: input.lengths), largest], axis: 1)))
  }
}
