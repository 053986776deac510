import Myelin

enum FamiliesLesson {
  static let lesson = Lesson(
    "families", title: "Which network for which data",
    summary: "machine learning against deep learning; networks for tables, images, sequences, graphs",
    options: [Lesson.Option("size", "28", "side of a square grey image, for counting weights")]
  ) { try document($0) }

  private static func document(_ values: LessonValues) throws -> Document {
    let side = try values.integer("size", in: 8...2048)
    var page = Document("Which network for which data")
    page.text(
      "Machine learning finds rules in data instead of being given them. Deep learning is the part of it in which many "
        + "layers also find the features that the rules speak about.")
    page.table(
      TextTable(
        ["", "classical machine learning", "deep learning"],
        rows: [
          ["features", "chosen by people who know the field", "learned, layer upon layer"],
          ["typical models", "linear models, trees, nearest neighbours, support vectors", "networks of many layers"],
          ["data it takes", "hundreds of rows can do", "thousands to billions of examples"],
          ["computing", "seconds on any machine", "minutes to months"],
          ["strong at", "tables with meaningful columns", "images, sound, text, graphs: raw signals"],
          ["explaining", "often possible", "hard"],
        ]))

    page.heading("What a family assumes")
    page.text(
      "A network family is an assumption about data that is built into its connections. Take a grey image of "
        + "\(side) × \(side) and 64 outputs or filters:")
    let pixels = side * side
    let dense = 64 * (pixels + 1)
    let convolution = 64 * (3 * 3 + 1)
    page.table(
      TextTable(
        ["layer", "weights and biases", "assumes"],
        rows: [
          ["dense", "\(pixels) · 64 + 64 = \(dense)", "nothing: every pixel is a matter of its own"],
          [
            "convolution 3 × 3", "9 · 64 + 64 = \(convolution)",
            "near pixels belong together, and place does not matter",
          ],
        ]))
    var plot = Plot(
      "Weights of one layer on an image", summary: "Dense layers grow with the image, convolutions do not.",
      x: Plot.Axis("side of the image"), y: Plot.Axis("weights", scale: .logarithmic))
    let sides = stride(from: 8, through: max(256, side), by: 8).map(Double.init)
    plot.add(.line(sides.map { Plot.Point($0, 64 * ($0 * $0 + 1)) }, label: "dense, 64 outputs"))
    plot.add(.line(sides.map { Plot.Point($0, 64 * 10) }, label: "convolution 3 × 3, 64 filters"))
    plot.add(.vertical(Double(side), label: "\(side) × \(side)"))
    page.figure(plot)
    page.text(
      "That is a factor of \(short(Double(dense) / Double(convolution), 3)). Fewer weights need fewer examples, if the "
        + "assumption is true of the data.")

    page.heading("Families")
    page.table(
      TextTable(
        ["data", "network", "what it assumes", "try"],
        rows: recipes.map { [$0.data, $0.network, $0.assumes, "`\($0.command)`"] }))
    page.text(
      "Several kinds at once, such as a picture with its caption: one network of the fitting family for each, their "
        + "outputs side by side or attending to each other, and common layers on top (multi-modal networks).")

    page.heading("How to choose")
    page.list([
      "Begin with the simplest that could work. On a table of some hundred rows that is a linear model or trees.",
      "Ask what may be exchanged without changing the meaning: columns of a table, pixels moved together, words in their "
        + "order, numbers of the nodes. The family that treats the same things alike is the one.",
      "Hold some data back from the start, and compare on that.",
    ])
    page.tryThis(
      [("myelin learn families --size 224", "the size that photo networks are trained on")]
        + recipes.map { ($0.command, $0.watch) })
    return page
  }

  private struct Recipe {
    var data: String
    var network: String
    var assumes: String
    var command: String
    var watch: String
  }

  /// Each a recipe that `myelin train` has.
  private static let recipes: [Recipe] = [
    Recipe(
      data: "tables", network: "MLP (dense layers)", assumes: "columns have fixed meanings",
      command: "myelin train breast-cancer", watch: "a table with thirty columns"),
    Recipe(
      data: "prices and other numbers", network: "MLP for a regression", assumes: "columns have fixed meanings",
      command: "myelin train ames", watch: "what houses are worth"),
    Recipe(
      data: "small images, centred", network: "MLP on the pixels", assumes: "each pixel has a fixed meaning",
      command: "myelin train digits", watch: "handwritten digits of 8 × 8"),
    Recipe(
      data: "images", network: "CNN (convolutions)", assumes: "near pixels belong together, wherever they are",
      command: "myelin train digits-cnn", watch: "the same digits as pictures"),
    Recipe(
      data: "images in patches", network: "vision transformer",
      assumes: "any two parts of a picture may matter to each other",
      command: "myelin train fashion-vit", watch: "clothes, with what the network looks at"),
    Recipe(
      data: "things in images", network: "detector (a CNN with boxes)", assumes: "a thing looks alike wherever it is",
      command: "myelin train detect", watch: "blood cells and the boxes around them"),
    Recipe(
      data: "few examples of each class", network: "embedding, contrastive", assumes: "alike is near",
      command: "myelin train similar", watch: "letters of alphabets that were never seen"),
    Recipe(
      data: "pictures to be made", network: "diffusion", assumes: "a little noise can be taken off, again and again",
      command: "myelin train diffusion", watch: "clothes out of noise; then myelin generate runs/diffusion-1"),
    Recipe(
      data: "series that go on", network: "MLP on windows, LSTM", assumes: "what comes follows from the last steps",
      command: "myelin train forecast-elec-equip", watch: "a year of turnover, with intervals"),
    Recipe(
      data: "sequences", network: "RNN: LSTM, GRU", assumes: "what came before matters, in order",
      command: "myelin train vowels", watch: "nine speakers by series of different lengths"),
    Recipe(
      data: "short texts", network: "bag of terms' vectors", assumes: "which words there are says most",
      command: "myelin train reviews", watch: "sentences for a film or against it"),
    Recipe(
      data: "long sequences, text", network: "Transformer (attention)",
      assumes: "any two places may matter to each other",
      command: "myelin train gpt", watch: "a novel goes on; then myelin generate runs/gpt-1"),
    Recipe(
      data: "text into other text", network: "encoder and decoder (cross attention)",
      assumes: "each word of the answer looks for its source",
      command: "myelin train translate", watch: "English into Swedish"),
    Recipe(
      data: "graphs", network: "GCN, GAT, GraphSAGE", assumes: "neighbours matter, whatever their numbering",
      command: "myelin train karate", watch: "the sides of a karate club from two members, drawn in the report"),
    Recipe(
      data: "molecules", network: "message passing (GIN)", assumes: "atoms and bonds, whatever their order",
      command: "myelin train molecules", watch: "drugs on their way to the brain"),
    Recipe(
      data: "who likes what", network: "matrix factorisation, two towers", assumes: "people with like taste are alike",
      command: "myelin train recommend", watch: "films for people; then myelin recommend runs/recommend-1 --user 17"),
    Recipe(
      data: "rare and unmarked", network: "autoencoder", assumes: "what is usual can be said in few numbers",
      command: "myelin train anomaly", watch: "attacks that nobody has marked"),
    Recipe(
      data: "rare and marked", network: "MLP, a threshold by cost", assumes: "columns have fixed meanings",
      command: "myelin train thyroid", watch: "patients with too active a thyroid"),
    Recipe(
      data: "several at once", network: "multi-modal", assumes: "each kind in its own family, joined above",
      command: "myelin train captions",
      watch: "pictures and words; then myelin similar runs/captions-1 --words \"smiling cat\""),
  ]
}
