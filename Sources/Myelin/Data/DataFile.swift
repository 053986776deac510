import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whole files: read with clear errors, inflated when gzipped, written so that no half-written file is ever seen.
public enum DataFile {
  /// The bytes of a file; a gzipped one (known by its first two bytes, not by its name) is inflated.
  ///
  /// - Parameters:
  ///   - url: a file, plain or gzipped.
  ///   - unpackedLimit: the most bytes that a gzipped file may unpack to, and a pipe or device may give.
  ///   - isText: whether a file that begins as no text does is refused at once.
  /// - Throws: `DataError` when the file cannot be read, is larger than the memory, or its gzip data is truncated,
  ///   corrupt or unpacks to more than `unpackedLimit`.
  public static func read(_ url: URL, unpackedLimit: Int = Gzip.defaultLimit, isText: Bool = false) throws -> [UInt8] {
    let bytes = try readRaw(url, limit: unpackedLimit, isText: isText)
    return Gzip.isGzip(bytes) ? try Gzip.inflate(bytes, source: name(of: url), limit: unpackedLimit) : bytes
  }

  /// The bytes of a file as they are. A pipe or device is read to its end.
  ///
  /// - Throws: `DataError` when the file cannot be read or is larger than the memory.
  public static func readRaw(_ url: URL) throws -> [UInt8] { try readRaw(url, limit: Gzip.defaultLimit, isText: false) }

  /// - Parameter limit: the most bytes of a file that does not tell its size: a device may have no end.
  private static func readRaw(_ url: URL, limit: Int, isText: Bool) throws -> [UInt8] {
    try opened(url) { descriptor, size, source in
      try MachineMemory.check(size, source: source, "the file is too large to be read")
      // One byte more than the size, so that the end is seen. A pipe tells size 0, and a file may grow.
      var first: [UInt8] = []
      if isText {
        first = try piece(of: descriptor, capacity: textBlock, source: source, offset: 0)
        try checkText(first, source: source)
        // A file is read again from its start, into memory of its size; a pipe or device cannot go back.
        if size > 0, lseek(descriptor, 0, SEEK_SET) == 0 { first = [] }
      }
      let start = try piece(of: descriptor, capacity: size + 1, source: source, offset: first.count)
      var bytes = first.isEmpty ? start : first + start
      guard bytes.count > size else { return bytes }
      while true {
        guard bytes.count <= max(limit, size) else {
          throw DataError(
            source, "has no end within \(MachineMemory.text(limit)), the limit for data of unknown size")
        }
        try MachineMemory.check(2 * bytes.count, source: source, "the file is too large to be read")
        let more = try piece(of: descriptor, capacity: max(bytes.count, 1 << 16), source: source, offset: bytes.count)
        if more.isEmpty { return bytes }
        bytes += more
      }
    }
  }

  private static let textBlock = 1 << 16

