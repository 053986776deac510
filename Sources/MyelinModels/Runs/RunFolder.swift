import Foundation
import Myelin

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The folder of a run and the files in it.
package struct RunFolder: Sendable {
  package let url: URL
  /// Held while this process trains in the folder.
  private var lock: RunLock?
  /// Whether this process has made the folder.
  private var isMade = false

  package init(_ url: URL) { self.url = url }

  /// Weights with all that evaluating and predicting need.
  package var model: URL { url.appendingPathComponent("model.safetensors") }
  /// What resuming needs.
  package var checkpoint: URL { url.appendingPathComponent("checkpoint.safetensors") }
  package var log: URL { url.appendingPathComponent("log.csv") }
  /// Scores and times, as JSON.
  package var result: URL { url.appendingPathComponent("result.json") }
  package var report: URL { url.appendingPathComponent("report.html") }
  package var path: String { url.relativePath }
  /// All that a run leaves.
  package var files: [String] { [model, checkpoint, log, result, report].map(\.path) }

  var hasModel: Bool { RunFolder.isThere(model) }
  var hasCheckpoint: Bool { RunFolder.isThere(checkpoint) }

  private static func isThere(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

  /// A folder for a new run, made and held for this process: `path`, or else the first of `runs/NAME-1`, `runs/NAME-2`, …
  /// that is free. Two processes never get the same one.
  ///
  /// - Throws: `DataError` when `path` is there already and neither an empty folder nor that of a run which ended before
  ///   its first checkpoint: nothing is overwritten.
  package static func new(_ path: String?, name: String) throws -> RunFolder {
    if let path {
      try checkFree(path)
      let folder = try RunFolder(URL(fileURLWithPath: path)).held()
      // Another run may have come and gone since the first look.
      try checkFree(path)
      return folder
    }
    let parent = URL(fileURLWithPath: "runs")
    var number = 1
    while true {
      let url = URL(fileURLWithPath: "runs/\(name)-\(number)")
      // Only one process can make a folder.
      if mkdir(url.path, 0o777) == 0 {
        var folder = RunFolder(url)
        folder.isMade = true
        return try folder.held()
      }
      switch errno {
      case EEXIST: number += 1
      case ENOENT: try DataFile.makeFolder(parent)
      default: throw DataError(url.relativePath, "the folder cannot be made: \(String(cString: strerror(errno)))")
      }
    }
  }

  /// - Throws: `DataError` when a new run cannot have this folder; to be told before the work.
  package static func checkFree(_ path: String) throws {
    var isFolder: ObjCBool = false
    let files = FileManager.default
    guard files.fileExists(atPath: path, isDirectory: &isFolder) else { return }
    guard isFolder.boolValue else { throw DataError(path, "is a file", expected: "a folder for the run") }
    let folder = RunFolder(URL(fileURLWithPath: path))
    if folder.hasCheckpoint {
      throw DataError(
        path, "is not empty", expected: "a new folder; the run in it goes on with: myelin train --resume \(path)")
    }
    let names: [String]
    do { names = try files.contentsOfDirectory(atPath: path) } catch {
      throw DataError(path, "the folder cannot be read")
    }
    // What a run leaves that was killed before its first checkpoint.
    let isOfKilledRun =
      names.contains(RunLock.fileName)
      && names.allSatisfy {
        $0 == RunLock.fileName || $0 == folder.log.lastPathComponent || DataFile.parsedTemporary($0) != nil
      }
    guard names.isEmpty || isOfKilledRun else {
      throw DataError(path, "is not empty", expected: "a new folder for the run")
    }
  }

  /// The folder of a run that is there.
  ///
  /// - Parameter path: of the folder, or of a file in it.
  /// - Throws: `DataError` when there is no model in it.
  package static func existing(_ path: String) throws -> RunFolder {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard exists else {
      throw DataError(path, "no such run", expected: "the folder that `myelin train` wrote")
    }
    let url = URL(fileURLWithPath: path)
    let folder = RunFolder(isFolder.boolValue ? url : url.deletingLastPathComponent())
    guard folder.hasModel || folder.hasCheckpoint else {
      throw DataError(path, "holds no run", expected: "model.safetensors or checkpoint.safetensors in it")
    }
    return folder
  }

  /// The folder, made where it is not there, with a hold on it until the last copy of this value is gone. What killed
  /// processes left half-written is removed.
  ///
  /// - Throws: `DataError` when another process trains in it.
  package func held() throws -> RunFolder {
    if lock != nil { return self }
    var folder = self
    if !RunFolder.isThere(url) {
      try DataFile.makeFolder(url)
      folder.isMade = true
    }
    folder.lock = try RunLock(url)
    DataFile.removeAbandonedTemporaries(in: url)
    return folder
  }

  /// Takes back a folder whose run failed before its first checkpoint.
  package func abandon() {
    guard !hasCheckpoint, !hasModel else { return }
    try? FileManager.default.removeItem(at: log)
    unlink(url.appendingPathComponent(RunLock.fileName).path)
    // Only if nothing else is in it; and `runs` goes with its last run.
    guard isMade, rmdir(url.path) == 0 else { return }
    let parent = url.deletingLastPathComponent()
    if parent.lastPathComponent == "runs" { rmdir(parent.path) }
  }
}
