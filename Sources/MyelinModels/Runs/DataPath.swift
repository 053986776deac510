import Foundation
import Myelin

/// A file or folder that a run's data is in, so that it is found again from another working folder, and after the run and
/// its data were moved together.
package struct DataPath: Codable, Hashable, Sendable {
  /// As it was given.
  package let given: String
  /// The working folder at the time.
  package let workingFolder: String

  package init(_ given: String, workingFolder: String = FileManager.default.currentDirectoryPath) {
    self.given = given
    self.workingFolder = workingFolder
  }

  package var absolute: String { given.hasPrefix("/") ? given : "\(workingFolder)/\(given)" }

  /// Where it is: as it was given where that is in the same working folder, else the absolute path; where nothing is there,
  /// the same relative path from the folders that `folder` is in, the nearest first.
  func located(near folder: RunFolder?) -> String {
    if given == DataPath.standardInput { return given }
    let files = FileManager.default
    if workingFolder == files.currentDirectoryPath, files.fileExists(atPath: given) { return given }
    if files.fileExists(atPath: absolute) { return absolute }
    let relative = given.hasPrefix("/") ? URL(fileURLWithPath: given).lastPathComponent : given
    var place = folder?.url.standardizedFileURL.path ?? "/"
    while place != "/", place != "" {
      let candidate = "\(place)/\(relative)"
      if files.fileExists(atPath: candidate) { return candidate }
      place = URL(fileURLWithPath: place).deletingLastPathComponent().path
    }
    return workingFolder == files.currentDirectoryPath ? given : absolute
  }

  /// How the command line names standard input.
  static let standardInput = "-"

  /// What to read for a path of the command line.
  ///
  /// - Throws: `DataError` for standard input where that is a terminal, at which a command would seem to hang.
  static func input(_ path: String) throws -> URL {
    guard path == standardInput else { return URL(fileURLWithPath: path) }
    guard isatty(STDIN_FILENO) == 0 else {
      throw DataError("standard input", "is a terminal", expected: "data by a pipe, or from a file with <")
    }
    return URL(fileURLWithPath: "/dev/stdin")
  }

  /// The last part of the path without what follows its first dot.
  var stem: String {
    given == DataPath.standardInput
      ? "stdin"
      : String(URL(fileURLWithPath: given).lastPathComponent.split(separator: ".").first ?? "data")
  }
}
