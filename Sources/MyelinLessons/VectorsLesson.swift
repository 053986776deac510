import Foundation
import Myelin
import MyelinCalculus

enum VectorsLesson {
  static let lesson = Lesson(
    "vectors", title: "Vectors", summary: "magnitude and direction, from two points, equality, scalars, angle",
    options: [
      Lesson.Option("a", "1,1", "the point A"),
      Lesson.Option("b", "3,2", "the point B"),
      Lesson.Option("k", "1.5", "a scalar to multiply by"),
    ]
  ) { try document($0) }

  private static func document(_ values: LessonValues) throws -> Document {
    let a = Vector(try values.numbers("a", count: 2))
    let b = Vector(try values.numbers("b", count: 2))
    let k = try values.number("k", in: -1000...1000)
    let ab = Vector(from: a, to: b)
    func text(_ v: Vector) -> String { tuple(v.components) }

    var page = Document("Vectors")
    page.text(
      "A **scalar** is a number: it has a size. A **vector** has a size, its magnitude, and a direction. A network's "
        + "inputs, weights and gradients are vectors; a loss or a learning rate is a scalar.")
    page.table(
      TextTable(
        ["scalar", "vector"],
        rows: [
          ["temperature: 21 °C", "wind: 12 m/s from the north-west"],
          ["speed: 50 km/h", "velocity: 50 km/h along the road"],
          ["distance: 3 km", "displacement: 3 km to the east"],
          ["mass, time, energy", "force, acceleration"],
          ["loss, learning rate", "inputs, weights, gradient"],
        ]))
    page.heading("From one point to another")
    page.formula(
      "OA = \(text(a))        OB = \(text(b))",
      "AB = OB − OA = (\(short(b[0])) − \(factor(a[0])), \(short(b[1])) − \(factor(a[1]))) = \(text(ab))")
    var plot = Plot(
      "OA + AB = OB", summary: "The vectors from the origin to A and to B, and from A to B.", x: Plot.Axis("x"),
      y: Plot.Axis("y"), hasEqualUnits: true)
    let (pa, pb) = (Plot.Point(a[0], a[1]), Plot.Point(b[0], b[1]))
    plot.add(.vector(to: pa, label: "OA"))
    plot.add(.vector(to: pb, label: "OB"))
    plot.add(.vector(from: pa, to: pb, label: "AB"))
    plot.add(.text("A \(text(a))", at: pa))
    plot.add(.text("B \(text(b))", at: pb))
    page.figure(plot)

    page.heading("Magnitude and direction")
    let square = ab.dot(ab)
    page.formula(
      "|AB| = √(\(factor(ab[0]))² + \(factor(ab[1]))²) = √\(short(square)) = \(short(ab.magnitude, 7))")
    if let direction = ab.direction, let heading = ab.heading {
      page.text(
        "Divided by its magnitude, AB keeps its direction and has length 1: \(text(direction)). It points "
          + "\(short(heading * 180 / .pi))° from the x axis, counterclockwise.")
    } else {
      page.text("A and B are the same point: AB is the zero vector, which has magnitude 0 and no direction.")
    }

    page.heading("Equality")
    let shift: Vector = [-2, 1.5]
    let cd = Vector(from: a + shift, to: b + shift)
    page.text(
      "Two vectors are equal when they have the same magnitude and direction, wherever they start. From "
        + "C = \(text(a + shift)) to D = \(text(b + shift)): CD = \(text(cd)), which \(cd == ab ? "equals" : "is not") "
        + "AB. BA = \(text(-ab)) is as long but points back, so it \(-ab == ab ? "equals AB too" : "does not equal AB")."
    )

    page.heading("Times a scalar")
    let scaled = k * ab
    page.formula(
      "k·AB = \(short(k))·\(text(ab)) = \(text(scaled))",
      "|k·AB| = |\(short(k))|·|AB| = \(short(scaled.magnitude, 7))")
    page.text(
      k > 0
        ? "A positive scalar stretches or shrinks a vector and keeps its direction."
        : k < 0 ? "A negative scalar also turns it round." : "Zero leaves nothing of it.")

    page.heading("Dot product and angle")
    let dot = a.dot(b)
    page.formula("OA·OB = \(factor(a[0]))·\(factor(b[0])) + \(factor(a[1]))·\(factor(b[1])) = \(short(dot))")
    if let angle = a.angle(to: b) {
      page.formula(
        "cos φ = OA·OB / (|OA| |OB|) = \(short(dot)) / (\(short(a.magnitude)) · \(short(b.magnitude))) = "
          + "\(short(Foundation.cos(angle)))",
        "φ = \(short(angle * 180 / .pi))°")
      page.text(
        "The dot product is large when two vectors point the same way, 0 at a right angle, negative when they point "
          + "apart. A neuron computes w·x: how far the input points the way of the weights.")
    } else {
      page.text("One of the two is the zero vector: the angle between them does not exist.")
    }
    page.tryThis([
      ("myelin learn vectors --a 0,0 --b 3,4", "the triangle 3, 4, 5"),
      ("myelin learn vectors --a 1,0 --b 0,1", "a right angle: what is the dot product?"),
      ("myelin learn vectors --k -1", "the vector turned round"),
    ])
    return page
  }
}