  /// Text has no zero bytes, but in every second byte of UTF-16; compressed text may have any.
  private static func checkText(_ bytes: [UInt8], source: String) throws {
    guard !Gzip.isGzip(bytes), let zero = bytes.firstIndex(of: 0) else { return }
    let hasMark = bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff])
    let places = Set(bytes.indices.lazy.filter { bytes[$0] == 0 }.map { $0 % 2 })
    if places.count == 2 && !hasMark {
      throw DataError(source, byte: zero, "not a text file", expected: "text", found: "a zero byte")
    }
  }

  /// Up to `count` bytes of a file from `offset` on, and the size of the whole; fewer only at its end.
  static func readPart(_ url: URL, count: Int, from offset: Int = 0) throws -> (bytes: [UInt8], size: Int) {
    try opened(url) { descriptor, size, source in
      guard offset == 0 || lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else {
        throw DataError(source, byte: offset, "cannot be read: \(systemMessage(errno))")
      }
      return (try piece(of: descriptor, capacity: count, source: source, offset: offset), size)
    }
  }

  /// Opens a file for `body`, which gets its descriptor, its size, and its name for errors.
  private static func opened<R>(_ url: URL, _ body: (Int32, Int, String) throws -> R) throws -> R {
    let source = name(of: url)
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw DataError(source, "cannot be opened: \(systemMessage(errno))") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw DataError(source, "cannot be read: \(systemMessage(errno))")
    }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw DataError(source, "is a folder", expected: "a file") }
    return try body(descriptor, max(Int(status.st_size), 0), source)
  }

  /// Up to `capacity` bytes; fewer only at the end.
  private static func piece(
    of descriptor: Int32, capacity: Int, source: String, offset: Int
  ) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = 0
      while count < capacity {
        let wanted = min(capacity - count, 1 << 30)
        #if canImport(Darwin)
          let got = Darwin.read(descriptor, buffer.baseAddress! + count, wanted)
        #elseif canImport(Musl)
          let got = Musl.read(descriptor, buffer.baseAddress! + count, wanted)
        #else
          let got = Glibc.read(descriptor, buffer.baseAddress! + count, wanted)
        #endif
        if got == 0 { break }
        if got < 0 {
          if errno == EINTR { continue }
          throw DataError(source, byte: offset + count, "cannot be read: \(systemMessage(errno))")
        }
        count += got
      }
    }
  }

  /// Writes a file atomically: into a temporary file of the same folder, synced to the disk, then renamed.
  ///
  /// A reader sees the old content or the new one, never a part; after a crash too. On an error the old file stays and
  /// the temporary one is removed. A symbolic link is followed; a device or a pipe is written to as it is, for a file
  /// must not take its place.
  ///
  /// - Parameters:
  ///   - url: the file that is written or replaced.
  ///   - body: writes the content, piece by piece.
  /// - Throws: `DataError` when the file cannot be written, and what `body` throws.
  public static func writeAtomically(to url: URL, _ body: (inout Output) throws -> Void) throws {
    let source = name(of: url)
    var status = stat()
    let isThere = stat(url.path, &status) == 0
    if isThere, status.st_mode & S_IFMT != S_IFREG, status.st_mode & S_IFMT != S_IFDIR {
      return try writeStraight(to: url.path, source: source, body)
    }
    let url = isThere ? url.resolvingSymlinksInPath() : url
    let folder = url.deletingLastPathComponent().path
    var temporary = ""
    var descriptor: Int32 = -1
    for attempt in 0..<100 {
      temporary = "\(folder)/\(temporaryName(for: url.lastPathComponent, process: getpid(), attempt: attempt))"
      descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 || errno != EEXIST { break }
    }
    guard descriptor >= 0 else { throw DataError(source, "cannot be written: \(systemMessage(errno))") }
    var isOpen = true
    var output = Output(descriptor: descriptor, source: source)
    do {
      try body(&output)
      guard fsync(descriptor) == 0 else {
        throw DataError(source, "cannot be written: \(systemMessage(errno))")
      }
      isOpen = false
      guard close(descriptor) == 0, rename(temporary, url.path) == 0 else {
        throw DataError(source, "cannot be written: \(systemMessage(errno))")
      }
    } catch {
      if isOpen { close(descriptor) }
      unlink(temporary)
      throw error
    }
    // The new name itself reaches the disk with its folder. Some file systems refuse this; the content is safe then.
    let folderDescriptor = open(folder, O_RDONLY | O_CLOEXEC)
    if folderDescriptor >= 0 {
      _ = fsync(folderDescriptor)
      close(folderDescriptor)
    }
  }

  private static func writeStraight(
    to path: String, source: String, _ body: (inout Output) throws -> Void
  ) throws {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw DataError(source, "cannot be written: \(systemMessage(errno))") }
    defer { close(descriptor) }
    var output = Output(descriptor: descriptor, source: source)
    try body(&output)
  }

  /// Writes `bytes` as the whole file, atomically.
  public static func write(_ bytes: [UInt8], to url: URL) throws {
    try writeAtomically(to: url) { output in try output.write(bytes) }
  }

  /// Makes a folder, and those that it is in where they are not there.
  ///
  /// - Throws: `DataError` with the system's reason, which Foundation's errors do not tell on Linux.
  package static func makeFolder(_ url: URL) throws {
    if mkdir(url.path, 0o777) == 0 || errno == EEXIST { return }
    let parent = url.deletingLastPathComponent()
    if errno == ENOENT, parent.path != url.path {
      try makeFolder(parent)
      if mkdir(url.path, 0o777) == 0 { return }
    }
    throw DataError(name(of: url), "the folder cannot be made: \(systemMessage(errno))")
  }

  /// The file that `writeAtomically` is writing.
  public struct Output: ~Copyable {
    let descriptor: Int32
    let source: String

    /// Appends bytes.
    ///
    /// - Throws: ``DataError`` with the system's reason.
    public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Appends bytes.
    ///
    /// - Throws: ``DataError`` with the system's reason.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
      var done = 0
      while done < bytes.count {
        let count = min(bytes.count - done, 1 << 30)
        #if canImport(Darwin)
          let written = Darwin.write(descriptor, bytes.baseAddress! + done, count)
        #elseif canImport(Musl)
          let written = Musl.write(descriptor, bytes.baseAddress! + done, count)
        #else
          let written = Glibc.write(descriptor, bytes.baseAddress! + done, count)
        #endif
        if written < 0 {
          if errno == EINTR { continue }
          throw DataError(source, "cannot be written: \(DataFile.systemMessage(errno))")
        }
        done += written
      }
    }
  }

  /// How errors name a file: the path as it was given.
  package static func name(of url: URL) -> String { url.isFileURL ? url.relativePath : url.absoluteString }

  package static func systemMessage(_ code: Int) -> String { systemMessage(Int32(truncatingIfNeeded: code)) }

  static func systemMessage(_ code: Int32) -> String {
    code == ENOENT ? "no such file or folder" : String(cString: strerror(code))
  }
}
