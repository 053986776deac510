import ArgumentParser
import CKernels
import Foundation

/// What every subcommand takes.
struct MeasureOptions: ParsableArguments {
  @Flag(help: "Print one JSON object a line instead of tables.")
  var json = false

  @Option(help: ArgumentHelp("Threads to use (default: all that this process may use).", valueName: "count"))
  var threads: Int?

  @Option(help: ArgumentHelp("Fewest samples of each measurement.", valueName: "count"))
  var samples: Int?

  @Option(help: ArgumentHelp("Time to spend on each measurement, at least.", valueName: "seconds"))
  var seconds: Double?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads takes 1 to 1024, not \(threads)")
    }
    if let samples, !(1...1_000_000).contains(samples) {
      throw ValidationError("--samples takes 1 to 1000000, not \(samples)")
    }
    if let seconds, !(seconds >= 0 && seconds <= 3600) {
      throw ValidationError("--seconds takes 0 to 3600, not \(seconds)")
    }
  }

  /// Sets the thread count, and says on the error stream what makes figures worth less.
  func begin() -> Report {
    if let threads { _ = ck_set_thread_count(Int32(threads)) }
    #if DEBUG
      printError("note: debug build: Swift code is not optimised (the C kernels are); use swift run -c release bench")
    #endif
    if String(cString: ck_openmp_runtime()) == "none" {
      printError("note: built without OpenMP, one thread only; install libomp-dev (Debian) or libomp (Homebrew)")
    }
    let watch = Machine.Watch()
    Thread.sleep(forTimeInterval: 0.2)
    watch.warn("other programs use")
    let report = Report(json: json)
    report.text(Machine.description)
    return report
  }

  func sampler(samples: Int, seconds: Double) -> Sampler {
    Sampler(samples: self.samples ?? samples, seconds: self.seconds ?? seconds)
  }
}
