import Foundation
import Myelin

/// A small graph as a picture: nodes that are joined come near each other (Fruchterman and Reingold 1991).
enum GraphDrawing {
  /// Graphs with more nodes are a ball of wool.
  static let mostNodes = 300
  private static let side = 480
  private static let colours: [(Float, Float, Float)] = [
    (31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189), (140, 86, 75), (227, 119, 194),
    (188, 189, 34), (23, 190, 207), (127, 127, 127),
  ]

  /// The graph by the classes that were predicted; nothing for a large one.
  static func group(_ samples: NodeSamples, classes: [Int32], names: [String]) -> [PictureGroup] {
    let graph = samples.graph
    guard (2...mostNodes).contains(graph.nodeCount), names.count <= colours.count else { return [] }
    let judged = Set(samples.nodes)
    let wrong = judged.filter { classes[Int($0)] != samples.labels[Int($0)] }
    let shown = names.enumerated().map {
      "\($1) \(["blue", "orange", "green", "red", "violet", "brown", "pink", "olive", "cyan", "grey"][$0])"
    }
    let caption =
      "Each node in the colour of the class that is predicted (\(shown.joined(separator: ", "))). Large: nodes to learn "
      + "from. A black ring: wrong (\(wrong.count) of \(judged.count))."
    return [
      PictureGroup(
        "The graph", caption: caption,
        items: [
          .init(
            picture(graph, classes: classes, known: Set(samples.known), wrong: wrong),
            label: "\(graph.nodeCount) nodes")
        ], tileWidth: 30)
    ]
  }

  /// Where each node is, in 0…1.
  static func places(_ graph: Graph) -> [(x: Float, y: Float)] {
    let count = graph.nodeCount
    let length = 1 / Float(count).squareRoot()
    var places = (0..<count).map { node -> (x: Float, y: Float) in
      let angle = 2 * Float.pi * Float(node) / Float(count)
      return (0.5 + 0.4 * cos(angle), 0.5 + 0.4 * sin(angle))
    }
    for round in 0..<300 {
      let most = 0.1 * (1 - Float(round) / 300)
      var moves = [(x: Float, y: Float)](repeating: (0, 0), count: count)
      for a in 0..<count {
        for b in 0..<count where a != b {
          let (dx, dy) = (places[a].x - places[b].x, places[a].y - places[b].y)
          let push = length * length / max(dx * dx + dy * dy, 1e-6)
          moves[a].x += dx * push
          moves[a].y += dy * push
        }
        for neighbor in graph.edges.columns(ofRow: a) where Int(neighbor) != a {
          let (dx, dy) = (places[a].x - places[Int(neighbor)].x, places[a].y - places[Int(neighbor)].y)
          let pull = (dx * dx + dy * dy).squareRoot() / length
          moves[a].x -= dx * pull
          moves[a].y -= dy * pull
        }
        // Parts that nothing joins stay on the sheet.
        moves[a].x -= (places[a].x - 0.5) * 0.05
        moves[a].y -= (places[a].y - 0.5) * 0.05
      }
      for a in 0..<count {
        let size = (moves[a].x * moves[a].x + moves[a].y * moves[a].y).squareRoot()
        let step = size > most ? most / size : 1
        places[a].x += moves[a].x * step
        places[a].y += moves[a].y * step
      }
    }
    let (xs, ys) = (places.map(\.x), places.map(\.y))
    let (left, top) = (xs.min() ?? 0, ys.min() ?? 0)
    let size = max((xs.max() ?? 1) - left, (ys.max() ?? 1) - top, 1e-6)
    return places.map { (($0.x - left) / size, ($0.y - top) / size) }
  }

  private static func picture(_ graph: Graph, classes: [Int32], known: Set<Int32>, wrong: Set<Int32>) -> Picture {
    var pixels = [Float](repeating: 255, count: side * side * 3)
    /// Lays a colour over a pixel.
    func mix(_ x: Int, _ y: Int, _ colour: (Float, Float, Float), _ share: Float) {
      guard share > 0, (0..<side).contains(x), (0..<side).contains(y) else { return }
      let place = 3 * (y * side + x)
      for (channel, value) in [colour.0, colour.1, colour.2].enumerated() {
        pixels[place + channel] += (value - pixels[place + channel]) * min(share, 1)
      }
    }
    func disc(_ x: Float, _ y: Float, _ radius: Float, _ colour: (Float, Float, Float)) {
      for row in Int(y - radius - 1)...Int(y + radius + 1) {
        for column in Int(x - radius - 1)...Int(x + radius + 1) {
          let (dx, dy) = (Float(column) - x, Float(row) - y)
          mix(column, row, colour, radius + 0.5 - (dx * dx + dy * dy).squareRoot())
        }
      }
    }
    let margin: Float = 16
    let places = places(graph).map {
      (x: margin + $0.x * (Float(side) - 2 * margin), y: margin + $0.y * (Float(side) - 2 * margin))
    }
    for node in 0..<graph.nodeCount {
      for neighbor in graph.edges.columns(ofRow: node) where Int(neighbor) < node {
        let (a, b) = (places[node], places[Int(neighbor)])
        let steps = Int(max(abs(a.x - b.x), abs(a.y - b.y), 1) * 2)
        for step in 0...steps {
          let share = Float(step) / Float(steps)
          let (x, y) = (a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share)
          mix(Int(x.rounded()), Int(y.rounded()), (170, 170, 170), 0.4)
        }
      }
    }
    for node in 0..<graph.nodeCount {
      let radius: Float = known.contains(Int32(node)) ? 9 : 6
      let (x, y) = places[node]
      if wrong.contains(Int32(node)) { disc(x, y, radius + 3, (0, 0, 0)) }
      disc(x, y, radius, colours[Int(classes[node])])
    }
    return Picture(height: side, width: side, channels: 3, bytes: pixels.map { UInt8(max(0, min(255, $0))) })
  }
}
