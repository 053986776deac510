import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Collects what each operation of this thread puts on the tape: a model's forward pass, value by value.
final class TapeWatch {
  struct Entry {
    let operation: StaticString
    let value: Tensor
  }
  private var entries: [Entry] = []

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    require(pthread_key_create(&key, nil) == 0, "no thread-local storage left")
    return key
  }()

  /// What `body` computes with gradients recorded, in order.
  static func entries(of body: () -> Tensor) -> [Entry] {
    let watch = TapeWatch()
    let outer = pthread_getspecific(key)
    pthread_setspecific(key, Unmanaged.passUnretained(watch).toOpaque())
    Tape.watcherCount.wrappingAdd(1, ordering: .relaxed)
    defer {
      Tape.watcherCount.wrappingSubtract(1, ordering: .relaxed)
      pthread_setspecific(key, outer)
    }
    return withExtendedLifetime(watch) {
      _ = body()
      return watch.entries
    }
  }

  static func note(_ operation: StaticString, _ value: Tensor) {
    guard let pointer = pthread_getspecific(key) else { return }
    Unmanaged<TapeWatch>.fromOpaque(pointer).takeUnretainedValue().entries.append(
      Entry(operation: operation, value: value))
  }
}
