import ArgumentParser
import CProcess
import Foundation
import Myelin

/// The `myelin` command.
@main
struct MyelinCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "myelin",
    abstract: "Train neural networks on the CPU, fast and reproducibly.",
    discussion: """
      Without anything else, `myelin train` trains a network on handwritten digits in a few seconds and leaves the model, \
      a log and a report in runs/.

      EXAMPLES:
        myelin train                                    handwritten digits
        myelin train penguins --epochs 50 --seed 7      another data set that is shipped
        myelin train sales.csv --target price           your own table
        myelin evaluate runs/digits-1                   its scores on the test part
        myelin predict runs/digits-1 --input new.csv    its answers for new rows

      Exit codes: 0 success, 1 bad data or a run that failed, 2 wrong usage, 130 stopped by Ctrl-C (143 by SIGTERM), \
      saved and ready to be resumed.
      """,
    version: "myelin \(myelinVersion)",
    subcommands: [
      Train.self, Evaluate.self, Predict.self, Compare.self, Tune.self, Similar.self, Recommend.self, Generate.self,
      Embed.self, Models.self,
      Summary.self,
      Info.self, LearnCommand.self,
    ])

  static func main() {
    do {
      try checkName()
      var command = try parseAsRoot(arguments)
      try command.run()
      Console.finish()
    } catch {
      fail(error)
    }
  }

  /// - Throws: `ValidationError` that names subcommands like the one that was mistyped.
  private static func checkName() throws {
    let names = configuration.subcommands.map { $0._commandName } + ["help"]
    guard let first = (arguments ?? Array(CommandLine.arguments.dropFirst())).first, !first.hasPrefix("-"),
      !names.contains(first)
    else { return }
    throw ValidationError("There is no command \"\(first)\"; \(DataError.suggestion(for: first, among: names))")
  }

  /// The words after the command's name; nil to let Swift find them.
  private static var arguments: [String]? {
    let count = process_argument_count()
    return count == 0 ? nil : (1..<max(count, 1)).map { String(cString: process_argument($0)) }
  }

  /// Ends the process: help and version on standard output, usage errors with code 2, all others as one line with code 1.
  private static func fail(_ error: any Error) -> Never {
    let code = exitCode(for: error)
    if code == .success {
      Console.say(fullMessage(for: error))
      Console.finish()
      Foundation.exit(0)
    }
    if code == .validationFailure {
      Console.complain(fullMessage(for: error))
      Foundation.exit(2)
    }
    // A command that has said all itself.
    if let code = error as? ExitCode {
      Console.finish()
      Foundation.exit(code.rawValue)
    }
    Console.complain("error: \(oneLine(error))")
    Foundation.exit(1)
  }

  private static func oneLine(_ error: any Error) -> String {
    let text = "\(error)"
    return text.split(whereSeparator: \.isNewline).joined(separator: "; ")
  }
}
