import Foundation
import Myelin

/// How much a training on a table may cost, and what it gets for it: the settings that suit so many rows.
///
/// Chosen on development tables (`Benchmarks/tabular`), never on what is reported.
package enum Preset: String, CaseIterable, Sendable, Codable {
  /// Two networks: about a quarter of the default's work.
  case fast
  /// Eight networks on eight folds, and eight that see categories and bins less; four from 30,000 rows on: the default.
  case balanced
  /// Twice as many as by default: twice the work.
  case best

  /// The settings for a table of so many training rows.
  package func settings(rows: Int) -> TrainingSettings {
    TrainingSettings {
      if rows < 10_000 {
        $0.hiddenSizes = [128, 128]
        $0.activation = .relu
        $0.epochs = 80
      } else {
        $0.hiddenSizes = [256, 256, 256]
        $0.activation = .silu
        $0.epochs = rows < 30_000 ? 60 : 24
      }
      let strength = min(max(0.1 * (Float(rows) / 1000).squareRoot(), 0.1), 0.5)
      // A fold has four rows at least; of fewer than two folds one network learns all. From 30,000 rows on an epoch of
      // eight members takes 4 CPU-seconds and more: half of them and fewer epochs keep 50,000 rows under a minute.
      let usual = self == .best ? 16 : self == .balanced ? 8 : 2
      let members = min(rows < 30_000 ? usual : max(usual / 2, 2), rows / 4)
      if members >= 2 {
        $0.ensemble = EnsembleSettings(
          members: members, binStrength: rows < 10_000 ? strength : strength / 2,
          binCount: PiecewiseLinearEncoding.suitedBinCount(rows: rows), softens: self != .fast && rows < 30_000)
      }
      $0.learningRate = 2e-3
      $0.weightDecay = 0.02
      $0.dropout = 0.2
      $0.batchSize = rows < 2000 ? 64 : rows < 10_000 ? 128 : 256
      // 20 steps, or what an epoch has where that is less than a step.
      $0.warmupEpochs = min(20 * Double($0.batchSize) / Double(max(rows, 1)), Double($0.epochs) / 4)
    }
  }

  /// Epochs without a gain after which a member gives up.
  package static let patience = 16
}
