import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Ctrl-C (SIGINT) and SIGTERM as a request: the first one is noted, a second one ends the process as it always does.
///
/// The handler only sets a flag, which is all that a signal handler may safely do; whoever runs the loop looks at it.
final class Interruption {
  private static let flag = Atomic<Bool>(false)
  private static let signals = [SIGINT, SIGTERM]
  private var previous: [(signal: Int32, action: sigaction)] = []

  /// Catches the signals until `end()`.
  init() {
    Interruption.flag.store(false, ordering: .relaxed)
    for signal in Interruption.signals {
      var action = sigaction()
      // One shot: the second signal finds the default action again, so that a stuck program can be killed.
      action.sa_flags = Int32(bitPattern: UInt32(truncatingIfNeeded: SA_RESETHAND)) | SA_RESTART
      sigemptyset(&action.sa_mask)
      #if canImport(Darwin)
        action.__sigaction_u.__sa_handler = { _ in Interruption.flag.store(true, ordering: .relaxed) }
      #else
        action.__sigaction_handler.sa_handler = { _ in Interruption.flag.store(true, ordering: .relaxed) }
      #endif
      var old = sigaction()
      // A signal that whoever started the program has told to ignore (nohup, a background job) stays ignored.
      guard sigaction(signal, nil, &old) == 0, !Interruption.isIgnored(old) else { continue }
      if sigaction(signal, &action, nil) == 0 { previous.append((signal, old)) }
    }
  }

  var isRequested: Bool { Interruption.flag.load(ordering: .relaxed) }

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
