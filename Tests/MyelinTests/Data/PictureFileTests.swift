import Foundation
@testable import Myelin
import XCTest

/// Against what Pillow reads, by Tests/golden/pictures.py.
final class PictureFileTests: XCTestCase {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Pictures")

  private static func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

  private func golden() throws -> NamedArrays { try NPZ.read(Self.file("golden.npz")) }

  private func requireLibraries() throws {
    try XCTSkipUnless(PictureLibraryMissing.hasPNG && PictureLibraryMissing.hasJPEG, "built without libpng or libjpeg")
  }

  private func assertEqual(
    _ picture: Picture, _ expected: NumericArray, within tolerance: Int = 0, _ name: String, line: UInt = #line
  ) {
    XCTAssertEqual(
      [picture.height, picture.width] + (picture.channels == 1 ? [] : [3]), expected.shape, name, line: line)
    guard picture.bytes.count == expected.bytes.count else { return }
    let worst = zip(picture.bytes, expected.bytes).map { abs(Int($0) - Int($1)) }.max() ?? 0
    XCTAssertLessThanOrEqual(worst, tolerance, "\(name): \(worst) of 255 off", line: line)
  }

  func testReadsWhatPillowReads() throws {
    try requireLibraries()
    let golden = try golden()
    let names = golden.names.filter { !$0.contains("/") }
    XCTAssertEqual(names.count, 39)
    for name in names {
      // Versions of libjpeg-turbo smooth chroma in ways that differ by a unit, and YCCK's in the ink by another.
      assertEqual(
        try Picture(contentsOf: Self.file(name)), golden[name]!, within: name.hasSuffix(".jpg") ? 2 : 0, name)
    }
  }

  func testSizeIsThatOfThePicture() throws {
    try requireLibraries()
    for name in try golden().names where !name.contains("/") {
      let picture = try Picture(contentsOf: Self.file(name))
      let size = try Picture.size(of: DataFile.readRaw(Self.file(name)), source: name)
      XCTAssertEqual(
        [size.height, size.width, size.channels], [picture.height, picture.width, picture.channels], name)
    }
  }

  func testTheEightOrientationsShowOnePicture() throws {
    let stored = Picture(height: 2, width: 3, channels: 1, bytes: [1, 2, 3, 4, 5, 6])
    let shown: [(PictureOrientation, Int, [UInt8])] = [
      (.upright, 2, [1, 2, 3, 4, 5, 6]), (.mirrored, 2, [3, 2, 1, 6, 5, 4]), (.halfTurn, 2, [6, 5, 4, 3, 2, 1]),
      (.upsideDown, 2, [4, 5, 6, 1, 2, 3]), (.transposed, 3, [1, 4, 2, 5, 3, 6]),
      (.quarterTurn, 3, [4, 1, 5, 2, 6, 3]), (.transverse, 3, [6, 3, 5, 2, 4, 1]),
      (.threeQuarterTurn, 3, [3, 6, 2, 5, 1, 4]),
    ]
    for (orientation, height, bytes) in shown {
      let picture = stored.turned(orientation)
      XCTAssertEqual(picture.height, height, "\(orientation)")
      XCTAssertEqual(picture.bytes, bytes, "\(orientation)")
    }
  }

  func testOrientationOfDamagedExifIsUpright() throws {
    let file = try DataFile.readRaw(Self.file("orientation-6.jpg"))
    XCTAssertEqual(PictureOrientation(ofFile: file), .quarterTurn)
    for length in 0..<64 { XCTAssertEqual(PictureOrientation(ofFile: Array(file.prefix(length))), .upright) }
    var state: UInt64 = 1
    for _ in 0..<2000 {
      var damaged = Array(file.prefix(160))
      for _ in 0..<4 {
        state = state &* 6_364_136_223_846_793_005 &+ 1
        damaged[Int(state >> 33) % damaged.count] = UInt8(truncatingIfNeeded: state >> 25)
      }
      _ = PictureOrientation(ofFile: damaged)
    }
  }

