import Myelin

/// Sequences of a batch, padded to the longest of them.
package struct SequenceInput: Sendable {
  /// Frames of numbers, or letters one-hot: [B, T, features].
  let values: Tensor
  /// Steps of each [B].
  let lengths: Indices
}

/// Sequences with their classes.
package struct SequenceBatch: ModelBatch {
  package let inputs: SequenceInput
  /// [B]; −1 for none.
  let labels: Indices
}

/// Sequences of different lengths, standardised, and their classes.
package struct SequenceSamples: Dataset, HashedContent {
  /// Numbers of a step.
  let features: Int
  /// Of each sequence, step by step.
  let sequences: [[Float]]
  package let labels: [Int32]
  /// Deviation of what is added to each number in training; 0 for nothing.
  let noise: Float

  package var count: Int { sequences.count }

  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> SequenceBatch { padded(rows.map { Int($0) }) }

  package func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> SequenceBatch {
    noised(batch(rows), place)
  }
  package func batch(_ rows: Range<Int>, at place: BatchPlace) -> SequenceBatch { noised(batch(rows), place) }

  private func noised(_ batch: SequenceBatch, _ place: BatchPlace) -> SequenceBatch {
    if noise == 0 { return batch }
    let values = batch.inputs.values
    let drawn = place.random.normal(values.shape, standardDeviation: noise)
    return SequenceBatch(
      inputs: SequenceInput(values: values + drawn, lengths: batch.inputs.lengths), labels: batch.labels)
  }

  private func padded(_ rows: [Int]) -> SequenceBatch {
    let lengths = rows.map { sequences[$0].count / features }
    let steps = lengths.max() ?? 0
    let values = Tensor(shape: [rows.count, steps, features]) { target in
      target.initialize(repeating: 0)
      for (index, row) in rows.enumerated() {
        let start = target.baseAddress! + index * steps * features
        sequences[row].withUnsafeBufferPointer { start.update(from: $0.baseAddress!, count: $0.count) }
      }
    }
    return SequenceBatch(
      inputs: SequenceInput(values: values, lengths: Indices(lengths)), labels: Indices(rows.map { labels[$0] }))
  }

  func addContent(to hash: inout ContentHash) {
    for sequence in sequences { hash.add(Tensor(sequence)) }
    hash.add(Indices(labels))
  }
}

/// What sequences are and how they become numbers.
package struct SequenceEncoding: Codable, Hashable, Sendable {
  /// How a step becomes numbers.
  package enum Steps: Codable, Hashable, Sendable {
    /// Frames of numbers, each with its mean and deviation in the training part.
    case frames(mean: [Float], deviation: [Float])
    /// Letters of a text, one-hot; what is none of these is no letter.
    case letters(String)
  }

  var steps: Steps
  var classNames: [String]
  /// What the classes are called, and where the sequences stand.
  var target: String
  var field: String

  var features: Int {
    switch steps {
    case .frames(let mean, _): mean.count
    case .letters(let letters): letters.count
    }
  }

  var isConsistent: Bool {
    guard classNames.count >= 2, Set(classNames).count == classNames.count else { return false }
    return switch steps {
    case .frames(let mean, let deviation):
      !mean.isEmpty && mean.count == deviation.count && deviation.allSatisfy { $0 > 0 && $0.isFinite }
        && mean.allSatisfy(\.isFinite)
    case .letters(let letters): !letters.isEmpty && Set(letters).count == letters.count
    }
  }

  /// Frames as they stand in a file, standardised.
  func encode(_ frames: [Float]) -> [Float] {
    guard case .frames(let mean, let deviation) = steps else { return frames }
    return frames.indices.map { (frames[$0] - mean[$0 % mean.count]) / deviation[$0 % mean.count] }
  }

  /// A text's letters, upper case as lower case.
  func encode(_ text: String) -> [Float] {
    guard case .letters(let letters) = steps else { return [] }
    let places = Dictionary(uniqueKeysWithValues: letters.enumerated().map { ($0.element, $0.offset) })
    return text.lowercased().flatMap { letter -> [Float] in
      guard let place = places[letter] else { return [] }
      var step = [Float](repeating: 0, count: letters.count)
      step[place] = 1
      return step
    }
  }
}
