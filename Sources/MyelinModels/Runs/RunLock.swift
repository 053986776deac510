import Foundation
import Myelin

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A hold on a run's folder, so that no other process trains in it: `flock` on a file in the folder.
///
/// The system lets go of it when the process ends, however it ends; the file then stays as a sign that the folder is a
/// run's. Whoever lets go in order removes the file.
final class RunLock: Sendable {
  static let fileName = ".lock"

  private let path: String
  private let descriptor: Int32

  /// - Throws: `DataError` when another process trains in the folder, or the file cannot be made.
  init(_ folder: URL) throws {
    path = folder.appendingPathComponent(RunLock.fileName).path
    while true {
      let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard file >= 0 else {
        throw DataError(folder.relativePath, "nothing can be written in it: \(String(cString: strerror(errno)))")
      }
      // A file system without locks (some network ones) is no reason not to train.
      if flock(file, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
        let holder = RunLock.holder(file)
        close(file)
        throw DataError(folder.relativePath, "another process\(holder) trains in this folder")
      }
      // The file may have been removed by the one before us between our opening and locking it.
      if RunLock.isAt(path, file) {
        descriptor = file
        break
      }
      close(file)
    }
    let text = Array("\(getpid())\n".utf8)
    ftruncate(descriptor, 0)
    _ = pwrite(descriptor, text, text.count, 0)
  }

  private static func holder(_ file: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 20)
    let count = pread(file, &bytes, bytes.count, 0)
    let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    return Int32(text.prefix { $0 != "\n" }).map { " (\($0))" } ?? ""
  }

  deinit {
    // Not the file of somebody else who has made the folder anew.
    if RunLock.isAt(path, descriptor) { unlink(path) }
    close(descriptor)
  }

  private static func isAt(_ path: String, _ descriptor: Int32) -> Bool {
    var (ours, current) = (stat(), stat())
    return fstat(descriptor, &ours) == 0 && stat(path, &current) == 0 && ours.st_ino == current.st_ino
      && ours.st_dev == current.st_dev
  }
}
