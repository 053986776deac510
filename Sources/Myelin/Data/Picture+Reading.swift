internal import CPictures
import Foundation

extension Picture {
  /// Reads a PNG or JPEG file, told apart by its first bytes. Exif's orientation is honoured.
  ///
  /// Palettes become colours, CMYK and YCCK too; of 16 bits the upper 8 are kept; transparency is dropped, and the colours
  /// under it stay, as by Pillow's `convert("RGB")`. (Pillow itself clips grey of 16 bits at 255.) Colour profiles and
  /// gamma are not applied.
  ///
  /// - Throws: `DataError` for a file that is not there, is neither, is damaged or truncated, has more than ``pixelLimit``
  ///   pixels; and where the package was built without the library, with what to install.
  public init(contentsOf url: URL) throws {
    self = try Picture.decode(DataFile.readRaw(url), source: DataFile.name(of: url))
  }

  /// Reads a PNG or JPEG file that is in memory.
  ///
  /// - Parameters:
  ///   - bytes: the file's.
  ///   - source: how errors name it.
  /// - Throws: as ``init(contentsOf:)``.
  public static func decode(_ bytes: [UInt8], source: String) throws -> Picture {
    let format = try Format(bytes, source: source)
    let size = try format.size(bytes, source: source)
    let count = size.height * size.width * size.channels
    try MachineMemory.check(count, source: source, "\(size.height)×\(size.width) pixels")
    var message = picture_message()
    var status = picture_ok
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      bytes.withUnsafeBufferPointer { source in
        let decode = format == .png ? picture_png_decode : picture_jpeg_decode
        status = decode(source.baseAddress, source.count, Format.limits, target.baseAddress, count, &message)
      }
      // A picture that ends early is written in part, and not used.
      initialized = status == picture_ok ? count : 0
    }
    try format.check(status, message, source: source)
    return Picture(height: size.height, width: size.width, channels: size.channels, bytes: pixels)
      .turned(PictureOrientation(ofFile: bytes))
  }

  /// What a file says of itself: its sizes when it is shown upright, and 1 channel or 3. Nothing is decoded.
  package static func size(of bytes: [UInt8], source: String) throws -> (height: Int, width: Int, channels: Int) {
    let size = try Format(bytes, source: source).size(bytes, source: source)
    return PictureOrientation(ofFile: bytes).swapsSides ? (size.width, size.height, size.channels) : size
  }

  /// Whether a file that begins with `bytes` is a PNG or JPEG picture.
  package static func isPicture(_ bytes: [UInt8]) -> Bool { Format(bytes) != nil }

  /// Pixels of the largest picture that is read: 2²⁷, 400 MB of colour.
  public static var pixelLimit: Int { 1 << 27 }

  private enum Format {
    case png, jpeg

    static let limits = picture_limits(side: 65535, pixels: UInt64(pixelLimit))

    init?(_ bytes: [UInt8]) {
      if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
        self = .png
      } else if bytes.starts(with: [0xff, 0xd8, 0xff]) {
        self = .jpeg
      } else {
        return nil
      }
    }

    init(_ bytes: [UInt8], source: String) throws {
      guard let format = Format(bytes) else {
        guard !bytes.isEmpty else { throw DataError(source, "is empty", expected: "a PNG or JPEG picture") }
        throw DataError(source, "is no picture that can be read", expected: "PNG or JPEG", found: Format.guess(bytes))
      }
      self = format
    }

    /// What else it may be, for the error.
    private static func guess(_ bytes: [UInt8]) -> String? {
      let known: [(String, [UInt8])] = [
        ("GIF", Array("GIF8".utf8)), ("BMP", Array("BM".utf8)), ("TIFF", [0x49, 0x49, 0x2a, 0]),
        ("TIFF", [0x4d, 0x4d, 0, 0x2a]), ("gzip", [0x1f, 0x8b]), ("PDF", Array("%PDF".utf8)),
      ]
      if let name = known.first(where: { bytes.starts(with: $0.1) })?.0 { return name }
      if bytes.count >= 12, bytes.starts(with: "RIFF".utf8), bytes[8..<12].elementsEqual("WEBP".utf8) { return "WebP" }
      if bytes.count >= 12, bytes[4..<8].elementsEqual("ftyp".utf8) { return "HEIC, AVIF or a film" }
      return bytes.prefix(64).allSatisfy { (32..<127).contains($0) || (9...13).contains($0) } ? "text" : nil
    }

    func size(_ bytes: [UInt8], source: String) throws -> (height: Int, width: Int, channels: Int) {
      var (size, message) = (picture_size(), picture_message())
      let status = bytes.withUnsafeBufferPointer { data in
        (self == .png ? picture_png_size : picture_jpeg_size)(
          data.baseAddress, data.count, Format.limits, &size, &message)
      }
      try check(status, message, source: source)
      return (Int(size.height), Int(size.width), Int(size.channels))
    }

    func check(_ status: picture_status, _ message: picture_message, source: String) throws {
      if status == picture_ok { return }
      if status == picture_no_library { throw PictureLibraryMissing(isPNG: self == .png, source: source).error }
      let text = withUnsafeBytes(of: message.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      throw DataError(source, text)
    }
  }
}

/// What reading a picture says where the package was built without its library.
package struct PictureLibraryMissing {
  let isPNG: Bool
  let source: String

  var error: DataError {
    #if os(macOS)
      let install = "brew install \(isPNG ? "libpng" : "jpeg-turbo")"
    #else
      let install = "apt-get install \(isPNG ? "libpng-dev" : "libjpeg62-turbo-dev")"
    #endif
    // SwiftPM remembers what the manifest found: without the second command it would not look for the library again.
    return DataError(
      source,
      "\(isPNG ? "PNG" : "JPEG") pictures need \(isPNG ? "libpng" : "libjpeg-turbo"), which Myelin was built without: "
        + "`\(install)`, `swift package purge-cache`, build again")
  }

  /// Whether PNG and JPEG files can be read.
  package static var hasPNG: Bool { picture_has_png() }
  package static var hasJPEG: Bool { picture_has_jpeg() }
}
