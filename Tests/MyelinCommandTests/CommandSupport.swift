import Foundation
import XCTest

/// Runs the built `myelin` as a user does, in a folder of its own.
final class Shell {
  struct Result {
    let status: Int32
    var reason = Process.TerminationReason.exit
    let output: String
    let complaints: String

    /// The output as JSON.
    func json(file: StaticString = #filePath, line: UInt = #line) throws -> [String: Any] {
      let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
      return try XCTUnwrap(object as? [String: Any], output, file: file, line: line)
    }
  }

  let folder: URL

  init(_ test: XCTestCase) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("myelin-command-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let folder = folder
    test.addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
  }

  /// Where the products are: beside the test bundle on macOS, and on Linux where the test executable is.
  static var executable: URL {
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? Bundle.main
    let folder =
      bundle.bundlePath.hasSuffix(".xctest") ? bundle.bundleURL.deletingLastPathComponent() : bundle.bundleURL
    return folder.appendingPathComponent("myelin")
  }

  /// - Parameters:
  ///   - program: what is run; nil for the built `myelin`.
  ///   - subfolder: the working folder, in the shell's own.
  ///   - standardOutput: where the output goes instead of into the result.
  ///   - input: what the command reads from its standard input.
  func start(
    _ arguments: [String], in subfolder: String = "", environment: [String: String] = [:],
    standardOutput: FileHandle? = nil, input: String? = nil, program: String? = nil
  ) throws -> RunningCommand {
    try RunningCommand(
      program.map { URL(fileURLWithPath: $0) } ?? Shell.executable, arguments, environment,
      subfolder.isEmpty ? folder : folder.appendingPathComponent(subfolder), standardOutput, input)
  }

  @discardableResult
  func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Result {
    try start(arguments, environment: environment).finish()
  }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
  func bytes(_ name: String) throws -> Data { try Data(contentsOf: folder.appendingPathComponent(name)) }
  func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  func write(_ name: String, _ text: String) throws { try write(name, Data(text.utf8)) }
  func write(_ name: String, _ data: Data) throws { try data.write(to: folder.appendingPathComponent(name)) }

  /// What is in the folder, without hidden files: to see that nothing was left behind.
  var contents: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() } }
}

/// A process that was started. Its outputs go to files, so that no pipe can fill up.
final class RunningCommand {
  let process = Process()
  private let output: URL
  private let complaints: URL

  fileprivate init(
    _ program: URL, _ arguments: [String], _ environment: [String: String], _ folder: URL,
    _ standardOutput: FileHandle?, _ input: String?
  ) throws {
    let outside = FileManager.default.temporaryDirectory
    output = outside.appendingPathComponent("myelin-out-\(UUID().uuidString)")
    complaints = outside.appendingPathComponent("myelin-err-\(UUID().uuidString)")
    for file in [output, complaints] { try Data().write(to: file) }
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = try standardOutput ?? FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: complaints)
    process.standardInput = FileHandle.nullDevice
    let pipe = input.map { _ in Pipe() }
    if let pipe { process.standardInput = pipe }
    try process.run()
    if let pipe, let input {
      try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
      try pipe.fileHandleForWriting.close()
    }
  }

  var outputSoFar: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

  func finish() throws -> Shell.Result {
    process.waitUntilExit()
    defer { for file in [output, complaints] { try? FileManager.default.removeItem(at: file) } }
    return .init(
      status: process.terminationStatus, reason: process.terminationReason,
      output: try String(contentsOf: output, encoding: .utf8),
      complaints: try String(contentsOf: complaints, encoding: .utf8))
  }
}