  func testResizesAsPillow() throws {
    let golden = try golden()
    let cases = golden.names.filter { $0.hasPrefix("resized/") }
    XCTAssertEqual(cases.count, 7)
    for name in cases {
      let parts = name.split(separator: "/")
      let source = golden[String(parts[1])]!
      let size = parts[2].split(separator: "x").map { Int($0)! }
      let picture = Picture(
        height: source.shape[0], width: source.shape[1], channels: source.shape.count == 3 ? 3 : 1,
        bytes: Array(source.bytes))
      assertEqual(picture.resized(height: size[0], width: size[1]), golden[name]!, name)
    }
  }

  func testGreyAsPillow() throws {
    let golden = try golden()
    let source = golden["colour-8.png"]!
    let picture = Picture(height: 13, width: 18, channels: 3, bytes: Array(source.bytes))
    assertEqual(picture.converted(channels: 1), golden["grey/colour-8.png"]!, "grey")
    XCTAssertEqual(
      picture.converted(channels: 1).converted(channels: 3).converted(channels: 1).bytes,
      picture.converted(channels: 1).bytes)
  }

  func testFittingCoversAndCropsTheMiddle() {
    let wide = Picture(height: 2, width: 6, channels: 1, bytes: [0, 0, 10, 20, 0, 0, 0, 0, 30, 40, 0, 0])
    XCTAssertEqual(wide.fitted(height: 2, width: 2).bytes, [10, 20, 30, 40])
    let tall = Picture(height: 6, width: 2, channels: 1, bytes: [0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0])
    XCTAssertEqual(tall.fitted(height: 2, width: 2).bytes, [1, 2, 3, 4])
    for (height, width) in [(1, 1), (1, 50), (37, 3), (5, 5), (64, 64)] {
      let picture = Picture(height: 7, width: 13, channels: 3, bytes: [UInt8](repeating: 9, count: 273))
      let fitted = picture.fitted(height: height, width: width)
      XCTAssertEqual([fitted.height, fitted.width], [height, width])
      XCTAssertEqual(Set(fitted.bytes), [9])
    }
  }

