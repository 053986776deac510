import Foundation
import Myelin

/// The folder of a run and the files in it.
public struct RunFolder: Sendable {
  public let url: URL

  public init(_ url: URL) { self.url = url }

  /// Weights with all that evaluating and predicting need.
  public var model: URL { url.appendingPathComponent("model.safetensors") }
  /// What resuming needs.
  public var checkpoint: URL { url.appendingPathComponent("checkpoint.safetensors") }
  public var log: URL { url.appendingPathComponent("log.csv") }
  public var report: URL { url.appendingPathComponent("report.html") }
  public var path: String { url.relativePath }

  /// The folder for a new run: `path`, or else the first of `runs/NAME-1`, `runs/NAME-2`, … that is free.
  ///
  /// - Throws: `DataError` when `path` is there already and not an empty folder: nothing is overwritten.
  public static func new(_ path: String?, name: String) throws -> RunFolder {
    let files = FileManager.default
    if let path {
      var isFolder: ObjCBool = false
      if files.fileExists(atPath: path, isDirectory: &isFolder) {
        guard isFolder.boolValue else { throw DataError(path, "is a file", expected: "a folder for the run") }
        guard try files.contentsOfDirectory(atPath: path).isEmpty else {
          throw DataError(path, "is not empty", expected: "a new folder for the run; an old run can be resumed instead")
        }
      }
      return RunFolder(URL(fileURLWithPath: path))
    }
    let number = (1...).first { !files.fileExists(atPath: "runs/\(name)-\($0)") }!
    return RunFolder(URL(fileURLWithPath: "runs/\(name)-\(number)"))
  }

  /// The folder of a run that is there.
  ///
  /// - Parameter path: of the folder, or of a file in it.
  /// - Throws: `DataError` when there is no model in it.
  public static func existing(_ path: String) throws -> RunFolder {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard exists else {
      throw DataError(path, "no such run", expected: "the folder that `myelin train` wrote")
    }
    let url = URL(fileURLWithPath: path)
    let folder = RunFolder(isFolder.boolValue ? url : url.deletingLastPathComponent())
    let files = FileManager.default
    guard files.fileExists(atPath: folder.model.path) || files.fileExists(atPath: folder.checkpoint.path) else {
      throw DataError(path, "holds no run", expected: "model.safetensors or checkpoint.safetensors in it")
    }
    return folder
  }

  /// Makes the folder. True when it was not there before.
  func create() throws -> Bool {
    if FileManager.default.fileExists(atPath: url.path) { return false }
    try DataFile.makeFolder(url)
    return true
  }
}
