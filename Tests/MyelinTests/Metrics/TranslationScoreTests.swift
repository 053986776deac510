import Myelin
import XCTest

/// Golden values by `Tests/golden/translation.py`.
final class TranslationScoreTests: XCTestCase {
  private let pairs = [
    ("Hunden springer i parken.", "Hunden springer i parken."),
    ("Jag vet inte, men 3,5 - 4 km är långt!", "Jag vet inte men 3.5-4 km är väldigt långt!"),
    ("Han sade: \"Kom hit\" & gick (snabbt).", "Han sa: &quot;Kom hit&quot; och gick {snabbt}."),
    ("den den den den", "den katten och den hunden"),
    ("A b", "Something else entirely ..."),
    ("", "inte tom"),
    ("10-20, 1,000.5 e.g. U.S.A., well...", "10-20 , 1,000.5 e.g. the U.S.A. well ..."),
  ]

  func testScoresAreThoseOfTheReference() throws {
    for (range, bleu, chrF) in [
      (0..<7, 48.6974576, 47.66915993), (0..<1, 100, 100), (3..<5, 6.942088211, 10.77560592), (4..<5, 0, 0),
      (1..<3, 34.94188592, 42.21239695),
    ] {
      var (words, characters) = (BLEU(), ChrF())
      for (own, reference) in pairs[range] {
        // One at a time, merged as batches are.
        var (one, other) = (BLEU(), ChrF())
        one.add(own, reference: reference)
        other.add(own, reference: reference)
        words.merge(one)
        characters.merge(other)
      }
      XCTAssertEqual(try XCTUnwrap(words.score), bleu, accuracy: 1e-6, "\(range)")
      XCTAssertEqual(try XCTUnwrap(characters.score), chrF, accuracy: 1e-6, "\(range)")
    }
    XCTAssertNil(BLEU().score)
    XCTAssertNil(ChrF().score)
  }

  func testWordsOfASentence() {
    let expected = [
      ("Hunden springer i parken .", "Hunden springer i parken ."),
      ("Jag vet inte , men 3,5 - 4 km är långt !", "Jag vet inte men 3.5 - 4 km är väldigt långt !"),
      ("Han sade : \" Kom hit \" & gick ( snabbt ) .", "Han sa : \" Kom hit \" och gick { snabbt } ."),
      ("den den den den", "den katten och den hunden"), ("A b", "Something else entirely . . ."), ("", "inte tom"),
      (
        "10 - 20 , 1,000.5 e . g . U . S . A . , well . . .",
        "10 - 20 , 1,000.5 e . g . the U . S . A . well . . ."
      ),
    ]
    for (pair, words) in zip(pairs, expected) {
      XCTAssertEqual(BLEU.words(of: pair.0).joined(separator: " "), words.0)
      XCTAssertEqual(BLEU.words(of: pair.1).joined(separator: " "), words.1)
    }
  }

  func testEditErrors() {
    XCTAssertEqual(EditErrors.distance(Array("kitten"), Array("sitting")), 3)
    XCTAssertEqual(EditErrors.distance([Int](), [1, 2]), 2)
    var errors = EditErrors()
    errors.add([1, 2, 3], reference: [1, 3])
    var other = EditErrors()
    other.add([5], reference: [5])
    errors.merge(other)
    XCTAssertEqual(errors.measurements.map(\.value), [1 / 3, 1 / 2])
    XCTAssertEqual(EditErrors().measurements.map(\.value), [nil, nil])
  }
}
