import Foundation

/// A Python process that runs work in another library on request; see Benchmarks/peers/server.py.
final class PeerProcess {
  private let process = Process()
  private let requests = Pipe()
  private let answers = Pipe()
  private var received = Data()

  /// "PyTorch 2.9.0"
  private(set) var name = ""
  private var variants: [String: [String]] = [:]
  /// What to install when the library is missing; nil when it is there.
  private(set) var missing: String?

  /// Starts `script` and waits until its library is loaded.
  init(python: String, script: URL, threads: Int) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python, script.path, String(threads)]
    process.standardInput = requests
    process.standardOutput = answers
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw BenchError("cannot start \(python): \(error.localizedDescription)")
    }
    guard let hello = readAnswer() else {
      process.waitUntilExit()
      // 127: env found no such program.
      throw BenchError(
        process.terminationStatus == 127
          ? "there is no \(python); name a Python with --python or MYELIN_PEERS_PYTHON"
          : "\(python) \(script.lastPathComponent) ended at once; run it by hand to see why")
    }
    if let install = hello["install"] as? String {
      missing = install
      return
    }
    name = hello["peer"] as? String ?? script.lastPathComponent
    variants = hello["variants"] as? [String: [String]] ?? [:]
  }

  deinit {
    // The peer's loop ends with its input.
    try? requests.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// The ways in which the peer can do a work like "gemm 512 512 512".
  func variants(for work: String) -> [String] {
    variants[String(work.prefix { $0 != " " })] ?? []
  }

  /// Compiles and warms up; false where the library has nothing for this work.
  func prepare(_ work: String, _ variant: String) throws -> Bool {
    try ask(["command": "prepare", "work": work, "variant": variant])["unsupported"] == nil
  }

  /// Seconds of a call.
  func time(_ work: String, _ variant: String, samples: Int, seconds: Double) throws -> [Double] {
    let answer = try ask([
      "command": "time", "work": work, "variant": variant, "samples": samples, "seconds": seconds,
    ])
    return answer["times"] as? [Double] ?? []
  }

  /// Forgets what is prepared, so that its memory is free.
  func drop() throws { _ = try ask(["command": "drop"]) }

  private func ask(_ request: [String: Any]) throws -> [String: Any] {
    let line = try JSONSerialization.data(withJSONObject: request) + Data("\n".utf8)
    try requests.fileHandleForWriting.write(contentsOf: line)
    guard let answer = readAnswer() else { throw BenchError("\(name) ended unexpectedly") }
    if let error = answer["error"] as? String { throw BenchError("\(name): \(error)") }
    return answer
  }

  private func readAnswer() -> [String: Any]? {
    while true {
      if let newline = received.firstIndex(of: UInt8(ascii: "\n")) {
        let line = received[..<newline]
        received = Data(received[received.index(after: newline)...])
        return try? JSONSerialization.jsonObject(with: line) as? [String: Any]
      }
      let chunk = answers.fileHandleForReading.availableData
      if chunk.isEmpty { return nil }
      received.append(chunk)
    }
  }
}
