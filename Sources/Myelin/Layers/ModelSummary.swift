/// A model's layers with their sizes: what ``Module/summary()`` gives. Printing it gives a table.
public struct ModelSummary: Sendable, Codable, CustomStringConvertible {
  /// A layer, or a parameter of a module that has layers besides.
  public struct Row: Sendable, Codable {
    /// Property path; empty for a model that is one layer.
    public let name: String
    /// As in `Dense(784, 512, relu)`.
    public let type: String
    /// What it gave for the example; nil without one, or where the layer was not called.
    public let outputShape: [Int]?
    /// Scalars in its own parameters.
    public let parameterCount: Int
  }
  /// In the order of the properties.
  public let rows: [Row]
  /// Scalars in all parameters.
  public let parameterCount: Int
  /// Those that are not frozen.
  public let trainableCount: Int
  /// Scalars in all buffers.
  public let bufferCount: Int
  /// Memory of the parameters and buffers.
  public var bytes: Int { 4 * (parameterCount + bufferCount) }

  /// The same for a terminal of this width: cells that do not fit are broken.
  package func text(width: Int, style: TerminalStyle = TerminalStyle()) -> String {
    let hasShapes = rows.contains { $0.outputShape != nil }
    let table = TextTable(
      ["layer", "type"] + (hasShapes ? ["output"] : []) + ["parameters"],
      rows: rows.map { row in
        [row.name.isEmpty ? "–" : row.name, row.type]
          + (hasShapes ? [row.outputShape.map { Shape($0).description } ?? "–"] : [])
          + [row.parameterCount.groupedByThousands]
      })
    return table.terminal(width: width, style: style) + "\n" + total
  }

  public var description: String {
    let header = ["layer", "type", "output", "parameters"]
    let hasShapes = rows.contains { $0.outputShape != nil }
    let lines =
      [header]
      + rows.map { row in
        let shape = row.outputShape.map { Shape($0).description } ?? "–"
        return [row.name.isEmpty ? "–" : row.name, row.type, shape, row.parameterCount.groupedByThousands]
      }
    let columns = hasShapes ? [0, 1, 2, 3] : [0, 1, 3]
    let widths = columns.map { column in lines.map { $0[column].count }.max() ?? 0 }
    var text = ""
    for line in lines {
      let cells = zip(columns, widths).map { column, width in
        let padding = String(repeating: " ", count: width - line[column].count)
        return column == 3 ? padding + line[column] : line[column] + padding
      }
      text += cells.joined(separator: "  ") + "\n"
    }
    return text + total
  }

  private var total: String {
    var text = "\(parameterCount.groupedByThousands) parameters, \(bytes.asByteCount)"
    let frozen = parameterCount - trainableCount
    if frozen > 0 { text += ", \(frozen.groupedByThousands) of them frozen" }
    if bufferCount > 0 { text += ", \(bufferCount.groupedByThousands) in buffers" }
    return text
  }
}

extension Module {
  /// The layers and their parameters.
  public func summary() -> ModelSummary { summary(outputShapes: [:]) }

  /// The layers, what each gives for `input`, and their parameters. Runs the model once and puts buffers and the random
  /// stream back.
  public func summary(input: Input) -> ModelSummary {
    let snapshot = ModelSnapshot(namedBuffers.map(\.buffer))
    defer { snapshot.putBack() }
    let trace = LayerTrace(of: self, recordsEverything: true)
    // What the input goes through is on the tape only where the input itself is.
    var input = input
    if var tensor = input as? Tensor {
      tensor.node = LeafNode(leaf: tensor.shape)
      input = tensor as! Input
    }
    Observation.by(trace) { Tape.recording { _ = self(input) } }
    return summary(outputShapes: trace.outputShapes)
  }

  private func summary(outputShapes: [String: Shape]) -> ModelSummary {
    var modules: [(path: String, module: any Module)] = []
    var parameters: [(path: String, parameter: Parameter)] = []
    var bufferCount = 0
    walkModule(self) { path, element in
      switch element {
      case .module(let module, _): modules.append((path, module))
      case .parameter(let parameter): parameters.append((path, parameter))
      case .buffer(let buffer): bufferCount += buffer.count
      }
    }
    func contains(_ outer: String, _ inner: String) -> Bool {
      outer.isEmpty ? !inner.isEmpty : inner.hasPrefix(outer + ".")
    }
    // A layer is a module without modules in it.
    let layers = modules.filter { module in !modules.contains { contains(module.path, $0.path) } }
    var rows = layers.map { path, module in
      let own = parameters.filter { contains(path, $0.path) }
      return ModelSummary.Row(
        name: path, type: (module as? any CustomStringConvertible)?.description ?? "\(type(of: module))",
        outputShape: outputShapes[path].map(Array.init), parameterCount: own.reduce(0) { $0 + $1.parameter.count })
    }
    for (path, parameter) in parameters where !layers.contains(where: { contains($0.path, path) }) {
      rows.append(
        .init(
          name: path, type: "Parameter\(parameter.shape)", outputShape: nil, parameterCount: parameter.count))
    }
    return ModelSummary(
      rows: rows, parameterCount: parameters.reduce(0) { $0 + $1.parameter.count },
      trainableCount: parameters.reduce(0) { $0 + ($1.parameter.isTrainable ? $1.parameter.count : 0) },
      bufferCount: bufferCount)
  }
}

extension Module where Input == Tensor {
  /// As ``summary(input:)``, on zeros of a shape: `model.summary(inputShape: [1, 784])`.
  public func summary(inputShape: Shape) -> ModelSummary { summary(input: Tensor(zeros: inputShape)) }
}

extension Int {
  /// 1234567 as "1,234,567".
  fileprivate var groupedByThousands: String {
    var groups: [Substring] = []
    var digits = Substring(String(self))
    while digits.count > 3 {
      groups.insert(digits.suffix(3), at: 0)
      digits = digits.dropLast(3)
    }
    return ([digits] + groups).joined(separator: ",")
  }

  /// With one decimal in KB, MB or GB (powers of 1000).
  fileprivate var asByteCount: String {
    let (value, unit): (Double, String) =
      switch self {
      case ..<1000: (Double(self), "bytes")
      case ..<1_000_000: (Double(self) / 1e3, "KB")
      case ..<1_000_000_000: (Double(self) / 1e6, "MB")
      default: (Double(self) / 1e9, "GB")
      }
    return self < 1000 ? "\(self) bytes" : "\((value * 10).rounded() / 10) \(unit)"
  }
}
