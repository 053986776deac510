import Myelin

/// The lessons in the order in which they build on each other.
package enum Lessons {
  package static let all: [Lesson] = [
    PerceptronLesson.lesson, VectorsLesson.lesson, DerivativesLesson.lesson, GradientsLesson.lesson,
    ExtremaLesson.lesson, ActivationsLesson.lesson, ForwardLesson.lesson, BackpropLesson.lesson,
    GradientDescentLesson.lesson, XORLesson.lesson, FamiliesLesson.lesson,
  ]

  /// - Throws: `LessonError` that lists the lessons.
  package static func named(_ name: String) throws -> Lesson {
    guard let lesson = all.first(where: { $0.name == name }) else {
      throw LessonError("unknown lesson \"\(name)\"; \(DataError.suggestion(for: name, among: all.map(\.name)))")
    }
    return lesson
  }

  package struct Page: Sendable {
    package var file: String
    package var html: String
  }

  /// All lessons as a small book: a contents page (`index.html`) and a page each, linked.
  package static func book() throws -> [Page] {
    var contents = HTMLPage("Neural networks, from the perceptron to back-propagation")
    contents.paragraph(
      "Every number and every picture in these pages was computed by the Myelin library. "
        + "In a terminal, `myelin learn NAME` runs a lesson again with other numbers.".replacing("`", with: ""))
    contents.links(
      all.map { (text: $0.title, target: "\($0.name).html", note: "– " + $0.summary) }, isOrdered: true)
    var pages = [Page(file: "index.html", html: contents.html())]
    for (index, lesson) in all.enumerated() {
      var links = [(text: "Contents", target: "index.html")]
      if index > 0 { links.append(("← " + all[index - 1].title, all[index - 1].name + ".html")) }
      if index + 1 < all.count { links.append((all[index + 1].title + " →", all[index + 1].name + ".html")) }
      pages.append(Page(file: "\(lesson.name).html", html: try lesson.document().html(navigation: links)))
    }
    return pages
  }
}
