import Foundation
import Myelin

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The texts of one SVG picture and the boxes that they fill, estimated with the widest font that a reader may have.
public struct PictureText {
  public struct Label {
    public var text: String
    package var box: LabelBox
  }

  public var title = ""
  public var width = 0.0
  public var height = 0.0
  public var labels: [Label] = []

  /// All pictures in a picture or a page. A page's first line may be `<!DOCTYPE html>`.
  public static func pictures(in markup: String) -> [PictureText] {
    let reader = Reader()
    let body = markup.hasPrefix("<!DOCTYPE") ? String(markup.drop { $0 != "\n" }.dropFirst()) : markup
    let parser = XMLParser(data: Data(body.utf8))
    parser.delegate = reader
    return parser.parse() ? reader.pictures : []
  }

  /// What is wrong with it, a line each: texts that lie on another or are cut at the border.
  public var clashes: [String] {
    var result: [String] = []
    for (index, label) in labels.enumerated() {
      let box = label.box
      if box.minX < -0.5 || box.minY < -0.5 || box.maxX > width + 0.5 || box.maxY > height + 0.5 {
        result.append("\(title) (\(width)×\(height)): \"\(label.text)\" is cut")
      }
      for other in labels[..<index] where box.overlaps(other.box) {
        result.append("\(title) (\(width)×\(height)): \"\(label.text)\" lies on \"\(other.text)\"")
      }
    }
    return result
  }
}

private final class Reader: NSObject, XMLParserDelegate {
  var pictures: [PictureText] = []
  private var attributes: [String: String] = [:]
  private var text: String?

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    if name == "svg" {
      var picture = PictureText()
      picture.width = Double(attributes["width"] ?? "") ?? 0
      picture.height = Double(attributes["height"] ?? "") ?? 0
      pictures.append(picture)
    }
    guard name == "text" || (name == "title" && !pictures.isEmpty) else { return }
    self.attributes = attributes
    text = ""
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text? += string }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    guard let text, !pictures.isEmpty else { return }
    if name == "title" {
      // The first is the picture's, the others tell the values of its marks.
      if pictures[pictures.count - 1].title.isEmpty { pictures[pictures.count - 1].title = text }
    } else if name == "text", !text.isEmpty {
      pictures[pictures.count - 1].labels.append(.init(text: text, box: box(text)))
    } else {
      return
    }
    self.text = nil
  }

  /// As the browser places it: anchor, then transformation.
  private func box(_ text: String) -> LabelBox {
    let classes = (attributes["class"] ?? "").split(separator: " ")
    let isTitle = classes.contains("title")
    let size = isTitle ? TextMetrics.titleSize : TextMetrics.size
    let width = TextMetrics.width(text, size: size, isBold: isTitle)
    let x = Double(attributes["x"] ?? "0") ?? 0
    let y = Double(attributes["y"] ?? "0") ?? 0
    let anchor = classes.contains("cell") ? "middle" : attributes["text-anchor"] ?? "start"
    let start = anchor == "middle" ? x - width / 2 : anchor == "end" ? x - width : x
    var box = LabelBox(
      x: start, y: y - size * TextMetrics.ascent, width: width,
      height: size * (TextMetrics.ascent + TextMetrics.descent))
    // Right to left, as transformations apply.
    let transform = attributes["transform"] ?? ""
    for step in transform.split(separator: ")").reversed() {
      let parts = step.split { " (,".contains($0) }
      let numbers = parts.dropFirst().compactMap { Double($0) }
      switch parts.first {
      case "rotate":
        let center = numbers.count == 3 ? Plot.Point(numbers[1], numbers[2]) : Plot.Point(0, 0)
        box = box.rotated(numbers[0], about: center)
      case "translate":
        box.corners = box.corners.map { Plot.Point($0.x + numbers[0], $0.y + numbers[1]) }
      default: break
      }
    }
    return box
  }
}
