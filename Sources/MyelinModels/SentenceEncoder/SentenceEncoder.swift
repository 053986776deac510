import Foundation
import Myelin

/// A pretrained encoder of sentences in BERT's form (J. Devlin and others, 2018; N. Reimers and I. Gurevych, "Sentence-BERT",
/// 2019), as the models of sentence-transformers come: a folder with `config.json`, `model.safetensors` and `tokenizer.json`.
///
/// ```swift
/// let encoder = try SentenceEncoder(contentsOf: URL(fileURLWithPath: "all-MiniLM-L6-v2"))
/// let vectors = encoder.embed(["How do I get there?", "What is the way?"])       // [2, 384], of length 1
/// ```
public final class SentenceEncoder: Module {
  /// Tokens of sentences, each [batch, T] behind its length padded.
  public struct Input: Sendable {
    /// [batch, T]
    public let tokens: Indices
    /// [batch]
    public let lengths: Indices

    /// - Parameters:
    ///   - tokens: [batch, T].
    ///   - lengths: of each sentence, [batch], from 1 on.
    public init(tokens: Indices, lengths: Indices) { (self.tokens, self.lengths) = (tokens, lengths) }
  }

  /// What `config.json` says.
  public struct Configuration: Sendable, Hashable {
    /// Different tokens.
    public let vocabularySize: Int
    /// Places of a sentence.
    public let places: Int
    /// Kinds of sentences, of which the first is taken.
    public let kinds: Int
    /// How many blocks.
    public let layers: Int
    /// Of the blocks.
    public let blocks: TransformerOptions
    /// Tokens that a sentence is cut to.
    public let longest: Int
    /// Whether vectors are brought to length 1.
    public let normalizes: Bool
    /// Whether a sentence's vector is that of its first token; else it is the mean over its tokens.
    public let takesFirst: Bool
  }

  /// What it was made of.
  public let configuration: Configuration
  /// What makes tokens of texts.
  public let tokenizer: PretrainedTokenizer
  let words: Embedding
  let positions: Embedding
  let kinds: Embedding
  let norm: LayerNorm
  let encoder: TransformerEncoder

  /// Reads a folder.
  ///
  /// - Throws: `DataError` of one line, with the key where it is about one, for files that are not there, damaged,
  ///   contradict each other, or describe another kind of model.
  public init(contentsOf folder: URL) throws {
    let configuration = try Configuration(folder)
    let tokenizer = try PretrainedTokenizer(contentsOf: folder.appendingPathComponent("tokenizer.json"))
    guard tokenizer.vocabularySize <= configuration.vocabularySize else {
      throw DataError(
        folder.appendingPathComponent("config.json").relativePath, "\"vocab_size\"",
        expected: "at least the \(tokenizer.vocabularySize) tokens of tokenizer.json",
        found: "\(configuration.vocabularySize)")
    }
    let file = try Safetensors(contentsOf: folder.appendingPathComponent("model.safetensors"))
    let weights = try SentenceWeights(file, configuration)
    self.configuration = configuration
    self.tokenizer = tokenizer
    let width = configuration.blocks.width
    words = Embedding(configuration.vocabularySize, width, initializer: .zeros)
    positions = Embedding(configuration.places, width, initializer: .zeros)
    kinds = Embedding(configuration.kinds, width, initializer: .zeros)
    norm = LayerNorm(width, epsilon: configuration.blocks.epsilon)
    encoder = TransformerEncoder(configuration.blocks, layers: configuration.layers)
    do { try load(weights.tensors) } catch let error as ModelStateError {
      throw DataError(file.source, error.description)
    }
  }

