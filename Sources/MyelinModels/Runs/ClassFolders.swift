import Foundation
import Myelin

/// The pictures of a folder in which each folder is a class.
struct ClassFolders {
  /// In the order of their names' bytes, or as they were given.
  private(set) var classNames: [String]
  private(set) var paths: [String] = []
  /// The class of each path.
  private(set) var labels: [Int32] = []
  /// Pictures that are in no class.
  private(set) var strays: [DataError] = []
  /// Files that are no pictures.
  private(set) var others: [String] = []
  /// Folders without a picture.
  private(set) var emptyFolders: [String] = []

  /// - Parameter knownClasses: of the training pictures, where there are others.
  /// - Throws: `DataError` for a folder that cannot be read, and for class names that cannot be told apart.
  init(_ folder: String, knownClasses: [String]? = nil) throws {
    classNames = knownClasses ?? []
    let (files, folders) = try PictureFiles.names(in: folder)
    for path in files.map({ "\(folder)/\($0)" }) {
      if try PictureFiles.isPicture(path) {
        strays.append(DataError(path, "is in no class", expected: "pictures in folders, one for each class"))
      } else {
        others.append(path)
      }
    }
    for name in folders {
      let found = try PictureFiles(below: "\(folder)/\(name)")
      others += found.others
      if found.paths.isEmpty {
        emptyFolders.append(name)
        continue
      }
      if let knownClasses, !knownClasses.contains(name) {
        strays.append(
          DataError(
            "\(folder)/\(name)",
            "is no class of the training pictures; "
              + DataError.suggestion(for: name, among: knownClasses)))
        continue
      }
      if knownClasses == nil {
        // Two spellings of one letter (é, or e and an accent) are two folders and look the same.
        guard !classNames.contains(name) else {
          throw DataError("\(folder)/\(name)", "two classes have names that look the same")
        }
        classNames.append(name)
      }
      labels += [Int32](repeating: Int32(classNames.firstIndex(of: name)!), count: found.paths.count)
      paths += found.paths
    }
  }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// The path without slashes at its end.
  static func plain(_ path: String) -> String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}

/// The parts of a folder of pictures: all in one, or `train`, `val` and `test` apart.
struct PictureParts {
  let training: ClassFolders
  let validation: ClassFolders?
  let test: ClassFolders?

  private static let names: [Set<String>] = [
    ["train", "training"], ["val", "valid", "validation", "dev"], ["test", "testing"],
  ]

  /// Parts are told by their names: where one is `train` and has folders in it, and no folder has another name.
  init(_ folder: String) throws {
    let folders = try PictureFiles.names(in: folder).folders
    func named(_ part: Int) -> String? {
      folders.first { PictureParts.names[part].contains($0.lowercased()) }.map { "\(folder)/\($0)" }
    }
    let hasOnlyParts = folders.allSatisfy { name in
      PictureParts.names.contains { $0.contains(name.lowercased()) }
    }
    guard hasOnlyParts, let train = named(0), try !PictureFiles.names(in: train).folders.isEmpty else {
      training = try ClassFolders(folder)
      (validation, test) = (nil, nil)
      return
    }
    training = try ClassFolders(train)
    let classes = training.classNames
    validation = try named(1).map { try ClassFolders($0, knownClasses: classes) }
    test = try named(2).map { try ClassFolders($0, knownClasses: classes) }
  }

  var all: [ClassFolders] { [training] + [validation, test].compactMap { $0 } }
}
