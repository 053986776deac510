import Myelin

/// Two networks whose vectors are in one space: of pictures an ``Embedder``, of texts the weighted sum of their terms'
/// vectors (A. Radford and others, "Learning transferable visual models from natural language supervision", 2021, with
/// smaller networks).
///
/// N pictures and their N texts give [2N, dimension]: first the pictures' vectors, then the texts'.
package final class CaptionNetwork: Module {
  package struct Configuration: Codable, Hashable, Sendable {
    let pictures: Embedder.Configuration
    let terms: Int

    var size: NetworkSize {
      var size = pictures.size
      let (vectors, isTooLarge) = terms.multipliedReportingOverflow(by: pictures.dimension)
      let sum = size.parameterCount?.addingReportingOverflow(vectors)
      size.parameterCount = isTooLarge || sum?.overflow != false ? nil : sum?.partialValue
      size.activationCount += 256 * pictures.dimension
      size.description += ", and \(terms) terms"
      return size
    }

    var isConsistent: Bool { pictures.isConsistent && (1...1 << 26).contains(terms) }
  }

  let configuration: Configuration
  let pictures: Embedder
  let terms: Embedding

  init(_ configuration: Configuration) {
    self.configuration = configuration
    pictures = Embedder(configuration.pictures)
    terms = Embedding(
      configuration.terms, configuration.pictures.dimension,
      initializer: Initializer { shape, _, _, generator in generator.normal(shape, standardDeviation: 0.1) })
  }

  package func callAsFunction(_ x: CaptionBatch.Inputs) -> Tensor {
    .concatenated([pictures(x.pictures), vectors(of: x.texts)], axis: 0)
  }

  /// [N, dimension]; zeros for a text without a term that is known.
  func vectors(of texts: TextSamples.Inputs) -> Tensor { texts.sums(of: terms) }
}