  /// The vectors of sentences, [batch, width].
  public func callAsFunction(_ input: Input) -> Tensor {
    let (rows, length) = (input.tokens.shape[0], input.tokens.shape[1])
    let places = Indices((0..<length).map { Int32($0) })
    let first = kinds(Indices([Int32(0)]))
    let embedded = norm(words(input.tokens) + positions(places) + first)
    let hidden = encoder(embedded, mask: AttentionMask(lengths: input.lengths))
    let lengths = input.lengths.values
    let vectors: Tensor
    if configuration.takesFirst {
      vectors = hidden.sliced(0..<1, axis: 1).reshaped([rows, configuration.blocks.width])
    } else {
      let shares = Tensor(
        lengths.flatMap { own in (0..<length).map { $0 < own ? 1 / Float(own) : 0 } }, shape: [rows, length, 1])
      vectors = (hidden * shares).sum(axis: 1)
    }
    guard configuration.normalizes else { return vectors }
    return vectors * (vectors.squared().sum(axis: 1, keepingAxis: true) + 1e-24).reciprocalSquareRoot()
  }

  /// The tokens of texts, each cut to the longest that the model takes.
  public func tokens(_ texts: [String]) -> [[Int32]] {
    texts.map { text in
      let all = tokenizer.encode(text)
      guard all.count > configuration.longest else { return all.isEmpty ? [0] : all }
      let behind = all.count - tokenizer.encode(text, addsSpecialTokens: false).count > 1 ? 1 : 0
      return Array(all.prefix(configuration.longest - behind)) + all.suffix(behind)
    }
  }

  /// The vectors of texts, [texts, width], without gradients.
  ///
  /// - Parameters:
  ///   - texts: at least one.
  ///   - batchSize: how many at a time, of about the same length.
  public func embed(_ texts: [String], batchSize: Int = 32) -> Tensor {
    let tokens = tokens(texts)
    let order = tokens.indices.sorted { (tokens[$0].count, $0) < (tokens[$1].count, $1) }
    var rows = [Tensor?](repeating: nil, count: texts.count)
    return withoutGradient {
      for start in stride(from: 0, to: order.count, by: batchSize) {
        let part = Array(order[start..<min(start + batchSize, order.count)])
        let batch = part.map { tokens[$0] }
        let vectors = self(
          Input(tokens: PairSamples.padded(batch, with: 0), lengths: Indices(batch.map { Int32($0.count) })))
        for (place, row) in part.enumerated() { rows[row] = vectors.sliced(place..<place + 1) }
      }
      return .concatenated(rows.compactMap { $0 })
    }
  }
}

extension SentenceEncoder.Configuration {
  /// Of a folder's `config.json`, and of the files that sentence-transformers puts beside it.
  init(_ folder: URL) throws {
    let file = try JSONField(contentsOf: folder.appendingPathComponent("config.json"))
    let type = try file.required("model_type")
    guard try type.text() == "bert" else { throw type.error(expected: "bert") }
    if let position = file[key: "position_embedding_type"], try position.text() != "absolute" {
      throw position.error(expected: "absolute")
    }
    func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int {
      try file.required(key).integer(in: range)
    }
    vocabularySize = try integer("vocab_size", in: 1...1 << 24)
    places = try integer("max_position_embeddings", in: 1...1 << 20)
    kinds = try integer("type_vocab_size", in: 1...1 << 10)
    layers = try integer("num_hidden_layers", in: 1...1024)
    let width = try integer("hidden_size", in: 1...1 << 16)
    let heads = try integer("num_attention_heads", in: 1...width)
    guard width % heads == 0 else {
      throw try file.required("num_attention_heads").error(expected: "a divisor of the hidden size, \(width)")
    }
    var blocks = TransformerOptions(width: width, heads: heads)
    blocks.hidden = try integer("intermediate_size", in: 1...1 << 18)
    blocks.isPreNorm = false
    let epsilon = try file.required("layer_norm_eps")
    guard (0...1).contains(try epsilon.number()) else { throw epsilon.error(expected: "0 to 1") }
    blocks.epsilon = Float(try epsilon.number())
    let activation = try file.required("hidden_act")
    switch try activation.text() {
    case "gelu": blocks.feedForward = .gelu
    case "gelu_new", "gelu_pytorch_tanh": blocks.feedForward = .geluTanh
    case "relu": blocks.feedForward = .relu
    default: throw activation.error(expected: "gelu, gelu_new, gelu_pytorch_tanh or relu")
    }
    self.blocks = blocks
    func beside(_ name: String) throws -> JSONField? {
      let url = folder.appendingPathComponent(name)
      return FileManager.default.fileExists(atPath: url.path) ? try JSONField(contentsOf: url) : nil
    }
    let pooling = try beside("1_Pooling/config.json")
    takesFirst = try pooling?[key: "pooling_mode_cls_token"]?.flag() ?? false
    for key in ["pooling_mode_max_tokens", "pooling_mode_mean_sqrt_len_tokens"] {
      if let other = pooling?[key: key], try other.flag() { throw other.error(expected: "false") }
    }
    normalizes = try SentenceEncoder.Configuration.normalizes(folder)
    let longest = try beside("sentence_bert_config.json")?[key: "max_seq_length"]?.integer(in: 2...1 << 20)
    self.longest = min(longest ?? places, places)
  }

