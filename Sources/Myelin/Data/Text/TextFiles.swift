import Foundation

/// A text and where it is from.
public struct TextDocument: Sendable {
  /// The file's path.
  public let name: String
  /// UTF-8, without a byte-order mark; lines end with a line feed.
  public let bytes: [UInt8]
  /// How the file's bytes stood for characters.
  public let encoding: TextEncoding

  /// - Parameters:
  ///   - name: the file's path, or what it is called.
  ///   - bytes: UTF-8.
  ///   - encoding: how they stood in the file.
  public init(name: String, bytes: [UInt8], encoding: TextEncoding = .utf8) {
    (self.name, self.bytes, self.encoding) = (name, bytes, encoding)
  }
}

/// Text as people have it: a file, or a folder of files, plain or gzipped.
public enum TextFiles {
  /// Endings of names that text files have.
  public static let endings = ["txt", "text", "md"]

  /// Whether a name is that of a text file: `book.txt`, `book.txt.gz`.
  public static func isName(_ name: String) -> Bool {
    var parts = name.lowercased().split(separator: ".")
    if parts.last == "gz" { parts.removeLast() }
    return parts.count > 1 && endings.contains(String(parts.last!))
  }

  /// Paths of the text files in a folder and in those that are in it, in the order of their bytes.
  ///
  /// - Throws: ``DataError`` for a folder that cannot be read.
  public static func paths(in folder: String) throws -> [String] {
    guard let all = FileManager.default.enumerator(atPath: folder) else {
      throw DataError(folder, "cannot be read", expected: "a folder")
    }
    var names: [String] = []
    for case let name as String in all
    where isName(name) && !name.split(separator: "/").contains(where: { $0.hasPrefix(".") }) {
      names.append(name)
    }
    let plain = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { "\(plain)/\($0)" }
  }

  /// The texts of a file, which is one, or of a folder's files, each of which is one; empty ones are left out.
  ///
  /// - Parameters:
  ///   - path: of a file, plain or gzipped, or of a folder.
  ///   - encoding: nil tells UTF-8, UTF-16 and Latin-1 (Windows-1252) apart, file by file.
  /// - Throws: ``DataError`` for files that cannot be read or are no text, and where there is no text at all.
  public static func read(_ path: String, encoding: TextEncoding? = nil) throws -> [TextDocument] {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let paths = isThere && isFolder.boolValue ? try self.paths(in: path) : [path]
    let documents = try paths.map { try document($0, encoding) }.filter { !$0.bytes.isEmpty }
    guard !documents.isEmpty else {
      throw DataError(
        path, "no text", expected: isFolder.boolValue ? "files that end in .txt, .text or .md" : "a text")
    }
    return documents
  }

  private static func document(_ path: String, _ encoding: TextEncoding?) throws -> TextDocument {
    let text = try DecodedText(
      DataFile.read(URL(fileURLWithPath: path), isText: true), as: encoding, source: path, form: "text")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.bytes.count)
    var wasReturn = false
    for byte in text.bytes[text.start...] {
      if byte == 0x0d {
        bytes.append(0x0a)
      } else if byte != 0x0a || !wasReturn {
        bytes.append(byte)
      }
      wasReturn = byte == 0x0d
    }
    return TextDocument(name: path, bytes: bytes, encoding: text.encoding)
  }
}
