/// A rectangle of character cells, each split 2 × 4 by braille dots where Unicode is to be had.
struct TerminalCanvas {
  let width: Int
  let height: Int
  let style: TerminalStyle
  private var characters: [Character?]
  private var colors: [Int?]
  private var isBold: [Bool]
  /// Braille patterns being collected, one byte a cell.
  private var dots: [UInt8]

  init(width: Int, height: Int, style: TerminalStyle) {
    (self.width, self.height, self.style) = (width, height, style)
    characters = Array(repeating: nil, count: width * height)
    colors = Array(repeating: nil, count: width * height)
    isBold = Array(repeating: false, count: width * height)
    dots = Array(repeating: 0, count: width * height)
  }

  mutating func put(_ character: Character, column: Int, row: Int, color: Int? = nil, bold: Bool = false) {
    guard (0..<width).contains(column), (0..<height).contains(row) else { return }
    let index = row * width + column
    (characters[index], colors[index], dots[index], isBold[index]) = (character, color, 0, bold)
  }

  mutating func put(_ text: String, column: Int, row: Int, color: Int? = nil, bold: Bool = false) {
    for (offset, character) in text.enumerated() {
      put(character, column: column + offset, row: row, color: color, bold: bold)
    }
  }

  /// Bit of the dot at column 0…1 and row 0…3 of a cell (Unicode block "Braille Patterns").
  private static let dotBits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

  /// A dot; `x` counts half cells from the left and `y` quarter cells from the top.
  mutating func dot(x: Int, y: Int, color: Int?) {
    guard x >= 0, y >= 0, x / 2 < width, y / 4 < height else { return }
    let index = y / 4 * width + x / 2
    dots[index] |= Self.dotBits[y % 4][x % 2]
    characters[index] = Character(Unicode.Scalar(0x2800 + UInt32(dots[index]))!)
    colors[index] = color
  }

  /// What of a line is drawn: the first `on` of every `period` dots.
  struct Pattern {
    var period: Int
    var on: Int

    static let solid = Pattern(period: 1, on: 1)
    static let dashed = Pattern(period: 6, on: 3)
  }

  /// A line between two places, in cells (fractions count). ASCII draws `letter`.
  mutating func line(
    from a: (x: Double, y: Double), to b: (x: Double, y: Double), color: Int?, letter: Character, pattern: Pattern
  ) {
    let (sx, sy) = style.usesUnicode ? (2.0, 4.0) : (1.0, 1.0)
    let (x0, y0, x1, y1) = (a.x * sx, a.y * sy, b.x * sx, b.y * sy)
    // Dashes count along the longer side, so that a line of many short pieces keeps its rhythm.
    let isSteep = abs(y1 - y0) > abs(x1 - x0)
    let steps = max(1, Int(max(abs(x1 - x0), abs(y1 - y0)).rounded(.up)))
    for step in 0...steps {
      let t = Double(step) / Double(steps)
      let x = Int((x0 + t * (x1 - x0)).rounded(.down))
      let y = Int((y0 + t * (y1 - y0)).rounded(.down))
      // ASCII has letters to tell lines apart: only dashes show there.
      let (period, on) = style.usesUnicode ? (pattern.period, pattern.on) : pattern.period == 6 ? (2, 1) : (1, 1)
      if (isSteep ? y : x) % period >= on { continue }
      if style.usesUnicode {
        dot(x: x, y: y, color: color)
      } else {
        put(letter, column: x, row: y, color: color)
      }
    }
  }

  /// Rows of text without blanks at their ends.
  func lines() -> [String] {
    (0..<height).map { row in
      var result = ""
      let cells = (row * width)..<((row + 1) * width)
      let last = cells.last { characters[$0] != nil && characters[$0] != " " } ?? cells.lowerBound - 1
      var index = cells.lowerBound
      while index <= last {
        var end = index
        var text = ""
        while end <= last, colors[end] == colors[index], isBold[end] == isBold[index] {
          text.append(characters[end] ?? " ")
          end += 1
        }
        result += isBold[index] ? style.bold(text) : style.colored(text, colors[index])
        index = end
      }
      return result
    }
  }
}
