import Foundation

/// The binary format of CIFAR-10 and CIFAR-100 (A. Krizhevsky, "Learning multiple layers of features from tiny images",
/// 2009): records of one or two labels and a picture of 32×32 pixels, all red bytes, then all green, then all blue.
public enum CIFAR {
  /// Which of the two.
  public enum Kind: Sendable {
    /// One label of 0…9.
    case ten
    /// A coarse label of 0…19, then a fine one of 0…99, which is the one that is taken.
    case hundred

    var labelBytes: Int { self == .ten ? 1 : 2 }
    var classCount: Int { self == .ten ? 10 : 100 }
  }

  /// Reads a file such as `data_batch_1.bin` or `train.bin`, plain or gzipped; inputs are 0…1.
  ///
  /// - Throws: `DataError` with the byte at which the file is no whole number of records, or a label is none of the kind's.
  public static func read(_ url: URL, kind: Kind) throws -> PictureDataset {
    try decode(DataFile.read(url), kind: kind, source: DataFile.name(of: url))
  }

  /// Reads records that are in memory.
  public static func decode(_ bytes: [UInt8], kind: Kind, source: String) throws -> PictureDataset {
    let (side, plane) = (32, 32 * 32)
    let record = kind.labelBytes + 3 * plane
    guard bytes.count % record == 0 else {
      throw DataError(
        source, byte: bytes.count / record * record, "truncated", expected: "records of \(record) bytes",
        found: "\(bytes.count % record) at the end")
    }
    let count = bytes.count / record
    var labels: [Int32] = []
    for index in 0..<count {
      let place = index * record + kind.labelBytes - 1
      guard bytes[place] < kind.classCount else {
        throw DataError(source, byte: place, "label", expected: "0 to \(kind.classCount - 1)", found: "\(bytes[place])")
      }
      labels.append(Int32(bytes[place]))
    }
    let pixels = [UInt8](unsafeUninitializedCapacity: count * 3 * plane) { target, initialized in
      bytes.withUnsafeBufferPointer { source in
        for index in 0..<count {
          let (from, to) = (index * record + kind.labelBytes, index * 3 * plane)
          for pixel in 0..<plane {
            for channel in 0..<3 { target[to + 3 * pixel + channel] = source[from + channel * plane + pixel] }
          }
        }
      }
      initialized = count * 3 * plane
    }
    return PictureDataset(
      height: side, width: side, channels: 3, bytes: pixels, labels: labels, mean: [0, 0, 0], deviation: [1, 1, 1])
  }
}
