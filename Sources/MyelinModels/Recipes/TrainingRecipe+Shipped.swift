import Myelin

// Chosen by the mean score over the splits of seeds 100 and up (8 splits for digits and ames, 5 for churn, 20 to 50 for
// the small tables), never those of the seeds 0 to 4 on which results are reported; Fashion-MNIST by the last 10000
// training images. The figure beside each is that mean.

extension TrainingRecipe {
  /// Accuracy 98.4%.
  public static let digits = TrainingRecipe {
    $0.hiddenSizes = [256, 128]
    $0.dropout = 0.3
    $0.learningRate = 2e-3
    $0.labelSmoothing = 0.1
  }

  /// Accuracy 96.6%.
  public static let iris = small {
    $0.hiddenSizes = [64, 32]
    $0.learningRate = 5e-3
  }

  /// Accuracy 98.8%. 142 rows, nearly linear classes: noise on the inputs and a strong decay.
  public static let wine = small {
    $0.inputDropout = 0.2
    $0.weightDecay = 1
  }

  /// Accuracy 98.2%.
  public static let breastCancer = small {
    $0.inputDropout = 0.2
    $0.learningRate = 5e-3
  }

  /// Accuracy 99.4%.
  public static let penguins = TrainingRecipe()

  /// R² of the prices 0.928. A few sales far below a house's worth would pull a squared error too much.
  public static let ames = TrainingRecipe {
    $0.hiddenSizes = [128, 64]
    $0.activation = .gelu
    $0.dropout = 0.5
    $0.learningRate = 6e-3
    $0.weightDecay = 0.1
    $0.epochs = 80
    $0.huberDelta = 0.5
  }

  /// Accuracy 96.3%, average precision 0.887.
  public static let churn = TrainingRecipe {
    $0.dropout = 0.4
    $0.learningRate = 3e-3
    $0.weightDecay = 0.1
    $0.epochs = 60
  }

  /// Accuracy 90.4% with the full set.
  public static let fashionMNIST = TrainingRecipe {
    $0.hiddenSizes = [512, 256]
    $0.activation = .gelu
    $0.dropout = 0.2
    $0.learningRate = 2e-3
    $0.weightDecay = 0.1
    $0.schedule = .oneCycle
    $0.epochs = 15
    $0.batchSize = 128
    $0.labelSmoothing = 0.1
  }

  /// Some hundred rows: a bounded activation and short batches.
  private static func small(_ configure: (inout TrainingRecipe) -> Void) -> TrainingRecipe {
    TrainingRecipe {
      $0.hiddenSizes = [64]
      $0.activation = .tanh
      $0.dropout = 0.3
      $0.learningRate = 2e-3
      $0.epochs = 60
      $0.batchSize = 16
      configure(&$0)
    }
  }

  /// The recipe of a shipped data set, by its name on the command line: `breast-cancer`, `fashion-mnist`, …
  public static func named(_ name: String) -> TrainingRecipe? {
    switch name {
    case "digits": digits
    case "iris": iris
    case "wine": wine
    case "breast-cancer": breastCancer
    case "penguins": penguins
    case "ames": ames
    case "churn": churn
    case "fashion-mnist": fashionMNIST
    default: nil
    }
  }
}
