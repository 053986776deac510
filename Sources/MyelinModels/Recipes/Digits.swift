import Myelin

extension TableRecipe {
  /// Pixels as columns.
  package static let digits = TableRecipe(
    ShippedTable(
      name: "digits", summary: "handwritten digits of 8×8 pixels", fileName: "digits.csv.gz", target: "label",
      citation: "E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits. UCI Machine Learning Repository, "
        + "1998. doi:10.24432/C50P49",
      size: (1797, 65)),
    settings: TrainingSettings {
      $0.hiddenSizes = [256, 128]
      $0.dropout = 0.3
      $0.learningRate = 2e-3
      $0.labelSmoothing = 0.1
    })
}
