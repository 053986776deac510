import ArgumentParser
import Myelin
import MyelinModels

/// `myelin info`
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what the kernels run on, and which data sets there are.",
    discussion: """
      CK_ISA=avx2 (or portable) in the environment forces a lower instruction set, MYELIN_THREADS=1 the number of threads.

      EXAMPLE:
        myelin info --json
      """)

  @Flag(name: .long, help: "Print as JSON.")
  var json = false

  private struct Answer: Encodable {
    let version = myelinVersion
    let kernels = Runtime.kernelVersion
    let processor = Runtime.processorName
    let instructionSet = Runtime.instructionSet
    let vectorLanes = Runtime.vectorLanes
    let threads = Runtime.threadCount
    let openMP = Runtime.openMP
    let cacheBytes = (1...3).map(Runtime.cacheSize(level:))
    let dataSets = RunData.names
  }

  func run() throws {
    if json { return try Console.json(Answer()) }
    Console.facts(TrainingReport.machineFacts + [("data sets", RunData.names.joined(separator: ", "))])
    if let hint = Console.openMPHint { Console.say(hint) }
  }
}
