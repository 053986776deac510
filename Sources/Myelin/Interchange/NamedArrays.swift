/// Arrays by name, as an archive holds them. Names are told apart by their bytes: "é" may be one character or two of
/// Unicode, which are equal as Swift's strings and so as a dictionary's keys, but are two names in a file.
public struct NamedArrays: Equatable, Sendable, Sequence, ExpressibleByDictionaryLiteral {
  private struct ExactName: Hashable {
    let name: String

    static func == (a: ExactName, b: ExactName) -> Bool { a.name.utf8.elementsEqual(b.name.utf8) }

    func hash(into hasher: inout Hasher) {
      for byte in name.utf8 { hasher.combine(byte) }
    }
  }

  private var arrays: [ExactName: NumericArray] = [:]

  public typealias Key = String
  public typealias Value = NumericArray

  /// The arrays of a dictionary.
  public init(_ arrays: [String: NumericArray]) {
    for (name, array) in arrays { self[name] = array }
  }

  /// Of two equal names the last one counts.
  public init(dictionaryLiteral elements: (String, NumericArray)...) {
    for (name, array) in elements { self[name] = array }
  }

  /// Number of arrays.
  public var count: Int { arrays.count }
  /// Whether there is none.
  public var isEmpty: Bool { arrays.isEmpty }

  /// The names, sorted by their UTF-8 bytes.
  public var names: [String] { arrays.keys.map(\.name).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

  /// The array of that name; nil where there is none, and to remove it.
  public subscript(name: String) -> NumericArray? {
    get { arrays[ExactName(name: name)] }
    set { arrays[ExactName(name: name)] = newValue }
  }

  /// In any order.
  public func makeIterator() -> AnyIterator<(name: String, array: NumericArray)> {
    var inner = arrays.makeIterator()
    return AnyIterator { inner.next().map { ($0.key.name, $0.value) } }
  }
}
