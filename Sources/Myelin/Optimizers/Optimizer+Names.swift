// Groups of parameters by their names.

extension Optimizer {
  /// Sets options of the parameters whose name a pattern fits, in which `*` stands for any characters.
  ///
  /// ```swift
  /// optimizer.configure(named: "*.bias", weightDecay: 0)
  /// optimizer.configure(named: "blocks.*.attention.*", learningRateScale: 0.5)
  /// ```
  /// Precondition: it fits at least one; names are those of ``Module/parameters``.
  ///
  /// - Parameters:
  ///   - pattern: as in `embedding.*`.
  ///   - learningRateScale: what the learning rate is multiplied by; nil leaves it.
  ///   - weightDecay: λ; nil leaves it.
  ///   - movesTouchedRowsOnly: whether only rows with a gradient move, as in
  ///     ``configure(where:learningRateScale:weightDecay:movesTouchedRowsOnly:)``; nil leaves it.
  public func configure(
    named pattern: String, learningRateScale: Float? = nil, weightDecay: Float? = nil,
    movesTouchedRowsOnly: Bool? = nil
  ) {
    let names = parameters.map(\.name)
    require(
      names.contains { Self.fits($0, pattern) },
      "configure: no parameter is called \"\(pattern)\"; there are \(names.prefix(20).joined(separator: ", "))")
    configure(
      where: { Self.fits($0.name, pattern) }, learningRateScale: learningRateScale, weightDecay: weightDecay,
      movesTouchedRowsOnly: movesTouchedRowsOnly)
  }

  /// Whether a name is what a pattern says, in which `*` stands for any characters, also none.
  static func fits(_ name: String, _ pattern: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard parts.count > 1 else { return name == pattern }
    guard name.hasPrefix(parts[0]) else { return false }
    var rest = name.dropFirst(parts[0].count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let place = rest.firstRange(of: part) else { return false }
      rest = rest[place.upperBound...]
    }
    return rest.hasSuffix(parts[parts.count - 1])
  }
}
