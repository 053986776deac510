import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension DataFile {
  /// Name of the temporary file that process `process` writes before it takes the place of `name`.
  static func temporaryName(for name: String, process: Int32, attempt: Int) -> String {
    ".\(name).\(process)-\(attempt).tmp"
  }

  /// The file that a temporary file was to become, and the process that writes it; nil for other names.
  package static func parsedTemporary(_ name: String) -> (target: String, process: Int32)? {
    guard name.hasPrefix("."), name.hasSuffix(".tmp") else { return nil }
    let parts = name.dropFirst().dropLast(4).split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 2, let numbers = parts.last?.split(separator: "-"), numbers.count == 2,
      let process = Int32(numbers[0]), process > 0, Int(numbers[1]) != nil
    else { return nil }
    return (parts.dropLast().joined(separator: "."), process)
  }

  /// Removes temporary files of `writeAtomically` in a folder whose process was killed before it could.
  ///
  /// - Parameter target: only those that were to become the file of this name; nil for all.
  package static func removeAbandonedTemporaries(in folder: URL, of target: String? = nil) {
    let path = folder.path
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      guard let temporary = parsedTemporary(name), target == nil || temporary.target == target,
        kill(temporary.process, 0) != 0, errno == ESRCH
      else { continue }
      unlink("\(path)/\(name)")
    }
  }

  /// Adds bytes to the end of a file that is there.
  ///
  /// - Throws: `DataError` when it cannot be written.
  package static func append(_ bytes: [UInt8], to url: URL) throws {
    let source = name(of: url)
    let descriptor = open(url.path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw DataError(source, "cannot be written: \(systemMessage(errno))") }
    defer { close(descriptor) }
    try Output(descriptor: descriptor, source: source).write(bytes)
  }

  /// Whether two paths lead to the same file, also through links and other spellings.
  package static func isSameFile(_ first: String, _ second: String) -> Bool {
    var (one, other) = (stat(), stat())
    guard stat(first, &one) == 0, stat(second, &other) == 0 else { return false }
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino
  }

  /// - Throws: `DataError` where a file that is to be written is one of those that are read; to be told before the work.
  package static func check(output: String?, isNoneOf inputs: [String]) throws {
    guard let output, inputs.contains(where: { isSameFile($0, output) }) else { return }
    throw DataError(output, "is the input", expected: "another file for the output")
  }
}
