import ArgumentParser
import Foundation
import Myelin

/// `swift run -c release bench`: what the kernels and the training steps reach on this machine.
@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures Myelin's kernels and training steps against the limits of this machine and against its peers.",
    discussion: """
      Without a subcommand: a short overall table, in about a minute. Every limit (multiply-adds in registers, \
      bandwidth of a level of memory) is measured in the same run as what is compared with it. Figures are medians.

      EXAMPLES
        swift run -c release bench
        swift run -c release bench --json
        swift run -c release bench peak
        swift run -c release bench gemm 1024 1024 1024 --transpose nt --threads 1
        swift run -c release bench kernels softmax
        swift run -c release bench train mlp_mnist
        swift run -c release bench profile mlp_mnist
        swift run -c release bench decode
        swift run -c release bench threads step gemm
        swift run -c release bench compare old.json new.json
        swift run -c release bench peers mlp_mnist --python ~/peers/bin/python
      """,
    version: myelinVersion,
    subcommands: [
      Overview.self, PeakCommand.self, GemmCommand.self, KernelsCommand.self, OverheadCommand.self, TrainCommand.self,
      ProfileCommand.self, PredictCommand.self, DecodeCommand.self, ThreadsCommand.self, CompareCommand.self,
      PeersCommand.self,
    ],
    defaultSubcommand: Overview.self)

  /// Exits with 2 after one line for a wrong option, name or number, with 1 for a failed measurement.
  static func main() {
    do {
      var command = try parseAsRoot()
      let watch = Machine.Watch()
      try command.run()
      watch.warn("meanwhile other programs used")
    } catch {
      let code = exitCode(for: error)
      if code == .success {
        print(fullMessage(for: error))
        return
      }
      let line = message(for: error).split(separator: "\n").joined(separator: " ")
      printError("bench: \(line)\(code == .validationFailure ? " (see bench --help)" : "")")
      Foundation.exit(code == .validationFailure ? 2 : 1)
    }
  }
}

/// One line on the error stream: standard output carries only results.
func printError(_ line: String) {
  FileHandle.standardError.write(Data((line + "\n").utf8))
}

/// A measurement that could not be made; the text is one line for the user.
struct BenchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
