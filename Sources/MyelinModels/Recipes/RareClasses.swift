import Myelin

// Classes of two per cent: nearly all rows are right without a look at them, so that average precision is what counts.
extension TableRecipe {
  /// Attacks among connections, from rows in which they are marked.
  package static let intrusion = TableRecipe(.connections, preset: .balanced)

  /// Patients with too active a thyroid, by their blood values.
  package static let thyroid = TableRecipe(
    ShippedTable(
      name: "thyroid", summary: "patients with too active a thyroid, by their blood values",
      fileName: "thyroid.csv.gz", target: "condition",
      citation: "Garvan Institute, R. Quinlan, 1987; UCI Machine Learning Repository", size: (9172, 31),
      csvOptions: {
        var options = CSVOptions()
        options.kinds = ["condition": .category]
        // A condition of none is an answer.
        options.missing = ["NA"]
        return options
      }(), asked: .value("hyperthyroid")
    ) {
      // The letters that the condition was made of.
      $0.ignored = ["diagnosis"]
      $0.logarithmAboveSkewness = 2
      $0.clipsDeviationsAt = 6
    }, preset: .balanced)
}
