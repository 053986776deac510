import Myelin

/// A model that makes something new: pictures of a class, and what else a kind of model can.
package protocol GeneratingModel: RunModel {
  /// What it can be told.
  static var generationOptions: Set<GenerationOptions.Name> { get }

  /// What it makes. The same options give the same, with any number of threads.
  ///
  /// - Throws: `DataError` for a class that it does not know.
  func generate(_ options: GenerationOptions) throws -> Generation
}

/// What a model is told about what it is to make; nil for what suits it.
package struct GenerationOptions: Sendable {
  /// Options by their names on the command line.
  package enum Name: String, CaseIterable, Sendable {
    case className = "class"
    case count, guidance, steps, prompt, length, temperature
    case topK = "top-k"
    case topP = "top-p"
  }

  /// Of which class; nil for all.
  package var className: String?
  /// How many, of each class.
  package var count: Int?
  /// How far pictures are led to their class: 1 is as they are in the data.
  package var guidance: Float?
  /// How often the network is asked.
  package var steps: Int?
  /// What a text begins with; nil for nothing.
  package var prompt: String?
  /// Tokens of a text.
  package var length: Int?
  /// How far a text strays from what is most probable: 0 not at all, 1 as the network has it.
  package var temperature: Float?
  /// Of how many tokens, the most probable ones, the next is drawn.
  package var topK: Int?
  /// Of which share of the probability, the most probable tokens, the next is drawn.
  package var topP: Float?
  /// What is random is drawn from it.
  package var seed: UInt64 = 0

  package init() {}

  /// Those that were given.
  package var given: [Name] {
    let all: [(Name, Bool)] = [
      (.className, className != nil), (.count, count != nil), (.guidance, guidance != nil), (.steps, steps != nil),
      (.prompt, prompt != nil), (.length, length != nil), (.temperature, temperature != nil), (.topK, topK != nil),
      (.topP, topP != nil),
    ]
    return all.filter(\.1).map(\.0)
  }
}

/// What a model has made.
package enum Generation {
  /// Pictures, for a sheet of so many columns, each labelled with its class.
  case pictures(PictureGroup, columns: Int)
  /// A text, which is made as it is asked for.
  case text(TextGeneration)
}

/// A class by what people call it.
enum ClassNames {
  /// The number of the class that is meant: by its whole name, by a word of it, or by a part, whichever comes first and
  /// leaves one; upper and lower case are the same.
  ///
  /// - Throws: `DataError` with names like it where there is none, or the names where there are several.
  static func index(of name: String, among classes: [String], source: String) throws -> Int {
    let wanted = name.lowercased()
    func words(_ text: String) -> [String] {
      text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "-" }.map(String.init)
    }
    let ways: [(String) -> Bool] = [
      { $0.lowercased() == wanted }, { words($0).contains(wanted) },
      { !wanted.isEmpty && $0.lowercased().contains(wanted) },
    ]
    for way in ways {
      let found = classes.indices.filter { way(classes[$0]) }
      if found.count == 1 { return found[0] }
      if found.count > 1 {
        throw DataError(
          source, "the class \(DataError.quoted(name))", expected: "one class",
          found: found.map { DataError.quoted(classes[$0]) }.joined(separator: " and "))
      }
    }
    throw DataError(
      source, "no class \(DataError.quoted(name)); \(DataError.suggestion(for: name, among: classes))")
  }
}
