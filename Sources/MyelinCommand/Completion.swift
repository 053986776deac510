import ArgumentParser
import Foundation
import Myelin
import MyelinLessons
import MyelinModels

/// What a shell offers where a word begins with what has been typed: `myelin --generate-completion-script bash`.
extension CompletionKind {
  /// The shipped data sets, and files.
  static let data = CompletionKind.custom { _, _, prefix in
    Recipes.names.filter { $0.hasPrefix(prefix) } + paths(prefix) { _ in true }
  }

  /// Folders of runs, and folders on the way to them.
  static let runs = CompletionKind.custom { _, _, prefix in
    paths(prefix) { isFolder($0) }
  }

  static let lessons = CompletionKind.list(Lessons.all.map(\.name))

  /// Files and folders that begin with `prefix`; a folder ends in `/`, a run's without.
  private static func paths(_ prefix: String, where isOffered: (String) -> Bool) -> [String] {
    let folder = prefix.contains("/") ? String(prefix[...prefix.lastIndex(of: "/")!]) : ""
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    return names.filter { !$0.hasPrefix(".") || prefix.hasSuffix(".") }.map { folder + $0 }
      .filter { $0.hasPrefix(prefix) && isOffered($0) }.sorted()
      .map { isFolder($0) && !isRun($0) ? $0 + "/" : $0 }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  private static func isRun(_ path: String) -> Bool { (try? RunFolder.existing(path)) != nil }
}
