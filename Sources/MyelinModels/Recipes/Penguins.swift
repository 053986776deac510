import Myelin

extension TableRecipe {
  /// Measurements with gaps, and categories.
  package static let penguins = TableRecipe(
    ShippedTable(
      name: "penguins", summary: "three kinds of penguins by their measurements, some missing",
      fileName: "penguins.csv",
      target: "species",
      citation:
        "K. B. Gorman, T. D. Williams, W. R. Fraser: Ecological sexual dimorphism and environmental variability "
        + "within a community of Antarctic penguins. PLoS ONE 9(3), 2014. doi:10.1371/journal.pone.0090081",
      size: (344, 8)
    ) {
      // When a bird was measured says nothing about its kind.
      $0.ignored = ["year"]
    },
    settings: TrainingSettings())
}
