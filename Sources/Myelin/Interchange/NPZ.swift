import Foundation

/// NumPy's archives of named arrays: a zip file of NPY files (`numpy.savez`, `numpy.savez_compressed`).
public enum NPZ {
  /// Reads every array of an archive.
  ///
  /// - Parameters:
  ///   - url: an archive.
  ///   - unpackedLimit: the most bytes that its compressed entries may unpack to together.
  /// - Throws: `DataError` naming the entry and the byte where the archive or the array is wrong.
  public static func read(_ url: URL, unpackedLimit: Int = Gzip.defaultLimit) throws -> NamedArrays {
    try decode(DataFile.readRaw(url), source: DataFile.name(of: url), unpackedLimit: unpackedLimit)
  }

  /// Reads an archive that is in memory.
  public static func decode(
    _ bytes: [UInt8], source: String, unpackedLimit: Int = Gzip.defaultLimit
  ) throws -> NamedArrays {
    var arrays: NamedArrays = [:]
    let archive = try ZipArchive(bytes, source: source)
    guard let size = archive.unpackedSize, size <= unpackedLimit else {
      throw DataError(
        source, "the entries unpack to more than \(MachineMemory.text(unpackedLimit)), the limit for this file")
    }
    for entry in archive.entries {
      guard entry.name.hasSuffix(".npy") else {
        throw DataError(source, byte: entry.offset, "entry \(DataError.quoted(entry.name))", expected: "a .npy file")
      }
      let content = try archive.content(of: entry)
      let array = try NPY.decode(content, source: "\(source), entry \(DataError.quoted(entry.name))")
      arrays[String(entry.name.dropLast(4))] = array
    }
    return arrays
  }

  /// Writes an archive, atomically. The same arrays give the same bytes: entries are sorted by name and bear no time.
  ///
  /// - Throws: `DataError` when the file cannot be written or needs more than zip's 4 GiB.
  public static func write(_ arrays: NamedArrays, to url: URL, isCompressed: Bool = false) throws {
    try DataFile.write(encode(arrays, isCompressed: isCompressed, source: DataFile.name(of: url)), to: url)
  }

  /// The bytes of the file that `write` writes.
  public static func encode(
    _ arrays: NamedArrays, isCompressed: Bool = false, source: String = "archive"
  ) throws -> [UInt8] {
    var writer = ZipWriter(source: source)
    for name in arrays.names {
      try writer.append("\(name).npy", NPY.encode(arrays[name]!), isCompressed: isCompressed)
    }
    return try writer.finish()
  }
}
