import Myelin

extension TableRecipe {
  /// 142 rows, nearly linear classes: noise on the inputs and a strong decay.
  package static let wine = TableRecipe(
    ShippedTable(
      name: "wine", summary: "wines of three growers by their chemical analysis", fileName: "wine.csv", target: "class",
      citation: "S. Aeberhard, M. Forina: Wine. UCI Machine Learning Repository, 1992. doi:10.24432/C5PC7J",
      size: (178, 14)),
    settings: .small {
      $0.inputDropout = 0.2
      $0.weightDecay = 1
    })
}
