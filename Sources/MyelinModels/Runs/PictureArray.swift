import Foundation
import Myelin

/// Pictures that stand in a file as one array: IDX, NPY, or an NPZ archive with one such array in it.
struct PictureArray {
  /// Bytes or floating-point numbers, [N, H, W] or [N, H, W, C].
  let array: NumericArray
  private let source: String

  /// - Parameter path: a file, plain or gzipped; `-` for standard input.
  /// - Throws: `DataError` for a file of another kind, or one that is damaged.
  init(contentsOf path: String) throws {
    source = path
    let bytes = try DataFile.read(DataPath.input(path))
    if bytes.starts(with: Array("PK".utf8)) {
      let arrays = try NPZ.decode(bytes, source: path)
      let fitting = arrays.names.filter { [3, 4].contains(arrays[$0]!.shape.count) }
      guard fitting.count == 1 else {
        throw DataError(
          path, "arrays of shape [N, H, W] or [N, H, W, C]", expected: "one",
          found: fitting.isEmpty ? "none" : fitting.map(DataError.quoted).joined(separator: ", "))
      }
      array = arrays[fitting[0]]!
    } else if bytes.starts(with: [0x93] + Array("NUMPY".utf8)) {
      array = try NPY.decode(bytes, source: path)
    } else {
      array = try IDX.decode(bytes, source: path)
    }
    guard [3, 4].contains(array.shape.count), array.elementType == .uint8 || array.elementType.isFloatingPoint else {
      throw DataError(
        path, "images", expected: "bytes or floating-point numbers of shape [N, H, W] or [N, H, W, C]",
        found: "\(array.elementType.rawValue) of shape \(array.shape)")
    }
  }

  /// Values of 0…1.
  func tensor() throws -> Tensor {
    if array.elementType == .uint8 { return try array.tensor(source: source, scale: 1 / 255) }
    let tensor = try array.tensor(source: source)
    if let bad = tensor.withUnsafeBufferPointer({ $0.first { !($0 >= 0 && $0 <= 1) } }) {
      throw DataError(source, "a pixel of floating-point numbers", expected: "0 to 1", found: "\(bad)")
    }
    return tensor
  }
}
