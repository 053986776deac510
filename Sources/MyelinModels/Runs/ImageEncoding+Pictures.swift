import Foundation
import Myelin

extension ImageEncoding {
  /// Pictures of files and folders, for a model to answer; nil where the one path leads to neither.
  ///
  /// - Parameters:
  ///   - badFiles: what is done about pictures that cannot be read.
  ///   - warn: is told of each that is left out.
  func pictures(
    of inputs: [String], badFiles: BadFiles, warn: (String) -> Void
  ) throws -> (samples: PictureDataset, paths: [String])? {
    var paths: [String] = []
    for input in inputs {
      if ClassFolders.isFolder(input) {
        let found = try PictureFiles(below: ClassFolders.plain(input)).paths
        if found.isEmpty { throw DataError(input, "no pictures in the folder", expected: "PNG or JPEG files") }
        paths += found
      } else if try inputs.count > 1 || PictureFiles.isPicture(input) {
        paths.append(input)
      } else {
        return nil
      }
    }
    let reading = try PictureReading(paths, height: height, width: width, channels: channels)
    try badFiles.check(reading.bad, warn: warn)
    guard !reading.rows.isEmpty else { throw DataError(inputs[0], "none of the pictures can be read") }
    let labels = [Int32](repeating: 0, count: reading.rows.count)
    return (dataset(reading.bytes, labels: labels), reading.rows.map { paths[$0] })
  }

  /// The pictures of a folder with a folder for each class.
  func samples(of path: String, badFiles: BadFiles, warn: (String) -> Void) throws -> PictureDataset {
    guard ClassFolders.isFolder(path) else {
      throw DataError(path, "is no folder", expected: "a folder with a folder of pictures for each class")
    }
    let folders = try ClassFolders(ClassFolders.plain(path), knownClasses: classNames)
    let reading = try PictureReading(folders.paths, height: height, width: width, channels: channels)
    try badFiles.check(folders.strays + reading.bad, warn: warn)
    guard !reading.rows.isEmpty else {
      throw DataError(path, "no pictures in class folders", expected: classNames.joined(separator: ", "))
    }
    return dataset(reading.bytes, labels: reading.rows.map { folders.labels[$0] })
  }

  /// Pictures without classes.
  func dataset(_ bytes: [UInt8]) -> PictureDataset {
    dataset(bytes, labels: [Int32](repeating: 0, count: bytes.count / shape.reduce(1, *)))
  }

  private func dataset(_ bytes: [UInt8], labels: [Int32]) -> PictureDataset {
    PictureDataset(
      height: height, width: width, channels: channels, bytes: bytes, labels: labels, mean: mean, deviation: deviation)
  }

  /// Rows of up to three pictures of each class, at most 48: the first ones.
  func rows(of data: TensorSamples) -> [Int] {
    let each = max(1, min(3, 48 / max(1, classNames.count)))
    var chosen = [[Int]](repeating: [], count: classNames.count)
    for (row, label) in (data.labels ?? []).enumerated() where chosen[Int(label)].count < each {
      chosen[Int(label)].append(row)
    }
    return Array(chosen.joined().prefix(48))
  }

  /// The pictures of ``rows(of:)``.
  func samples(of data: TensorSamples) -> PictureGroup? {
    let rows = rows(of: data)
    guard !rows.isEmpty, let labels = data.labels else { return nil }
    let size = shape.reduce(1, *)
    let pictures = data.batch(rows).inputs.withUnsafeBufferPointer { values in
      rows.indices.map { picture(values[$0 * size..<($0 + 1) * size]) }
    }
    return PictureGroup(
      "Sample pictures", caption: "Training pictures as the network gets them, \(height)×\(width) pixels.",
      items: zip(rows, pictures).map { .init($1, label: classNames[Int(labels[$0])]) })
  }
}
