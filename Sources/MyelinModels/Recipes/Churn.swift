import Myelin

extension TableRecipe {
  /// Customers of whom one in seven leaves.
  package static let churn = TableRecipe(
    ShippedTable(
      name: "churn", summary: "telephone customers who leave or stay (artificial data)", fileName: "mlc_churn.csv.gz",
      target: "churn",
      citation: "MLC++ machine-learning software, SGI: \"artificial based on claims similar to real world\"; R package "
        + "modeldata",
      size: (5000, 20)
    ) {
      // A charge is its minutes times a constant. The 51 states and 3 area codes carry no signal that 4000 rows can show:
      // with them a network of 64 and 32 units fell from 93.9 to 92.2 % accuracy.
      $0.ignored = [
        "state", "area_code", "total_day_charge", "total_eve_charge", "total_night_charge", "total_intl_charge",
      ]
    },
    settings: TrainingSettings {
      $0.dropout = 0.4
      $0.learningRate = 3e-3
      $0.weightDecay = 0.1
      $0.epochs = 60
    })
}
