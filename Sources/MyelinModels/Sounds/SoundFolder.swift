import Foundation
import Myelin

/// The WAV files of a folder in which each folder is a class.
struct SoundFolder {
  private(set) var classNames: [String] = []
  private(set) var paths: [String] = []
  /// The class of each path.
  private(set) var labels: [Int32] = []

  /// - Throws: `DataError` for a folder that cannot be read or has no class with a WAV file.
  init(_ path: String) throws {
    let path = ClassFolders.plain(path)
    for name in try SoundFolder.names(path) where ClassFolders.isFolder("\(path)/\(name)") {
      let files = try SoundFolder.files("\(path)/\(name)")
      if files.isEmpty { continue }
      labels += [Int32](repeating: Int32(classNames.count), count: files.count)
      classNames.append(name)
      paths += files
    }
    if classNames.isEmpty { throw DataError(path, "no folder in it has WAV files", expected: "a folder a class") }
  }

  /// Who speaks in each file, where all names say it as those of Speech Commands do: `c50f55b8_nohash_0.wav`.
  var speakers: [String]? {
    var speakers: [String] = []
    for path in paths {
      let name = (path as NSString).lastPathComponent
      guard let mark = name.range(of: "_nohash_") else { return nil }
      speakers.append(String(name[..<mark.lowerBound]))
    }
    return Set(speakers).count > 2 ? speakers : nil
  }

  private static func names(_ path: String) throws -> [String] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw DataError(path, "cannot be read as a folder")
    }
    return names.filter { !$0.hasPrefix(".") }.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
  }

  private static func isSound(_ path: String) -> Bool { path.lowercased().hasSuffix(".wav") }

  /// A WAV file, or those of a folder.
  static func files(_ path: String) throws -> [String] {
    guard ClassFolders.isFolder(path) else { return [path] }
    let path = ClassFolders.plain(path)
    return try names(path).filter(isSound).map { "\(path)/\($0)" }
  }

  /// Whether a folder has folders with WAV files in them.
  static func isKind(_ path: String) -> Bool {
    guard ClassFolders.isFolder(path), let names = try? names(path) else { return false }
    return names.contains { name in
      ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(name)")) ?? []).contains(where: isSound)
    }
  }

  /// The sounds of files, and those that cannot be used.
  static func read(_ paths: [String]) -> (sounds: [Sound], rows: [Int], bad: [DataError]) {
    var (sounds, rows, bad): ([Sound], [Int], [DataError]) = ([], [], [])
    for (row, path) in paths.enumerated() {
      do {
        let sound = try Sound(wav: URL(fileURLWithPath: path))
        if sound.samples.isEmpty { throw DataError(path, "has no samples") }
        sounds.append(sound)
        rows.append(row)
      } catch {
        bad.append(error as? DataError ?? DataError(path, "\(error)"))
      }
    }
    return (sounds, rows, bad)
  }
}

extension Split {
  /// By names of groups in the place of numbers, each part in the order of its rows: who speaks in training is heard in no
  /// other part.
  init(groups names: [String], validation: Double, test: Double, seed: UInt64) {
    let numbers = Dictionary(uniqueKeysWithValues: Set(names).sorted().enumerated().map { ($1, Int32($0)) })
    self.init(groups: names.map { numbers[$0]! }, validation: validation, test: test, seed: seed)
    training.sort()
    self.validation.sort()
    self.test.sort()
  }
}
