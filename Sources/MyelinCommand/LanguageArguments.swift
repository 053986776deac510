import ArgumentParser
import Myelin
import MyelinModels

/// What the tokens of a text are, and the network that learns what comes next.
struct LanguageArguments: ParsableArguments {
  @Option(name: .long, help: "What tells the next token: \(LanguageNetworks.names.joined(separator: ", ")).")
  var network: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What text is cut into: characters, bytes, or bpe:2000, the pieces of byte-pair encoding.", valueName: "tokens"))
  var tokens: TokenChoice?

  @Option(name: .long, help: "Tokens of a window, which the network sees at once.")
  var context: Int?

  @Option(name: .long, help: "Numbers of a token on its way through the network.")
  var width: Int?

  @Option(name: .long, help: "Layers, or blocks of a transformer.")
  var depth: Int?

  @Option(name: .long, help: "Heads of a transformer's attention.")
  var heads: Int?

  func validate() throws {
    func check(_ name: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
      if let value, !range.contains(value) {
        throw ValidationError("--\(name) must be \(range.lowerBound) to \(range.upperBound), not \(value).")
      }
    }
    try check("context", context, 1...1 << 20)
    try check("width", width, 1...1 << 16)
    try check("depth", depth, 1...1024)
    try check("heads", heads, 1...1024)
    if let network, !LanguageNetworks.names.contains(network.lowercased()) {
      throw ValidationError(
        "There is no network \"\(network)\"; \(DataError.suggestion(for: network, among: LanguageNetworks.names))")
    }
  }

  /// Puts what was given in the place of what suits the data set.
  func apply(to settings: inout TrainingSettings) {
    if let network { settings.language?.network = network.lowercased() }
    if let tokens { settings.language?.tokens = tokens }
    if let context { settings.language?.context = context }
    if let width { settings.language?.width = width }
    if let depth { settings.language?.depth = depth }
    if let heads { settings.language?.heads = heads }
    if case .bytePairs(let count)? = tokens { settings.pairs?.pieces = count }
    if let context { settings.pairs?.context = context }
    if let width { settings.pairs?.width = width }
    if let depth { settings.pairs?.depth = depth }
    if let heads { settings.pairs?.heads = heads }
  }

  /// - Parameter title: how errors name what the recipe knows.
  /// - Throws: `ValidationError` for an option that the recipe does not know.
  func check(_ recipe: any Recipe, called title: String) throws {
    if let first = given.first, !recipe.sourceOptions.contains(.language) {
      throw ValidationError("\(first) does nothing with \(title).")
    }
    if let name = network?.lowercased() ?? recipe.settings.language?.network, heads != nil,
      !LanguageNetworks.hasHeads(name)
    {
      throw ValidationError("--heads does nothing with --network \(name).")
    }
    guard recipe.settings.pairs != nil else { return }
    if network != nil { throw ValidationError("--network does nothing with \(title).") }
    if let tokens, !recipe.takesPieces { throw ValidationError("--tokens \(tokens.text) does nothing with \(title).") }
    if let tokens, tokens == .characters || tokens == .bytes {
      throw ValidationError("--tokens must be bpe:COUNT with \(title), not \(tokens.text).")
    }
  }

  var given: [String] {
    [
      ("network", network != nil), ("tokens", tokens != nil), ("context", context != nil), ("width", width != nil),
      ("depth", depth != nil), ("heads", heads != nil),
    ].filter(\.1).map { "--\($0.0)" }
  }
}

extension TokenChoice: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