  /// Whether the last of the modules that `modules.json` lists brings vectors to length 1.
  private static func normalizes(_ folder: URL) throws -> Bool {
    let url = folder.appendingPathComponent("modules.json")
    guard FileManager.default.fileExists(atPath: url.path) else { return true }
    // The file is a list, which is no object: it is read as one that holds it.
    let list = try JSONField(
      Array("{\"modules\":".utf8) + DataFile.read(url, isText: true) + Array("}".utf8), source: url.relativePath)
    return try list.required("modules").list().contains {
      try $0.required("type").text().hasSuffix(".Normalize")
    }
  }
}

/// The tensors of a file under our names and in our layout.
private struct SentenceWeights {
  private(set) var tensors: [String: Tensor] = [:]

  init(_ file: Safetensors, _ configuration: SentenceEncoder.Configuration) throws {
    let prefix = file.names.contains { $0.hasPrefix("bert.") } ? "bert." : ""
    let width = configuration.blocks.width
    func tensor(_ name: String, _ shape: Shape) throws -> Tensor {
      let tensor = try file.tensor(named: prefix + name)
      guard tensor.shape == shape else {
        throw DataError(
          file.source, "tensor \"\(prefix + name)\"", expected: "shape \(shape), as config.json has it",
          found: "\(tensor.shape)")
      }
      return tensor
    }
    func dense(_ name: String, _ inputs: Int, _ outputs: Int) throws -> (weight: Tensor, bias: Tensor) {
      (try tensor("\(name).weight", Shape(outputs, inputs)).transposed(), try tensor("\(name).bias", Shape(outputs)))
    }
    let sizes = [
      ("words", "word", configuration.vocabularySize), ("positions", "position", configuration.places),
      ("kinds", "token_type", configuration.kinds),
    ]
    for (own, other, count) in sizes {
      tensors["\(own).weight"] = try tensor("embeddings.\(other)_embeddings.weight", Shape(count, width))
    }
    func norm(_ own: String, _ other: String) throws {
      for part in ["weight", "bias"] { tensors["\(own).\(part)"] = try tensor("\(other).\(part)", Shape(width)) }
    }
    try norm("norm", "embeddings.LayerNorm")
    let hidden = configuration.blocks.hiddenSize
    for layer in 0..<configuration.layers {
      let (own, other) = ("encoder.blocks.\(layer)", "encoder.layer.\(layer)")
      let parts = try ["query", "key", "value"].map { try dense("\(other).attention.self.\($0)", width, width) }
      tensors["\(own).attention.projection.weight"] = .concatenated(parts.map(\.weight), axis: 1)
      tensors["\(own).attention.projection.bias"] = .concatenated(parts.map(\.bias))
      for (name, from, inputs, outputs) in [
        ("attention.output", "attention.output.dense", width, width),
        ("feedForward.expansion", "intermediate.dense", width, hidden),
        ("feedForward.contraction", "output.dense", hidden, width),
      ] {
        let part = try dense("\(other).\(from)", inputs, outputs)
        tensors["\(own).\(name).weight"] = part.weight
        tensors["\(own).\(name).bias"] = part.bias
      }
      try norm("\(own).attentionNorm", "\(other).attention.output.LayerNorm")
      try norm("\(own).feedForwardNorm", "\(other).output.LayerNorm")
    }
  }
}
