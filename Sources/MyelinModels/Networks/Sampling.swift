import Foundation
import Myelin

/// How a token is drawn by its logits.
public struct Sampling: Sendable {
  /// Logits are divided by it: below 1 likely tokens become likelier; 0 takes the likeliest.
  public var temperature: Float
  /// Only so many of the likeliest tokens; nil for all.
  public var topK: Int?
  /// Only the likeliest tokens whose probabilities come to so much together (Holtzman et al. 2020); nil for all.
  public var topP: Float?
  /// What is drawn from: the same seed draws the same tokens.
  public let generator: RandomGenerator

  /// - Parameters:
  ///   - temperature: what logits are divided by, at least 0; 0 takes the likeliest.
  ///   - topK: only so many of the likeliest tokens, at least 1; nil for all.
  ///   - topP: only the likeliest that come to so much together, in 0 … 1; nil for all.
  ///   - seed: of what is drawn.
  public init(temperature: Float = 1, topK: Int? = nil, topP: Float? = nil, seed: UInt64 = 0) {
    require(
      temperature >= 0 && (topK ?? 1) >= 1 && (topP ?? 1) > 0 && (topP ?? 1) <= 1,
      "Sampling: temperature \(temperature), top k \(topK ?? 1), top p \(topP ?? 1)")
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    generator = RandomGenerator(seed: seed)
  }

  /// A token drawn by logits [vocabulary]. Of equal logits the lower token counts as the likelier.
  public func draw(_ logits: Tensor) -> Int32 {
    let scores = logits.scalars
    require(!scores.isEmpty, "Sampling: no logits")
    if temperature == 0 {
      return scores.indices.dropFirst().reduce(Int32(0)) { scores[$1] > scores[Int($0)] ? Int32($1) : $0 }
    }
    let largest = scores.max()!
    var weights = scores.map { exp(Double($0 - largest) / Double(temperature)) }
    if topK != nil || topP != nil {
      let order = weights.indices.sorted { weights[$0] != weights[$1] ? weights[$0] > weights[$1] : $0 < $1 }
      var kept = min(topK ?? order.count, order.count)
      if let topP {
        let goal = Double(topP) * order.prefix(kept).reduce(0) { $0 + weights[$1] }
        var sum = 0.0
        for index in 0..<kept where sum < goal {
          sum += weights[order[index]]
          if sum >= goal { kept = index + 1 }
        }
      }
      for index in order.dropFirst(kept) { weights[index] = 0 }
    }
    // 24 bits would never reach tokens of less probability than 2⁻²⁴ at the end of the line.
    let bits = generator.uniform([2]).scalars
    var place = (Double(bits[0]) + Double(bits[1]) * 0x1p-24) * weights.reduce(0, +)
    for (token, weight) in weights.enumerated() where weight > 0 {
      place -= weight
      if place < 0 { return Int32(token) }
    }
    return Int32(weights.lastIndex { $0 > 0 } ?? 0)
  }
}
