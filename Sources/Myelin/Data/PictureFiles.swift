import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The pictures below a folder, in the order of their names' bytes, folder by folder: the same on every machine.
///
/// A picture is what begins as a PNG or JPEG file, and what has such a name, so that a damaged one is missed by nobody.
/// Names that begin with a dot are passed over; links are followed.
package struct PictureFiles {
  package private(set) var paths: [String] = []
  /// Files that are no pictures and do not seem to be.
  package private(set) var others: [String] = []

  /// - Throws: `DataError` for a folder that cannot be read; and at the first picture that nothing can be read with, since
  ///   that is no fault of the file.
  package init(below folder: String) throws { try add(folder, depth: 0) }

  /// The names in a folder, without hidden ones.
  package static func names(in folder: String) throws -> (files: [String], folders: [String]) {
    var (files, folders): ([String], [String]) = ([], [])
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
      throw DataError(folder, "the folder cannot be read")
    }
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where !name.hasPrefix(".") {
      var status = stat()
      // A link that leads nowhere, or a pipe, which would be waited for.
      guard stat("\(folder)/\(name)", &status) == 0 else {
        files.append(name)
        continue
      }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: folders.append(name)
      case S_IFREG: files.append(name)
      default: continue
      }
    }
    return (files, folders)
  }

  /// Whether a file is a picture, or has the name of one.
  package static func isPicture(_ path: String) throws -> Bool {
    let start = (try? DataFile.readPart(URL(fileURLWithPath: path), count: 16).bytes) ?? []
    if Picture.isPicture(start) {
      let isPNG = start[0] == 0x89
      guard isPNG ? PictureLibraryMissing.hasPNG : PictureLibraryMissing.hasJPEG else {
        throw PictureLibraryMissing(isPNG: isPNG, source: path).error
      }
      return true
    }
    return endings.contains(URL(fileURLWithPath: path).pathExtension.lowercased())
  }

  /// Of pictures: those that are read, and those that are told of because they are not.
  private static let endings: Set<String> = [
    "png", "jpg", "jpeg", "jpe", "jfif", "gif", "bmp", "tif", "tiff", "webp", "heic", "avif",
  ]

  private mutating func add(_ folder: String, depth: Int) throws {
    // Links may lead in circles.
    guard depth < 16 else { throw DataError(folder, "folders within folders", expected: "at most 16") }
    let (files, folders) = try PictureFiles.names(in: folder)
    for path in files.map({ "\(folder)/\($0)" }) {
      if try PictureFiles.isPicture(path) { paths.append(path) } else { others.append(path) }
    }
    for name in folders { try add("\(folder)/\(name)", depth: depth + 1) }
  }
}

/// Pictures of files at one size, in the files' order.
package struct PictureReading {
  /// Those that could be read, one after the other.
  package private(set) var bytes: [UInt8] = []
  /// Numbers of their paths.
  package private(set) var rows: [Int] = []
  package private(set) var bad: [DataError] = []

  /// Reads, converts and fits each picture, on as many threads as kernels run on.
  ///
  /// - Throws: `DataError` where all of them together are more than the memory.
  package init(_ paths: [String], height: Int, width: Int, channels: Int) throws {
    let size = height * width * channels
    let (total, overflow) = paths.count.multipliedReportingOverflow(by: size)
    try MachineMemory.check(
      overflow ? nil : total, source: "\(paths.count) pictures",
      "\(height)×\(width) pixels of \(channels) channels each")
    let count = paths.count
    var errors = [DataError?](repeating: nil, count: count)
    bytes = [UInt8](unsafeUninitializedCapacity: total) { target, initialized in
      nonisolated(unsafe) let target = target
      errors = PictureReading.each(paths) { index, path in
        let picture = try Picture(contentsOf: URL(fileURLWithPath: path)).converted(channels: channels)
          .fitted(height: height, width: width)
        // Each picture has a place of its own.
        _ = picture.bytes.withUnsafeBufferPointer {
          memcpy(target.baseAddress! + index * size, $0.baseAddress!, size)
        }
      }
      // The good ones move up.
      for row in 0..<count where errors[row] == nil {
        if rows.count != row {
          memcpy(target.baseAddress! + rows.count * size, target.baseAddress! + row * size, size)
        }
        rows.append(row)
      }
      initialized = rows.count * size
    }
    bad = errors.compactMap { $0 }
  }

  /// Sizes of the pictures when they are shown upright, and 1 channel or 3; nil for those that cannot be read.
  package static func sizes(_ paths: [String]) -> [(height: Int, width: Int, channels: Int)?] {
    let sizes = Mutex([(height: Int, width: Int, channels: Int)?](repeating: nil, count: paths.count))
    _ = each(paths) { index, path in
      let size = try Picture.size(of: DataFile.readRaw(URL(fileURLWithPath: path)), source: path)
      sizes.withLock { $0[index] = size }
    }
    return sizes.withLock { $0 }
  }

  /// What `body` throws for each path. Which thread has which does not matter: each writes its own place.
  private static func each(
    _ paths: [String], _ body: @Sendable (_ index: Int, _ path: String) throws -> Void
  ) -> [DataError?] {
    let errors = Mutex([DataError?](repeating: nil, count: paths.count))
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: min(paths.count, Runtime.threadCount)) { _ in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < paths.count else { return }
        do { try body(index, paths[index]) } catch {
          let told = error as? DataError ?? DataError(paths[index], "\(error)")
          errors.withLock { $0[index] = told }
        }
      }
    }
    return errors.withLock { $0 }
  }
}
