extension PictureOrientation {
  /// What the Exif data of a PNG or JPEG file says; upright where it says nothing that can be understood, since a picture
  /// with a damaged note is still a picture.
  init(ofFile bytes: [UInt8]) {
    let number = bytes.withUnsafeBufferPointer { bytes -> Int? in
      let exif = bytes.first == 0xff ? exifInJPEG(bytes) : exifInPNG(bytes)
      return exif.flatMap { orientationNumber(UnsafeBufferPointer(rebasing: bytes[$0])) }
    }
    self = number.flatMap(PictureOrientation.init) ?? .upright
  }
}

/// The TIFF data in the first APP1 segment that is marked as Exif: each segment is 0xff, a marker, a big-endian length
/// that counts itself.
private func exifInJPEG(_ bytes: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
  var position = 2
  while position + 4 <= bytes.count, bytes[position] == 0xff {
    let marker = bytes[position + 1]
    // Fill bytes may stand before a marker.
    if marker == 0xff {
      position += 1
      continue
    }
    // The compressed data begins, or the file ends: what cameras note stands before.
    if marker == 0xda || marker == 0xd9 { return nil }
    let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
    guard length >= 2, position + 2 + length <= bytes.count else { return nil }
    let start = position + 4
    if marker == 0xe1, length >= 8, bytes[start..<start + 6].elementsEqual(Array("Exif".utf8) + [0, 0]) {
      return start + 6..<position + 2 + length
    }
    position += 2 + length
  }
  return nil
}

/// The TIFF data in the chunk eXIf: each chunk is a big-endian length, a name, the data, a checksum.
private func exifInPNG(_ bytes: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
  var position = 8
  while position + 12 <= bytes.count {
    let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - position - 12 else { return nil }
    let start = position + 8
    if bytes[position + 4..<start].elementsEqual("eXIf".utf8) { return start..<start + length }
    position = start + length + 4
  }
  return nil
}

/// Tag 0x0112 of the first directory of TIFF data: a 16-bit number.
private func orientationNumber(_ tiff: UnsafeBufferPointer<UInt8>) -> Int? {
  guard tiff.count >= 8 else { return nil }
  let isLittle: Bool
  switch (tiff[0], tiff[1]) {
  case (0x49, 0x49): isLittle = true
  case (0x4d, 0x4d): isLittle = false
  default: return nil
  }
  func number(at place: Int, bytes: Int) -> Int? {
    guard place >= 0, place + bytes <= tiff.count else { return nil }
    let part = tiff[place..<place + bytes]
    return isLittle ? part.reversed().reduce(0) { $0 << 8 | Int($1) } : part.reduce(0) { $0 << 8 | Int($1) }
  }
  guard let directory = number(at: 4, bytes: 4), let entries = number(at: directory, bytes: 2) else { return nil }
  for entry in 0..<entries {
    let place = directory + 2 + 12 * entry
    guard let tag = number(at: place, bytes: 2) else { return nil }
    if tag == 0x0112 { return number(at: place + 2, bytes: 2) == 3 ? number(at: place + 8, bytes: 2) : nil }
  }
  return nil
}
