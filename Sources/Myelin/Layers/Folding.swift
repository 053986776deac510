// Batch normalisation as a part of the convolution before it, for inference.

/// A module that calls convolutions and, with their results and no other, batch normalisations.
package protocol NormalizationFolding: Module {
  /// Each convolution with the normalisation that alone takes its result.
  var foldings: [(convolution: Conv2D, norm: BatchNorm)] { get }
}

/// A convolution with the weights of the normalisation after it.
struct FoldedConvolution {
  let weight: Tensor
  let bias: Tensor
  let activation: Activation

  /// γ (conv(x, W) + b − μ) / √(σ² + ε) + β = conv(x, s W) + s (b − μ) + β with s = γ / √(σ² + ε), channel by channel of
  /// the result, the last axis of W. In `Double`, since s may be large.
  init(_ convolution: Conv2D, _ norm: BatchNorm) {
    let (variances, means) = (norm.runningVariance.value.scalars, norm.runningMean.value.scalars)
    let (weights, biases) = (norm.weight?.value.scalars, norm.bias?.value.scalars)
    let scales = variances.enumerated().map { channel, variance in
      Double(weights?[channel] ?? 1) / (Double(variance) + Double(norm.epsilon)).squareRoot()
    }
    let before = convolution.bias?.value.scalars
    bias = Tensor(
      scales.enumerated().map { channel, scale in
        Float(scale * (Double(before?[channel] ?? 0) - Double(means[channel])) + Double(biases?[channel] ?? 0))
      })
    let channels = scales.count
    weight = Tensor(
      convolution.weight.value.scalars.enumerated().map { Float(scales[$0 % channels] * Double($1)) },
      shape: convolution.weight.shape)
    activation = norm.activation
  }
}

extension BatchNorm {
  /// Whether there is nothing left to do: the convolution before it has done it.
  package var isFoldedAway: Bool { isFolded && !isRecordingGradients }
}

extension Module {
  /// Puts each batch normalisation that directly follows a convolution, in a ``Sequential`` or a
  /// ``NormalizationFolding``, into that convolution's weights, for calls without gradients. Parameters and buffers stay
  /// as they are, and what was folded does not follow them when they change: for models that are no longer trained.
  package func foldNormalization() {
    var pairs: [(convolution: Conv2D, norm: BatchNorm)] = []
    // A layer that is called in several places may be followed by something else there.
    var uses: [ObjectIdentifier: Int] = [:]
    func count(_ layer: any Module) {
      if layer is Conv2D || layer is BatchNorm { uses[ObjectIdentifier(layer as AnyObject), default: 0] += 1 }
    }
    walkModule(self) { _, element in
      guard case .module(let module, _) = element else { return }
      if let folding = module as? any NormalizationFolding {
        pairs += folding.foldings
        for (convolution, norm) in folding.foldings {
          count(convolution)
          count(norm)
        }
      }
      if let sequence = module as? any LayerSequence {
        sequence.layers.forEach(count)
        for (layer, next) in zip(sequence.layers, sequence.layers.dropFirst()) {
          if let convolution = layer as? Conv2D, let norm = next as? BatchNorm { pairs.append((convolution, norm)) }
        }
      }
    }
    for (convolution, norm) in pairs
    where convolution.activation == .identity && convolution.outputs == norm.channels
      && uses[ObjectIdentifier(convolution)] == 1 && uses[ObjectIdentifier(norm)] == 1
    {
      convolution.folded = FoldedConvolution(convolution, norm)
      norm.isFolded = true
    }
  }
}
