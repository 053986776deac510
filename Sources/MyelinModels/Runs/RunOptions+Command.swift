import Foundation
import Myelin

extension RunOptions {
  /// The line for a shell that trains the same model again: the data, and each option that is not what suits it anyway.
  ///
  /// - Parameter rows: training rows, by which a preset chooses.
  package func command(trainingRows rows: Int) -> String {
    let words = ["myelin", "train"] + sourceWords + settingWords(rows)
    return words.map(ShellWord.quoted).joined(separator: " ")
  }

  private var sourceWords: [String] {
    var words: [String] = []
    if source.isOwnData {
      if let edges = source.edges {
        words += ["--nodes", source.path?.given ?? "", "--edges", edges.given]
      } else {
        words.append(source.path?.given ?? source.recipe)
      }
    } else {
      words.append(source.recipe)
      if let images = source.path { words += ["--images", images.given] }
    }
    if source.isOwnData, let task = Recipes.ownData.first(where: { $0.name == source.recipe })?.taskName {
      words += ["--task", task]
    }
    if let smiles = source.smiles { words += ["--smiles", smiles] }
    if let target = source.target { words += ["--target", target] }
    if source.isCount == true {
      words += ["--task", "count"]
    } else if let task = source.task {
      words += ["--task", task.rawValue]
    }
    if let levels = source.quantiles { words += ["--quantiles", levels.map { "\($0)" }.joined(separator: ",")] }
    if let size = source.imageSize { words += ["--image-size", "\(size.height)x\(size.width)"] }
    if let badFiles = source.badFiles { words += ["--bad-files", badFiles.rawValue] }
    guard let table = source.table else { return words }
    let reading = table.reading
    if let delimiter = reading.delimiter {
      words += ["--delimiter", delimiter == 9 ? "tab" : String(UnicodeScalar(delimiter))]
    }
    if let decimal = reading.decimal { words += ["--decimal", decimal == .comma ? "comma" : "point"] }
    if let encoding = reading.encoding { words += ["--encoding", encoding.rawValue] }
    if let header = reading.hasHeader { words.append(header ? "--header" : "--no-header") }
    if let limit = reading.unpackedLimit { words += ["--unpacked-limit", "\(limit)"] }
    for (option, column) in table.columns where option != "--split" { words += [option, column] }
    switch table.division {
    case .random: break
    case .time(let column): words += ["--split", "time:\(column)"]
    case .groups(let column): words += ["--split", "group:\(column)"]
    }
    if let file = table.testFile { words += ["--test", file.given] }
    return words
  }

  private func settingWords(_ rows: Int) -> [String] {
    var usual = (try? RunOptions.suited(to: source)) ?? RunOptions(source: source)
    let usualPreset = usual.preset
    usual.preset = preset
    usual.settle(trainingRows: rows)
    let (own, base) = (settings, usual.settings)
    var words: [String] = []
    func add<Value: Equatable>(_ option: String, _ value: Value, _ usual: Value, _ text: String) {
      if value != usual { words += ["--\(option)", text] }
    }
    if let preset, preset != usualPreset { words += ["--preset", preset.rawValue] }
    // Layers that are named ask for one network, in the place of a preset's.
    if own.hiddenSizes != base.hiddenSizes || preset == nil && usualPreset != nil {
      words += ["--layers", own.hiddenSizes.isEmpty ? "0" : own.hiddenSizes.map(String.init).joined(separator: ",")]
    }
    add("activation", own.activation, base.activation, "\(own.activation)")
    add("epochs", own.epochs, base.epochs, "\(own.epochs)")
    add("batch-size", own.batchSize, base.batchSize, "\(own.batchSize)")
    add("optimizer", own.optimizer, base.optimizer, own.optimizer.rawValue)
    add("learning-rate", own.learningRate, base.learningRate, "\(own.learningRate)")
    add("schedule", own.schedule, base.schedule, own.schedule.rawValue)
    add("warmup", own.warmupEpochs, base.warmupEpochs, "\(own.warmupEpochs)")
    add("dropout", own.dropout, base.dropout, "\(own.dropout)")
    add("input-dropout", own.inputDropout, base.inputDropout, "\(own.inputDropout)")
    add("weight-decay", own.weightDecay, base.weightDecay, "\(own.weightDecay)")
    add("label-smoothing", own.labelSmoothing, base.labelSmoothing, "\(own.labelSmoothing)")
    add("precision", own.precision ?? .float32, base.precision ?? .float32, (own.precision ?? .float32).rawValue)
    add("average", own.averaging ?? 0, base.averaging ?? 0, "\(own.averaging ?? 0)")
    if let language = own.language, let suited = base.language {
      add("network", language.network, suited.network, language.network)
      add("tokens", language.tokens, suited.tokens, language.tokens.text)
      add("context", language.context, suited.context, "\(language.context)")
      add("width", language.width, suited.width, "\(language.width)")
      add("depth", language.depth, suited.depth, "\(language.depth)")
      add("heads", language.heads, suited.heads, "\(language.heads)")
    }
    if let pairs = own.pairs, let suited = base.pairs {
      add("tokens", pairs.pieces, suited.pieces, "bpe:\(pairs.pieces)")
      add("context", pairs.context, suited.context, "\(pairs.context)")
      add("width", pairs.width, suited.width, "\(pairs.width)")
      add("depth", pairs.depth, suited.depth, "\(pairs.depth)")
      add("heads", pairs.heads, suited.heads, "\(pairs.heads)")
    }
    if let ensemble = own.ensemble, let suited = base.ensemble {
      add("folds", ensemble.members, suited.members, "\(ensemble.members)")
      add("bins", ensemble.binCount, suited.binCount, "\(ensemble.binCount)")
      // Who names a strength gets that one.
      if (ensemble.binStrength, ensemble.softens) != (suited.binStrength, suited.softens) {
        words += ["--bin-strength", "\(ensemble.binStrength)"]
      }
    }
    add("clip", clipping, usual.clipping, "\(clipping ?? 0)")
    if balancesClasses { words.append("--balance") }
    if let threshold { words += ["--threshold", threshold.text] }
    add("validation", validationShare, usual.validationShare, "\(validationShare)")
    if source.table?.testFile == nil { add("test", testShare, usual.testShare, "\(testShare)") }
    add("patience", patience, usual.patience, "\(patience ?? 0)")
    if let seconds { words += ["--time", "\(seconds)"] }
    add("seed", seed, usual.seed, "\(seed)")
    return words
  }
}

/// Words for a shell.
package enum ShellWord {
  /// A word as a shell takes it.
  package static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./+=:,@%".contains($0)) }
    return isPlain ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
