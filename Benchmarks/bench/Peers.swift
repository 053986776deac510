import ArgumentParser
import CKernels
import Foundation
import Myelin

struct PeersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peers",
    abstract: "Runs the same work in PyTorch, JAX and numpy/OpenBLAS, in turns with ours.",
    discussion: """
      A ratio above 1 means that Myelin is faster: the peer's median time by ours. The turns alternate, a pause apart, so \
      that no thread of the one still spins while the other runs, and what disturbs the machine disturbs both. Peers that \
      are not installed are left out, with the line that installs them.
      NAME is gemm, conv, kernels or train for all of a kind, a shape (512x512x512), a kernel \
      (\(PeerWork.kernels.map(\.name).joined(separator: ", "))) or a model \
      (\(PeerWork.training.map(\.name).joined(separator: ", "))), or \(DecodeWork.name) for tokens one at a time.

      EXAMPLES
        bench peers
        bench peers mlp_mnist mlp_wide --python ~/peers/bin/python
        bench peers 1024x1024x1024 --rounds 9 --json
      """)

  @Argument(help: ArgumentHelp("What to compare; everything when left out.", valueName: "name"))
  var names: [String] = []

  @Option(help: "The Python that has the peers (default: MYELIN_PEERS_PYTHON, else python3).")
  var python: String?

  @Option(help: ArgumentHelp("Turns of each side.", valueName: "count"))
  var rounds = 5

  @OptionGroup var options: MeasureOptions

  private var works: [PeerWork]? {
    if names.isEmpty { return PeerWork.training + PeerWork.kernels + PeerWork.gemms }
    var works: [PeerWork] = []
    for name in names {
      let parts = name.split(whereSeparator: { $0 == "x" || $0 == "×" }).compactMap { Int($0) }
      if parts.count == 3 && parts.allSatisfy({ (1...100_000).contains($0) }) {
        let shape = GemmShape(m: parts[0], n: parts[1], k: parts[2])
        works.append(
          PeerWork(name: "gemm \(shape.text)", request: "gemm \(shape.m) \(shape.n) \(shape.k)") {
            let work = try GemmWork(shape)
            return { work.call() }
          })
      } else if let found = PeerWork.named(name) {
        works += found
      } else {
        return nil
      }
    }
    return works
  }

  func validate() throws {
    guard works != nil else {
      throw ValidationError(
        "nothing is called '\(names.joined(separator: " "))'; there are gemm, conv, kernels, train, a shape like 512x512x512, "
          + (PeerWork.kernels + PeerWork.training).map(\.name).joined(separator: ", "))
    }
    guard (1...1000).contains(rounds) else {
      throw ValidationError("--rounds takes 1 to 1000, not \(rounds)")
    }
  }

  func run() throws {
    // A peer that dies must be an error of its own, not the end of this program at the next write to its pipe.
    signal(SIGPIPE, SIG_IGN)
    let report = options.begin()
    let python = python ?? ProcessInfo.processInfo.environment["MYELIN_PEERS_PYTHON"] ?? "python3"
    let peers = try Self.start(python: python)
    guard !peers.isEmpty else { throw BenchError("no peer is installed for \(python)") }
    report.table(
      "Peers, \(Machine.threads) threads (ratio = peer / ours; above 1 Myelin is faster)", names: 3,
      columns: [
        ("work", 22), ("peer", 18), ("variant", 9), ("ours µs", 10), ("peer µs", 10), ("ratio", 7),
      ])
    let turn = options.sampler(samples: 3, seconds: 0.15)
    for work in works ?? [] {
      try Self.compare(work, with: peers, rounds: rounds, turn: turn, report)
      for peer in peers { try peer.drop() }
    }
  }

  /// Starts the peers that are installed.
  static func start(python: String) throws -> [PeerProcess] {
    guard let folder = scripts() else {
      throw BenchError("Benchmarks/peers was not found: run bench inside the package's folder")
    }
    var peers: [PeerProcess] = []
    for script in ["torch_peer.py", "jax_peer.py", "numpy_peer.py"] {
      let peer = try PeerProcess(
        python: python, script: folder.appendingPathComponent(script), threads: Machine.threads)
      if let missing = peer.missing {
        printError(
          "\(script.prefix { $0 != "_" }) is left out: \(python) -m pip install \(missing)")
      } else {
        peers.append(peer)
      }
    }
    return peers
  }

  /// Above the working folder, or above the executable inside .build.
  private static func scripts() -> URL? {
    let starts = [
      URL(fileURLWithPath: FileManager.default.currentDirectoryPath),
      URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath(),
    ]
    for start in starts {
      var folder = start
      while folder.path.count > 1 {
        let scripts = folder.appendingPathComponent("Benchmarks/peers")
        if FileManager.default.fileExists(atPath: scripts.appendingPathComponent("server.py").path) {
          return scripts
        }
        folder.deleteLastPathComponent()
      }
    }
    return nil
  }

  /// Threads of all libraries go to sleep within this time: libomp spins for 0.2 s after a parallel region.
  private static let pause = 0.3

  static func compare(
    _ work: PeerWork, with peers: [PeerProcess], rounds: Int, turn: Sampler, _ report: Report
  ) throws {
    var rivals: [(peer: PeerProcess, variant: String, timing: Timing)] = []
    for peer in peers {
      for variant in peer.variants(for: work.request) {
        do {
          if try peer.prepare(work.request, variant) { rivals.append((peer, variant, Timing())) }
        } catch let error as BenchError {
          printError("\(work.name), \(variant): \(error)")
        }
      }
    }
    let run = try work.make()
    for _ in 0..<5 { run() }
    let calls = turn.callsPerSample(run)
    var ours = Timing()
    for _ in 0..<rounds {
      Thread.sleep(forTimeInterval: pause)
      run()
      turn.extend(&ours, calls: calls, run)
      for index in rivals.indices {
        Thread.sleep(forTimeInterval: pause)
        rivals[index].timing.samples += try rivals[index].peer.time(
          work.request, rivals[index].variant, samples: turn.samples, seconds: turn.seconds)
      }
    }
    for rival in rivals {
      let ratio = rival.timing.median / ours.median
      report.row(
        [
          work.name, rival.peer.name, rival.variant, compact(ours.median * 1e6),
          compact(rival.timing.median * 1e6),
          NumberText.fixed(ratio, decimals: 2),
        ],
        json: [
          "bench": "peers", "work": .text(work.name), "peer": .text(rival.peer.name),
          "variant": .text(rival.variant),
          "threads": .integer(Machine.threads), "isa": .text(Machine.isa),
          "ours_us": .number(ours.median * 1e6, decimals: 3),
          "peer_us": .number(rival.timing.median * 1e6, decimals: 3),
          "ratio": .number(ratio, decimals: 3),
        ])
    }
  }
}
