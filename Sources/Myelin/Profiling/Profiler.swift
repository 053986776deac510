/// Says where the time of a training step goes: by layer and operation, forward, backward and in the optimizer.
///
/// ```swift
/// let profile = Profiler.measure(model, steps: 20) {
///   loss = softmaxCrossEntropy(model(batch.inputs), batch.labels!)
///   optimizer.minimize(loss)
/// }
/// print(profile)
/// try profile.writeTrace(to: URL(fileURLWithPath: "trace.json"))     // for ui.perfetto.dev
/// ```
/// It hears of every layer, operation and kernel through the seam that the summary and the search for a NaN's origin share,
/// so that layers of your own are seen without a word from them. While it listens each kernel costs some 50 ns more; while
/// it does not, nothing. It watches the thread that it is started on, and the workers of that thread's kernels.
public final class Profiler {
  private let recorder: ProfileRecorder
  private let threads: ThreadTrace
  private let observation: Observation.Token
  private let start: UInt64

  /// Starts listening on this thread.
  ///
  /// - Parameters:
  ///   - model: gives the layers their names; without it only operations are told apart.
  ///   - capacity: parts of work that are kept for each thread; what comes after is left out of the profile.
  public init(_ model: (any Module)? = nil, capacity: Int = 1 << 18) {
    recorder = ProfileRecorder(model, capacity: capacity)
    threads = ThreadTrace(capacity: capacity)
    observation = Observation.start(recorder)
    start = Observation.now
  }

  /// Stops listening, on the thread that it was started on.
  ///
  /// - Parameters:
  ///   - steps: how many there were: times in the table are for one.
  ///   - limits: nil measures them now.
  public func stop(steps: Int = 1, limits: ProcessorLimits? = nil) -> Profile {
    let end = Observation.now
    Observation.stop(observation)
    let spans = threads.stop()
    return Profile(
      events: recorder.events, spans: spans, start: start, end: end, steps: max(1, steps),
      threads: Runtime.threadCount, limits: limits ?? .measure(), isComplete: !recorder.isFull)
  }

  /// Runs `step` some times and says where the time went.
  ///
  /// - Parameters:
  ///   - model: gives the layers their names.
  ///   - steps: runs that count.
  ///   - warmUp: runs before, that do not count: they fill caches and the memory pool.
  ///   - limits: nil measures them.
  ///   - step: a step of training, or anything else that runs kernels on this thread.
  public static func measure(
    _ model: (any Module)? = nil, steps: Int = 10, warmUp: Int = 3, limits: ProcessorLimits? = nil,
    _ step: () throws -> Void
  ) rethrows -> Profile {
    let limits = limits ?? .measure()
    for _ in 0..<warmUp { try step() }
    let profiler = Profiler(model)
    var done = 0
    do {
      for _ in 0..<max(1, steps) {
        try step()
        done += 1
      }
    } catch {
      _ = profiler.stop(steps: done, limits: limits)
      throw error
    }
    return profiler.stop(steps: done, limits: limits)
  }
}

/// One kernel's run.
struct ProfileEvent {
  var layer: String
  var operation: String
  var kernel: StaticString
  var phase: Profile.Phase
  var begin: UInt64
  var end: UInt64
  var cost: KernelCost
}

/// Keeps what is heard, with the layer and the operation that each kernel worked for.
private final class ProfileRecorder: Observer {
  private(set) var events: [ProfileEvent] = []
  private(set) var isFull = false
  private let capacity: Int
  private let paths: LayerPaths?
  private var position = LayerPosition()
  /// The layer that put each node on the tape.
  private var layers: [UInt64: String] = [:]
  /// Where the kernels begin that no operation has claimed.
  private var unclaimed = 0
  private var goingBack: GradientNode?

  init(_ model: (any Module)?, capacity: Int) {
    self.capacity = capacity
    paths = model.map(LayerPaths.init)
    events.reserveCapacity(min(capacity, 1 << 12))
  }

  override func layerBegan(_ layer: LayerKey) {
    unclaimed = events.count
    position.begin(paths?[layer])
  }

  override func layerEnded(_ layer: LayerKey) {
    position.end()
    unclaimed = events.count
  }

  override func read(_ parameter: Parameter) { position.read(paths?[parameter]) }

  /// The operation comes after its kernels.
  override func recorded(_ operation: StaticString, _ value: Tensor) {
    for index in unclaimed..<events.count { events[index].operation = "\(operation)" }
    unclaimed = events.count
    if let node = value.node, let layer = position.layer { layers[node.sequence] = layer }
  }

  override func backwardBegan(_ node: GradientNode) { goingBack = node }
  override func backwardEnded(_ node: GradientNode) {
    layers[node.sequence] = nil
    goingBack = nil
    unclaimed = events.count
  }

  override func kernelRan(_ kernel: StaticString, _ cost: KernelCost, from start: UInt64, to end: UInt64) {
    guard events.count < capacity else {
      isFull = true
      return
    }
    var event = ProfileEvent(
      layer: position.layer ?? "", operation: Profile.name(of: kernel), kernel: kernel, phase: .forward, begin: start,
      end: end, cost: cost)
    if let goingBack {
      event.layer = layers[goingBack.sequence] ?? ""
      event.operation = "\(goingBack.operation)"
      event.phase = .backward
    } else if Kernels.optimizerKernels.contains(event.operation) {
      event.layer = ""
      event.phase = .update
      unclaimed = events.count + 1
    }
    events.append(event)
  }
}
