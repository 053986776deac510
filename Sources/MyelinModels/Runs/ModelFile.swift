import Foundation
import Myelin

/// The file of a trained model, read and not yet understood: named tensors, and text that says what they are.
package struct ModelFile {
  private let file: Safetensors

  static let kindKey = "myelin.model"

  /// - Throws: `DataError` for a file that is not there, or is no Safetensors file.
  init(contentsOf url: URL) throws { file = try Safetensors(contentsOf: url) }

  /// How errors name it.
  var source: String { file.source }

  /// Which ``RunModel`` it holds.
  var kind: String { file.metadata[ModelFile.kindKey] ?? SavedModel.kind }

  func text(_ key: String) -> String? { file.metadata[key] }

  /// A value that stands as JSON in the metadata.
  func decode<Value: Decodable>(_ type: Value.Type, _ key: String) throws -> Value {
    guard let json = file.metadata[key] else {
      throw DataError(source, "no model of Myelin", expected: "metadata \"\(key)\"")
    }
    do { return try JSONCoding.decode(type, json) } catch {
      throw DataError(source, "metadata \"\(key)\" cannot be read; it may be of another version of Myelin")
    }
  }

  /// The same, of a value that a run can have written.
  ///
  /// - Parameter isConsistent: whether one can; a file may hold anything.
  func decode<Value: Decodable>(
    _ type: Value.Type, _ key: String, where isConsistent: (Value) -> Bool
  ) throws -> Value {
    let value = try decode(type, key)
    if !isConsistent(value) { throw damaged(key) }
    return value
  }

  /// What the model was trained with.
  var options: RunOptions {
    get throws { try decode(RunOptions.self, SavedModel.optionsKey) { $0.isConsistent } }
  }

  /// Fingerprint of the data that the model was trained from.
  var dataHash: String { text(SavedModel.dataKey) ?? "" }

  /// The metadata that the files of all models have.
  static func metadata(
    network: some Encodable, preprocessing: some Encodable, options: RunOptions, dataHash: String
  ) throws -> [String: String] {
    [
      SavedModel.networkKey: try JSONCoding.encode(network),
      SavedModel.preprocessingKey: try JSONCoding.encode(preprocessing),
      SavedModel.optionsKey: try JSONCoding.encode(options), SavedModel.dataKey: dataHash,
    ]
  }

  /// For metadata that no run has written.
  private func damaged(_ key: String) -> DataError {
    DataError(source, "metadata \"\(key)\" holds values that no run has; the file is damaged")
  }

  /// A network with the file's tensors.
  ///
  /// - Parameter make: builds it; asked where the tensors have as many numbers as `size`.
  func network<Network: Module>(of size: NetworkSize, _ make: () -> Network) throws -> Network {
    try check(size)
    let network = make()
    try load(into: network)
    return network
  }

  /// Throws unless the tensors have as many numbers as a network of `size`: asked before the network is built, since its
  /// sizes are only text in the file, and its tensors are as large as the file.
  private func check(_ size: NetworkSize) throws {
    let found = file.arrays.reduce(0) { $0 + $1.array.count }
    guard size.stateCount == found else {
      throw DataError(
        source, "the tensors do not fit the network, \(size.description)",
        expected: "\(size.stateCount.map(String.init) ?? "too many") numbers", found: "\(found)")
    }
  }

  /// Puts the file's tensors into a network.
  private func load(into network: any Module) throws {
    var tensors: [String: Tensor] = [:]
    for (name, array) in file.arrays {
      let title = "tensor \"\(name)\""
      guard array.elementType.isFloatingPoint else {
        throw DataError(source, title, expected: "floating-point numbers", found: "\(array.elementType.rawValue)")
      }
      let tensor = try array.tensor(source: source, name: title)
      if let bad = tensor.scalars.first(where: { !$0.isFinite }) {
        throw DataError(source, title, expected: "finite numbers", found: bad.isNaN ? "nan" : "\(bad)")
      }
      tensors[name] = tensor
    }
    do { try network.load(tensors) } catch let error as ModelStateError {
      throw DataError(source, error.description)
    }
  }
}