  func testWrittenPNGIsReadBack() throws {
    try requireLibraries()
    for (height, width, channels) in [(1, 1, 1), (1, 1, 3), (5, 3, 3), (17, 40, 1), (64, 33, 3)] {
      let bytes = (0..<height * width * channels).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7 &+ 3 * $0) }
      let picture = Picture(height: height, width: width, channels: channels, bytes: bytes)
      XCTAssertEqual(try Picture.decode(picture.png(), source: "a.png"), picture)
    }
  }

  func testSheet() {
    let dark = Picture(height: 1, width: 2, channels: 1, bytes: [0, 1])
    let red = Picture(height: 1, width: 2, channels: 3, bytes: [9, 0, 0, 8, 0, 0])
    let sheet = Picture.sheet([dark, red, dark], columns: 2, gap: 1)
    XCTAssertEqual([sheet.height, sheet.width, sheet.channels], [5, 7, 3])
    XCTAssertEqual(
      Array(sheet.bytes[21..<42]), [255, 255, 255, 0, 0, 0, 1, 1, 1, 255, 255, 255, 9, 0, 0, 8, 0, 0, 255, 255, 255])
    XCTAssertEqual(sheet.bytes.count { $0 != 255 }, 18)
  }

  func testDamagedFilesAreToldInOneLineAndNothingElse() throws {
    try requireLibraries()
    // What the libraries print goes here.
    let log = try temporaryFolder(self).appendingPathComponent("stderr")
    try DataFile.write([], to: log)
    fflush(nil)
    let (kept, file) = (dup(2), open(log.path, O_WRONLY))
    dup2(file, 2)
    for (seed, name) in [
      "grey-1.png", "grey-16-interlaced.png", "colour-clear-8.png", "palette-clear.png", "grey.jpg", "colour-420.jpg",
      "progressive.jpg", "inks-ycck.jpg", "orientation-6.jpg",
    ].enumerated() {
      let refused = fuzz(try DataFile.readRaw(Self.file(name)), seed: UInt64(seed)) {
        _ = try Picture.decode($0, source: name)
      }
      XCTAssertGreaterThan(refused, 100, name)
    }
    fflush(nil)
    dup2(kept, 2)
    close(kept)
    close(file)
    XCTAssertEqual(try String(contentsOf: log, encoding: .utf8), "")
  }

  func testTruncatedFilesAreRefused() throws {
    try requireLibraries()
    for name in ["colour-8.png", "colour-interlaced.png", "colour-444.jpg", "progressive.jpg", "grey.jpg"] {
      let file = try DataFile.readRaw(Self.file(name))
      // A JPEG that lacks only the marker of its end is whole.
      for length in stride(from: file.count - 3, to: 3, by: -1) where length < file.count - 3 || name.hasSuffix("png") {
        XCTAssertThrowsError(try Picture.decode(Array(file.prefix(length)), source: name), "\(name) cut at \(length)")
      }
    }
    XCTAssertEqual(
      errorLine { try Picture.decode(Array(DataFile.readRaw(Self.file("colour-8.png")).prefix(400)), source: "a.png") },
      "a.png: truncated: the file ends inside the PNG data")
  }

  func testEnormousPicturesAreRefusedBeforeMemoryIsTaken() throws {
    try requireLibraries()
    var png = try DataFile.readRaw(Self.file("colour-8.png"))
    png.replaceSubrange(16..<24, with: [0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff])
    let header = Array(png[12..<29])
    png.replaceSubrange(29..<33, with: withUnsafeBytes(of: header.withUnsafeBytes(Gzip.checksum).bigEndian, Array.init))
    XCTAssertEqual(
      errorLine { try Picture.decode(png, source: "a.png") },
      "a.png: 65535 x 65535 pixels are more than are read, 65535 a side and 134217728 in all")
    var jpeg = try DataFile.readRaw(Self.file("progressive.jpg"))
    let frame = try XCTUnwrap(jpeg.indices.first { jpeg[$0] == 0xff && jpeg[$0 + 1] == 0xc2 })
    jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0xff, 0, 0xff, 0])
    XCTAssertEqual(
      errorLine { try Picture.decode(jpeg, source: "a.jpg") },
      "a.jpg: 65280 x 65280 pixels are more than are read, 65535 a side and 134217728 in all")
  }

  /// Each of many scans of a progressive picture costs as much as a whole one.
  func testJPEGOfThousandsOfScansIsRefused() throws {
    try requireLibraries()
    let file = try DataFile.readRaw(Self.file("progressive.jpg"))
    let start = try XCTUnwrap(file.indices.first { file[$0] == 0xff && file[$0 + 1] == 0xda })
    let end = try XCTUnwrap(file.indices.first { $0 > start && file[$0] == 0xff && file[$0 + 1] != 0 })
    let bomb = file[..<end] + (0..<1000).flatMap { _ in file[start..<end] } + file[end...]
    XCTAssertEqual(
      errorLine { try Picture.decode(Array(bomb), source: "a.jpg") }, "a.jpg: damaged JPEG data: more than 500 scans")
  }

  func testOtherFiles() throws {
    for (bytes, found) in [
      (Array("GIF89a".utf8), ", found GIF"), (Array("RIFF1234WEBPVP8".utf8), ", found WebP"),
      (Array("<html>".utf8), ", found text"), ([1, 2, 3], ""),
    ] {
      XCTAssertEqual(
        errorLine { try Picture.decode(bytes, source: "a.png") },
        "a.png: is no picture that can be read: expected PNG or JPEG\(found)")
    }
    XCTAssertEqual(
      errorLine { try Picture.decode([], source: "a.png") }, "a.png: is empty: expected a PNG or JPEG picture")
  }

  func testWithoutLibrariesWhatToInstallIsSaid() {
    #if os(Linux)
      XCTAssertEqual(
        PictureLibraryMissing(isPNG: false, source: "a.jpg").error.description,
        "a.jpg: JPEG pictures need libjpeg-turbo, which Myelin was built without: `apt-get install libjpeg62-turbo-dev`, "
          + "`swift package purge-cache`, build again")
    #endif
  }
}
