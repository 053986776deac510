import Myelin

/// Pictures of a report with boxes drawn into them.
struct SceneDrawing {
  private static let scale = 4
  /// From which score on a box is drawn and counted.
  static let least: Float = 0.3
  private static let most = 8

  let classNames: [String]

  init(_ classNames: [String]) { self.classNames = classNames }

  /// Bright ones of Okabe and Ito's, which stand out on photographs, and on light and dark paper around them.
  private static let colors: [(name: String, bytes: [UInt8])] = [
    ("orange", [230, 159, 0]), ("blue", [86, 180, 233]), ("green", [0, 158, 115]), ("yellow", [240, 228, 66]),
    ("purple", [204, 121, 167]), ("red", [213, 94, 0]),
  ]

  /// The boxes of the first test pictures, and of those with the most mistakes.
  func groups(_ scenes: [Scene], _ found: [[Detection]]) -> [PictureGroup] {
    let judged = zip(scenes, found).map { judge($0, $1.filter { $0.score >= SceneDrawing.least }) }
    let order = judged.indices.sorted { (judged[$0].mistakes, $1) > (judged[$1].mistakes, $0) }
    let worst = order.prefix(SceneDrawing.most).filter { judged[$0].mistakes > 0 }
    let first = PictureGroup(
      "Found boxes",
      caption: "The first test pictures. True boxes are dashed in white, found ones with a score of "
        + "\(SceneDrawing.least) or more \(legend).",
      items: judged.prefix(SceneDrawing.most).map(\.item), tileWidth: 14)
    if worst.isEmpty { return [first] }
    return [
      first,
      PictureGroup(
        "Worst mistakes", caption: "Test pictures with the most boxes that were missed, or found where there are none.",
        items: worst.map { judged[$0].item }, tileWidth: 14),
    ]
  }

  /// Some training pictures with their true boxes.
  func samples(_ scenes: [Scene]) -> PictureGroup {
    PictureGroup(
      "Sample pictures", caption: "Training pictures with their true boxes, \(legend).",
      items: scenes.prefix(SceneDrawing.most).map { scene in
        let names = scene.boxes.map { classNames[$0.label] }
        let counts = classNames.compactMap { name in
          let count = names.count { $0 == name }
          return count == 0 ? nil : "\(count) \(name)"
        }
        return .init(
          drawn(scene.picture, [], scene.boxes.map { ($0.box, $0.label) }), label: counts.joined(separator: ", "))
      }, tileWidth: 14)
  }

  private var legend: String {
    if classNames.count > SceneDrawing.colors.count { return "in the colour of their class" }
    return zip(SceneDrawing.colors, classNames).map { "\($0.name) (\($1))" }.joined(separator: ", ")
  }

  /// A found box is right where it is the first on a true one of its class that it overlaps by 0.5.
  private func judge(_ scene: Scene, _ found: [Detection]) -> (mistakes: Int, item: PictureGroup.Item) {
    var isTaken = [Bool](repeating: false, count: scene.boxes.count)
    var wrong: [String] = []
    for detection in found {
      let fitting = scene.boxes.indices.filter {
        !isTaken[$0] && scene.boxes[$0].label == detection.label
          && scene.boxes[$0].box.overlap(with: detection.box) >= 0.5
      }
      if let best = fitting.max(by: {
        scene.boxes[$0].box.overlap(with: detection.box) < scene.boxes[$1].box.overlap(with: detection.box)
      }) {
        isTaken[best] = true
      } else {
        wrong.append(classNames[detection.label])
      }
    }
    let missed = scene.boxes.indices.filter { !isTaken[$0] }.map { classNames[scene.boxes[$0].label] }
    func list(_ names: [String], _ what: String) -> String? {
      names.isEmpty
        ? nil
        : "\(what): "
          + Set(names).sorted().map { name in
            let count = names.count { $0 == name }
            return count == 1 ? name : "\(count) \(name)"
          }.joined(separator: ", ")
    }
    let note = [list(missed, "missed"), list(wrong, "false")].compactMap { $0 }.joined(separator: "; ")
    let picture = drawn(scene.picture, scene.boxes.map(\.box), found.map { ($0.box, $0.label) })
    return (
      missed.count + wrong.count,
      .init(picture, label: "\(scene.boxes.count - missed.count) of \(scene.boxes.count) found", note: note)
    )
  }

  /// The picture larger, with boxes.
  private func drawn(_ picture: Picture, _ dashed: [Box], _ boxes: [(box: Box, label: Int)]) -> Picture {
    let scale = SceneDrawing.scale
    let color = picture.converted(channels: 3)
    let (height, width) = (picture.height * scale, picture.width * scale)
    var bytes = [UInt8](repeating: 0, count: height * width * 3)
    for y in 0..<height {
      for x in 0..<width {
        let source = ((y / scale) * picture.width + x / scale) * 3
        for c in 0..<3 { bytes[(y * width + x) * 3 + c] = color.bytes[source + c] }
      }
    }
    func dot(_ x: Int, _ y: Int, _ color: [UInt8]) {
      guard (0..<width).contains(x), (0..<height).contains(y) else { return }
      for c in 0..<3 { bytes[(y * width + x) * 3 + c] = color[c] }
    }
    func outline(_ box: Box, thickness: Int, _ color: (Int) -> [UInt8]) {
      func place(_ side: Float, _ size: Int) -> Int { min(max(Int((side * Float(scale)).rounded()), 0), size - 1) }
      let (left, right) = (place(box.left, width), place(box.right, width))
      let (top, bottom) = (place(box.top, height), place(box.bottom, height))
      guard left <= right, top <= bottom else { return }
      for inset in 0..<thickness {
        for x in left...right { for y in [top + inset, bottom - inset] { dot(x, y, color(x)) } }
        for y in top...bottom { for x in [left + inset, right - inset] { dot(x, y, color(y)) } }
      }
    }
    for (box, label) in boxes {
      let color = SceneDrawing.colors[label % SceneDrawing.colors.count].bytes
      outline(box, thickness: 2) { _ in color }
    }
    // White and black in turn is seen on any ground.
    for box in dashed { outline(box, thickness: 1) { $0 / 4 % 2 == 0 ? [255, 255, 255] : [0, 0, 0] } }
    return Picture(height: height, width: width, channels: 3, bytes: bytes)
  }
}
