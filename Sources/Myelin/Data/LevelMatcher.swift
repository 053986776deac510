/// Finds the values of another file among levels: as they stand, else without blanks around them, else by their value
/// where both are numbers, so that ` 20` and `20.0` are the level `20`.
struct LevelMatcher {
  private let places: [String: Int]
  private let numbers: [Double: Int]

  /// Of two levels that are the same number the first one has it.
  init(_ levels: [String]) {
    places = Dictionary(levels.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    numbers = Dictionary(
      levels.enumerated().compactMap { place, level in level.exactNumber.map { ($0, place) } },
      uniquingKeysWith: { first, _ in first })
  }

  subscript(text: String) -> Int? {
    if let place = places[text] { return place }
    let trimmed = String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    return places[trimmed] ?? trimmed.exactNumber.flatMap { numbers[$0] }
  }

  subscript(number: Double) -> Int? { numbers[number] }
}
