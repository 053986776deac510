import Myelin

/// Classes of texts by the sum of their terms' vectors (A. Joulin and others, "Bag of tricks for efficient text
/// classification", 2016), weighted as ``TextTerms`` says.
package final class TermBag: Module {
  package struct Configuration: Codable, Hashable, Sendable {
    let terms: Int
    /// Numbers of a term's vector.
    let features: Int
    let classes: Int
    let dropout: Float

    var size: NetworkSize {
      let (vectors, isTooLarge) = terms.multipliedReportingOverflow(by: features)
      return NetworkSize(
        parameterCount: isTooLarge ? nil : vectors + (features + 1) * classes,
        activationCount: 256 * features + classes, description: "\(terms) terms of \(features) numbers")
    }

    var isConsistent: Bool {
      (1...1 << 26).contains(terms) && (1...1 << 16).contains(features) && (1...1 << 20).contains(classes)
        && (0..<1).contains(dropout)
    }
  }

  let configuration: Configuration
  let embedding: Embedding
  let dropout: Dropout
  let output: Dense

  init(_ configuration: Configuration) {
    self.configuration = configuration
    embedding = Embedding(
      configuration.terms, configuration.features,
      initializer: Initializer { shape, _, _, generator in generator.normal(shape, standardDeviation: 0.1) })
    dropout = Dropout(configuration.dropout)
    output = Dense(configuration.features, configuration.classes)
  }

  /// Logits [N, classes].
  package func callAsFunction(_ x: TextSamples.Inputs) -> Tensor {
    output(dropout(x.sums(of: embedding)))
  }
}

extension TextSamples.Inputs {
  /// The weighted sum of each text's terms' vectors: [N, features]; zeros where no term is known.
  func sums(of vectors: Embedding) -> Tensor {
    terms.count == 0
      ? Tensor(zeros: [count, vectors.features]) : (vectors(terms) * weights).scatteredSum(rows, rows: count)
  }
}
