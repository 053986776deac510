/// A formula typed by a user, such as `(x^4 + 2) * cos(x)`: parsed once, evaluated with any calculus number, so that
/// its derivatives are exact too.
///
/// Numbers, `pi`, `e`, the variables given, `+ - * / ^`, parentheses, and `exp log sqrt sin cos tan sinh cosh tanh atan
/// abs sigmoid relu`. `^` binds tighter than a sign before it and to the right: −x^2 is −(x²), 2^3^2 is 2⁹.
public struct Formula: Sendable, CustomStringConvertible {
  private indirect enum Node: Sendable {
    case constant(Double)
    case variable(Int)
    case negative(Node)
    case binary(Character, Node, Node)
    case call(String, Node)
  }

  public let description: String
  /// Names of the variables, in the order of the values that it is called with.
  public let variables: [String]
  private let root: Node

  /// - Throws: `FormulaError` that names the place and what was expected there.
  public init(_ text: String, variables: [String]) throws {
    description = text
    self.variables = variables
    var parser = Parser(text, variables: variables)
    root = try parser.parse()
  }

  /// The value for these values of the variables.
  public func callAsFunction<S: CalculusScalar>(_ values: [S]) -> S {
    require(values.count == variables.count, "Formula: \(values.count) values for \(variables.count) variables")
    return Formula.evaluate(root, values)
  }

  /// Whether a variable occurs in it.
  public func uses(_ variable: String) -> Bool {
    guard let index = variables.firstIndex(of: variable) else { return false }
    func find(_ node: Node) -> Bool {
      switch node {
      case .constant: false
      case .variable(let other): other == index
      case .negative(let inner), .call(_, let inner): find(inner)
      case .binary(_, let left, let right): find(left) || find(right)
      }
    }
    return find(root)
  }

  private static func evaluate<S: CalculusScalar>(_ node: Node, _ values: [S]) -> S {
    switch node {
    case .constant(let value): return S(value)
    case .variable(let index): return values[index]
    case .negative(let inner): return -evaluate(inner, values)
    case .call(let name, let inner): return call(name, evaluate(inner, values))
    case .binary(let symbol, let left, let right):
      let a = evaluate(left, values)
      switch symbol {
      case "+": return a + evaluate(right, values)
      case "-": return a - evaluate(right, values)
      case "*": return a * evaluate(right, values)
      case "/": return a / evaluate(right, values)
      default:
        // A constant exponent also allows a negative base.
        if let exponent = constant(right) { return pow(a, exponent) }
        return pow(a, evaluate(right, values))
      }
    }
  }

  /// The value of a part without variables.
  private static func constant(_ node: Node) -> Double? {
    switch node {
    case .constant(let value): return value
    case .variable: return nil
    case .negative(let inner): return constant(inner).map { -$0 }
    case .call(let name, let inner): return constant(inner).map { call(name, $0) }
    case .binary(_, let left, let right):
      guard constant(left) != nil, constant(right) != nil else { return nil }
      return evaluate(node, [Double]())
    }
  }

  fileprivate static let functions: Set<String> = [
    "exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "atan", "abs", "sigmoid", "relu",
  ]

  private static func call<S: CalculusScalar>(_ name: String, _ x: S) -> S {
    switch name {
    case "exp": exp(x)
    case "log": log(x)
    case "sqrt": sqrt(x)
    case "sin": sin(x)
    case "cos": cos(x)
    case "tan": tan(x)
    case "sinh": sinh(x)
    case "cosh": cosh(x)
    case "tanh": tanh(x)
    case "atan": atan(x)
    case "abs": abs(x)
    case "sigmoid": sigmoid(x)
    default: relu(x)
    }
  }

  /// Recursive descent: sum → product → sign → power → atom.
  private struct Parser {
    private let characters: [Character]
    private let variables: [String]
    private var position = 0
    private var depth = 0

    init(_ text: String, variables: [String]) {
      characters = Array(text)
      self.variables = variables
    }

    mutating func parse() throws -> Node {
      let node = try sum()
      guard position == characters.count else { throw failure("an operator or the end") }
      return node
    }

    private func failure(_ expected: String) -> FormulaError {
      let found = position < characters.count ? "\"\(characters[position])\"" : "the end"
      return FormulaError(
        description: "\"\(String(characters))\", character \(position + 1): expected \(expected), found \(found)")
    }

    private mutating func take(_ symbols: String) -> Character? {
      while position < characters.count, characters[position].isWhitespace { position += 1 }
      guard position < characters.count, symbols.contains(characters[position]) else { return nil }
      defer { position += 1 }
      return characters[position]
    }

    private mutating func sum() throws -> Node {
      depth += 1
      defer { depth -= 1 }
      guard depth < 200 else { throw failure("fewer than 200 nested parentheses") }
      var node = try product()
      while let symbol = take("+-") { node = .binary(symbol, node, try product()) }
      return node
    }

    private mutating func product() throws -> Node {
      var node = try signed()
      while let symbol = take("*/") { node = .binary(symbol, node, try signed()) }
      return node
    }

    private mutating func signed() throws -> Node {
      var isNegative = false
      while let sign = take("+-") { if sign == "-" { isNegative.toggle() } }
      let node = try power()
      return isNegative ? .negative(node) : node
    }

    private mutating func power() throws -> Node {
      let base = try atom()
      guard take("^") != nil else { return base }
      depth += 1
      defer { depth -= 1 }
      guard depth < 200 else { throw failure("fewer than 200 nested powers") }
      return .binary("^", base, try signed())
    }

    private mutating func atom() throws -> Node {
      if take("(") != nil {
        let node = try sum()
        guard take(")") != nil else { throw failure("\")\"") }
        return node
      }
      let start = position
      if position < characters.count, characters[position].isNumber || characters[position] == "." {
        while position < characters.count, characters[position].isNumber || characters[position] == "." {
          position += 1
        }
        guard let value = Double(String(characters[start..<position])) else {
          position = start
          throw failure("a number")
        }
        return .constant(value)
      }
      while position < characters.count, characters[position].isLetter { position += 1 }
      let name = String(characters[start..<position])
      if let index = variables.firstIndex(of: name) { return .variable(index) }
      if name == "pi" { return .constant(.pi) }
      if name == "e" { return .constant(2.718281828459045) }
      if Formula.functions.contains(name) {
        guard take("(") != nil else { throw failure("\"(\" after \(name)") }
        let argument = try sum()
        guard take(")") != nil else { throw failure("\")\"") }
        return .call(name, argument)
      }
      position = start
      throw failure("a number, \(variables.joined(separator: ", ")) or a function such as sin(x)")
    }
  }
}

/// A formula that cannot be read.
public struct FormulaError: Error, Equatable, CustomStringConvertible {
  public var description: String
}
