import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Ctrl-C (SIGINT), SIGTERM and a closed terminal (SIGHUP) as a request: the first one is noted, a second one ends the
/// process as it always does.
///
/// The handler only notes the signal, which is all that a signal handler may safely do; whoever runs the loop looks at it.
package final class Interruption {
  private static let noted = Atomic<Int32>(0)
  private static let signals = [SIGINT, SIGTERM, SIGHUP]

  /// The signal that the last training was interrupted by, for the exit code; nil where there was none.
  package static var signal: Int32? {
    let number = noted.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  private var previous: [(signal: Int32, action: sigaction)] = []

  /// Catches the signals until `end()`.
  init() {
    Interruption.noted.store(0, ordering: .relaxed)
    for signal in Interruption.signals {
      var action = sigaction()
      // One shot: the second signal finds the default action again, so that a stuck program can be killed.
      action.sa_flags = Int32(bitPattern: UInt32(truncatingIfNeeded: SA_RESETHAND)) | SA_RESTART
      sigemptyset(&action.sa_mask)
      #if canImport(Darwin)
        action.__sigaction_u.__sa_handler = { Interruption.noted.store($0, ordering: .relaxed) }
      #else
        action.__sigaction_handler.sa_handler = { Interruption.noted.store($0, ordering: .relaxed) }
      #endif
      var old = sigaction()
      // A signal that whoever started the program has told to ignore (nohup, a background job) stays ignored.
      guard sigaction(signal, nil, &old) == 0, !Interruption.isIgnored(old) else { continue }
      if sigaction(signal, &action, nil) == 0 { previous.append((signal, old)) }
    }
  }

  var isRequested: Bool { Interruption.noted.load(ordering: .relaxed) != 0 }

  /// Puts the earlier handlers back.
  func end() {
    for (signal, action) in previous {
      var action = action
      sigaction(signal, &action, nil)
    }
    previous = []
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    // SIG_IGN is the address 1; C's macro for it is not imported.
    #if canImport(Darwin)
      let handler = action.__sigaction_u.__sa_handler
    #else
      let handler = action.__sigaction_handler.sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == 1
  }
}
