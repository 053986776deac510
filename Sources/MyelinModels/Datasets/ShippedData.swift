import CProcess
import Foundation
import Myelin

/// The data files that the package ships; `NOTICE.md` among them tells origin and licence of each.
public enum ShippedData {
  /// The environment variable that names their folder.
  public static let environmentName = "MYELIN_DATA"

  /// The folder that they are in: the one that `MYELIN_DATA` names, or the first that is there of
  ///
  /// 1. the resource bundle beside the executable, where SwiftPM builds it;
  /// 2. `share/myelin` beside the executable's folder, where `make install` puts it (`bin/myelin`, `share/myelin`), and
  ///    beside the executable itself;
  /// 3. the sources that the executable was built from.
  ///
  /// - Throws: `DataError` that lists the places when there is none.
  public static func folder() throws -> URL {
    if let given = ProcessInfo.processInfo.environment[environmentName], !given.isEmpty {
      let folder = URL(fileURLWithPath: given)
      guard isFolderOfData(folder) else {
        throw DataError(given, "\(environmentName) names it, but the shipped data is not in it", expected: marker)
      }
      return folder
    }
    guard let folder = places.first(where: isFolderOfData) else {
      throw DataError(
        "shipped data", "not found in \(places.map(\.path).joined(separator: ", "))",
        expected: "the folder share/myelin of the installation, or its name in \(environmentName)")
    }
    return folder
  }

  /// The file of that name.
  public static func file(_ name: String) throws -> URL { try folder().appendingPathComponent(name) }

  static let marker = "NOTICE.md"

  private static func isFolderOfData(_ folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(marker).path)
  }

  private static var places: [URL] {
    let beside = executable.resolvingSymlinksInPath().deletingLastPathComponent()
    let bundle = beside.appendingPathComponent("Myelin_MyelinModels.resources/Resources")
    let sources = URL(fileURLWithPath: #filePath).appendingPathComponent("../../Resources")
    return [
      bundle, beside.appendingPathComponent("../share/myelin"), beside.appendingPathComponent("share/myelin"), sources,
    ].map(\.standardizedFileURL)
  }

  /// The running program. On Linux not by `Bundle.main`, which traps where /proc is not mounted.
  private static var executable: URL {
    #if canImport(Darwin)
      return Bundle.main.executableURL ?? Bundle.main.bundleURL
    #else
      if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
        return URL(fileURLWithPath: path)
      }
      // As it was called by whoever started it.
      return URL(fileURLWithPath: process_path().map { String(cString: $0) } ?? CommandLine.arguments.first ?? "")
    #endif
  }
}
