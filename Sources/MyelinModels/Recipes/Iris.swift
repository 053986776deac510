import Myelin

extension TableRecipe {
  /// Fisher's flowers.
  package static let iris = TableRecipe(
    ShippedTable(
      name: "iris", summary: "three kinds of iris by the size of their flowers", fileName: "iris.csv",
      target: "species",
      citation: "R. A. Fisher: The use of multiple measurements in taxonomic problems. Annals of Eugenics 7, 1936",
      size: (150, 5)),
    settings: .small {
      $0.hiddenSizes = [64, 32]
      $0.learningRate = 5e-3
    })
}
