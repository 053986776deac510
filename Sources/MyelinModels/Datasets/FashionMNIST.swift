import Foundation
import Myelin

/// Fashion-MNIST: grey images of 28×28 pixels, ten kinds of clothing (H. Xiao, K. Rasul, R. Vollgraf,
/// "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms", 2017). Also MNIST itself, whose
/// files have the same names and form.
public struct FashionMNIST: Sendable {
  /// Where the images came from.
  public enum Source: Equatable, Sendable {
    /// The folder that was asked for.
    case folder(String)
    /// Debian's package dataset-fashion-mnist: the full set.
    case debianPackage
    /// The 3000 training and 1000 test images that Myelin ships.
    case shippedSlice
  }

  /// Images [N, 28, 28, 1] of 0…1 and their labels [N].
  public let training: TensorDataset
  /// Images and labels as in ``training``, to judge by.
  public let test: TensorDataset
  /// Where the files were found.
  public let source: Source

  /// What the labels 0…9 stand for.
  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]

  /// Who made it.
  public static let citation =
    "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a novel image dataset for benchmarking machine learning "
    + "algorithms. Zalando SE, 2017. arXiv:1708.07747"

  /// Where Debian's package puts the full set.
  static let debianFolder = URL(fileURLWithPath: "/usr/share/datasets/fashion-mnist")

  /// Loads the full set from `folder`, or, when none is given, from Debian's package, or else the shipped slice.
  ///
  /// - Parameter folder: has `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
  ///   `t10k-labels-idx1-ubyte`, plain or with `.gz`.
  /// - Throws: `DataError` when a file of the folder is missing, damaged, or does not fit the others.
  public static func load(folder: URL? = nil) throws -> FashionMNIST {
    if let folder { return try FashionMNIST(folder, prefix: "", source: .folder(folder.relativePath)) }
    if FileManager.default.fileExists(atPath: debianFolder.appendingPathComponent("train-images-idx3-ubyte.gz").path) {
      return try FashionMNIST(debianFolder, prefix: "", source: .debianPackage)
    }
    return try shippedSlice()
  }

  /// The slice that the package ships.
  public static func shippedSlice() throws -> FashionMNIST {
    try FashionMNIST(ShippedData.folder(), prefix: "fashion-mnist-", source: .shippedSlice)
  }

  private init(_ folder: URL, prefix: String, source: Source) throws {
    self.source = source
    training = try FashionMNIST.part(folder, "\(prefix)train")
    test = try FashionMNIST.part(folder, "\(prefix)t10k")
    let (size, testSize) = (training.inputs.shape, test.inputs.shape)
    guard testSize[1] == size[1], testSize[2] == size[2] else {
      throw DataError(
        FashionMNIST.file(folder, "\(prefix)t10k-images-idx3-ubyte").relativePath, "images",
        expected: "\(size[1])×\(size[2]) pixels, as the training images have", found: "\(testSize[1])×\(testSize[2])")
    }
  }

  private static func part(_ folder: URL, _ name: String) throws -> TensorDataset {
    let imageFile = file(folder, "\(name)-images-idx3-ubyte")
    let labelFile = file(folder, "\(name)-labels-idx1-ubyte")
    let images = try IDX.read(imageFile)
    guard images.elementType == .uint8, images.shape.count == 3, !images.shape.contains(0) else {
      throw DataError(
        imageFile.relativePath, "images", expected: "bytes of shape [N, height, width]",
        found: "\(images.elementType.rawValue) of shape \(images.shape)")
    }
    let labels = try IDX.read(labelFile)
    guard labels.elementType == .uint8, labels.shape == [images.shape[0]] else {
      throw DataError(
        labelFile.relativePath, "labels", expected: "bytes of shape [\(images.shape[0])], one for each image",
        found: "\(labels.elementType.rawValue) of shape \(labels.shape)")
    }
    if let bad = labels.bytes.firstIndex(where: { Int($0) >= classNames.count }) {
      throw DataError(labelFile.relativePath, byte: bad, "label", expected: "0 to 9", found: "\(labels.bytes[bad])")
    }
    let pixels = try images.tensor(source: imageFile.relativePath, scale: 1 / 255)
    return TensorDataset(
      inputs: pixels.reshaped(images.shape + [1]), labels: try labels.indices(source: labelFile.relativePath))
  }

  /// The gzipped file, or the plain one where only that is there.
  private static func file(_ folder: URL, _ name: String) -> URL {
    let plain = folder.appendingPathComponent(name)
    return FileManager.default.fileExists(atPath: plain.path) ? plain : folder.appendingPathComponent("\(name).gz")
  }
}

extension FashionMNIST.Source: CustomStringConvertible {
  public var description: String {
    switch self {
    case .folder(let path): "the files in \(path)"
    case .debianPackage: "the full set of the Debian package dataset-fashion-mnist"
    case .shippedSlice: "the shipped slice of 3000 training and 1000 test images"
    }
  }
}
