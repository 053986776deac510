import Foundation

extension Picture {
  /// The picture as a PNG file: 8 bits a channel, without notes or times, so that the same pixels give the same bytes.
  /// It needs no libpng.
  public func png() -> [UInt8] {
    var file: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    func chunk(_ name: String, _ data: [UInt8]) {
      let content = Array(name.utf8) + data
      file += Picture.bigEndian(data.count) + content
      file += Picture.bigEndian(Int(content.withUnsafeBytes(Gzip.checksum)))
    }
    // 8 bits; grey or colour; deflate, the usual filters, not interlaced.
    chunk("IHDR", Picture.bigEndian(width) + Picture.bigEndian(height) + [8, channels == 1 ? 0 : 2, 0, 0, 0])
    chunk("IDAT", Gzip.deflateZlib(filteredRows()))
    chunk("IEND", [])
    return file
  }

  /// Writes the picture as a PNG file, atomically.
  ///
  /// - Throws: `DataError` when it cannot be written.
  public func write(to url: URL) throws { try DataFile.write(png(), to: url) }

  /// The PNG file inside an address, for a page that needs no other file.
  package var dataURI: String { "data:image/png;base64," + Data(png()).base64EncodedString() }

  /// Each row after the number of its filter: 2 (differences to the row above) where these are smaller, else 1
  /// (differences to the pixel on the left).
  private func filteredRows() -> [UInt8] {
    let stride = width * channels
    var rows: [UInt8] = []
    rows.reserveCapacity(height * (stride + 1))
    for y in 0..<height {
      let row = bytes[y * stride..<(y + 1) * stride]
      let left = zip(row, [UInt8](repeating: 0, count: channels) + row.dropLast(channels)).map { $0 &- $1 }
      let above = y == 0 ? Array(row) : zip(row, bytes[(y - 1) * stride..<y * stride]).map { $0 &- $1 }
      func size(_ differences: [UInt8]) -> Int {
        differences.reduce(0) { $0 + Int(Int8(bitPattern: $1).magnitude) }
      }
      if size(above) < size(left) {
        rows.append(2)
        rows += above
      } else {
        rows.append(1)
        rows += left
      }
    }
    return rows
  }

  private static func bigEndian(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }
}

extension Picture {
  /// Pictures of one size on one sheet, row by row, with `gap` white pixels around each; colour where one of them has it.
  ///
  /// Precondition: there is a picture, all have the size of the first, and there is at least one column.
  public static func sheet(_ pictures: [Picture], columns: Int, gap: Int = 2) -> Picture {
    require(
      !pictures.isEmpty && columns >= 1 && gap >= 0, "Picture.sheet: \(pictures.count) pictures, \(columns) columns")
    let (height, width) = (pictures[0].height, pictures[0].width)
    require(
      pictures.allSatisfy { $0.height == height && $0.width == width },
      "Picture.sheet: pictures of other sizes than \(height)×\(width)")
    let channels = pictures.map(\.channels).max()!
    let columns = min(columns, pictures.count)
    let rows = (pictures.count + columns - 1) / columns
    let (sheetHeight, sheetWidth) = (rows * (height + gap) + gap, columns * (width + gap) + gap)
    var sheet = [UInt8](repeating: 255, count: sheetHeight * sheetWidth * channels)
    for (index, picture) in pictures.enumerated() {
      let picture = picture.converted(channels: channels)
      let (top, left) = (gap + index / columns * (height + gap), gap + index % columns * (width + gap))
      for y in 0..<height {
        let target = ((top + y) * sheetWidth + left) * channels
        let source = y * width * channels
        sheet.replaceSubrange(
          target..<target + width * channels, with: picture.bytes[source..<source + width * channels])
      }
    }
    return Picture(height: sheetHeight, width: sheetWidth, channels: channels, bytes: sheet)
  }
}
