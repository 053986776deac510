extension Trainer {
  /// Trains until `options.epochs` epochs are done, early stopping sees no gain, or someone stops it.
  ///
  /// Goes on from ``AnyTrainer/state``: after ``AnyTrainer/restore(_:)`` in the middle of a run, and with more epochs after a finished one.
  /// - Throws: ``DivergenceError`` when the loss or a gradient is not finite; ``TrainingError`` when nothing measures
  ///   ``TrainerOptions/measure``; what observers, the data and the gradient exchange throw.
  @discardableResult
  public func fit(
    _ training: any Dataset<Batch>, validation: (any Dataset<Batch>)? = nil
  ) throws -> TrainingResult {
    options.check()
    let interruption = options.stopsOnInterrupt ? Interruption() : nil
    defer { interruption?.end() }
    isStopRequested = false
    let loader = DataLoader(
      training, batchSize: options.batchSize, shuffles: options.shuffles, seed: options.seed,
      prefetchedBatches: options.prefetchedBatches)
    let batches = loader.batchCount
    var progress = TrainingProgress(
      epoch: state.epoch + 1, epochs: options.epochs, batch: state.batch, batches: batches)
    if let random = state.random { RandomGenerator.shared.state = random }
    prepareSchedule()
    prepareAveraging()
    for observer in observers { try observer.trainingWillStart(self, progress) }
    // Gradients that someone left behind would be added to those of the first batch.
    optimizer.clearGradients()

    var reason = StopReason.finished
    training: while state.epoch < options.epochs {
      if let stopping = options.earlyStopping, stopping.shouldStop(after: state.history, measure: options.measure) {
        reason = .noGain
        break
      }
      progress.epoch = state.epoch + 1
      progress.epochSamples = 0
      let start = progress.seconds
      var step = StepInProgress()
      for batch in loader.batches(epoch: state.epoch, startingAt: state.batch) {
        let samples = loader.sampleCount(ofBatch: state.batch)
        // Two holders of the sums would make each addition copy them.
        progress.totals = RunningScores()
        try withPrecision(options.precision ?? Precision.current) {
          try accumulate(batch, samples, &step)
          state.batch += 1
          if step.batches == options.accumulatedBatches || state.batch == batches { try finish(&step, batches) }
        }
        progress.batch = state.batch
        progress.batchesDone += 1
        progress.samples += samples
        progress.epochSamples += samples
        progress.totals = state.running
        for observer in observers { try observer.batchDidEnd(self, progress) }
        // Only between steps: gradients are no part of a checkpoint.
        if step.batches == 0, state.batch < batches {
          if isStopRequested || interruption?.isRequested == true {
            reason = .interrupted
            break training
          }
          if options.isOver(progress.seconds) {
            reason = .timeLimit
            break training
          }
        }
      }
      progress.epochSeconds = progress.seconds - start
      // The next batch would tell by its loss. After the last one nothing would: such weights must not be saved.
      if step.lastBatch != nil, parameters.contains(where: { firstNonFinite($0.value) != nil }) {
        throw divergence("the weights are not finite after it", step, number: state.step)
      }
      // Rates far too high may keep all numbers finite: RMSProp's step is never longer than its rate.
      let loss = state.running.scores.loss
      if step.lastBatch != nil, let first = state.firstLoss, loss > 1e6 * max(first, 1) {
        let texts = [first, loss].map { PlotNumber.short($0, digits: 2) }
        throw divergence("the loss grew from \(texts[0]) to \(texts[1])", step, number: state.step)
      }
      try endEpoch(validation, progress)
      if isStopRequested || interruption?.isRequested == true {
        reason = .interrupted
        break
      }
      if state.epoch < options.epochs, options.isOver(progress.seconds) {
        reason = .timeLimit
        break
      }
    }
    state.random = RandomGenerator.shared.state
    for observer in observers { try observer.trainingDidStop(self, progress, reason) }
    let isRestored = reason != .interrupted && restoreBest()
    if reason != .interrupted, !averages.isEmpty {
      // A later `fit` goes on from what this one came to.
      if isRestored { averages = bestWeights } else { setWeights(averages) }
    }
    let members = EpochRecord.bestEpochs(
      ofMembersIn: state.history, minimumGain: options.earlyStopping?.minimumGain ?? 0)
    return TrainingResult(
      reason: reason, history: state.history, restoredEpoch: isRestored && members == nil ? state.bestEpoch : nil,
      memberEpochs: isRestored ? members : nil, seconds: progress.seconds, samples: progress.samples)
  }

  /// What has been added up since the last optimizer step.
  struct StepInProgress {
    var batches = 0
    var weight = 0.0
    var lastBatch: Batch?
    /// A loss whose backward pass the step itself does.
    var loss: Tensor?
    /// Buffers and random stream before the batch.
    var snapshot: ModelSnapshot?
  }

  /// Forward and backward of one batch.
  private func accumulate(_ batch: Batch, _ samples: Int, _ step: inout StepInProgress) throws {
    step.snapshot = ModelSnapshot(buffers)
    step.lastBatch = batch
    let result = objective(batch)
    let scalar = Double(result.loss.scalar)
    guard scalar.isFinite else { throw divergence("the loss is \(scalar)", step) }
    if state.firstLoss == nil { state.firstLoss = scalar }

    let weight = result.weight ?? Double(samples)
    if options.accumulatedBatches == 1 && gradientExchange == nil {
      // The gradient of the mean is what the step wants: no pass over memory for a factor.
      if options.gradientClipping == nil {
        step.loss = result.loss
      } else {
        result.loss.backward()
      }
      step.weight = 1
    } else {
      result.loss.backward(gradient: Tensor(repeating: Float(weight), shape: result.loss.shape))
      step.weight += weight
    }
    step.batches += 1
    state.running.add(result, samples: samples, measures: options.measuresTraining)
  }

  /// Exchanges, clips, steps.
  private func finish(_ step: inout StepInProgress, _ batches: Int) throws {
    let arena = UnsafeMutableBufferPointer(
      start: optimizer.gradientArena.floats, count: optimizer.gradientArena.count)
    if let gradientExchange {
      // What had no gradient here may have one elsewhere.
      for parameter in parameters where parameter.isTrainable && !parameter.node.hasGradient {
        parameter.gradient = Tensor(zeros: parameter.shape)
      }
      try gradientExchange(arena, &step.weight)
    }
    var scale = step.weight > 0 ? 1 / step.weight : 0
    switch options.gradientClipping {
    case nil: break
    case .norm(let limit):
      let norm = Double(optimizer.gradientNorm) * scale
      guard norm.isFinite else { throw divergence("the norm of the gradients is \(norm)", step) }
      if norm > Double(limit) { scale *= Double(limit) / norm }
    case .value(let limit):
      if scale > 0 { optimizer.clipGradients(value: Float(Double(limit) / scale)) }
    }
    if let schedule = state.schedule, let base = state.baseLearningRate {
      // The rate at the middle of the step: so neither the first step of a warm-up nor the last of a cosine is wasted.
      let middle = Double(state.batch) - Double(step.batches) / 2
      optimizer.learningRate = base * schedule.factor(at: Double(state.epoch) + middle / Double(batches))
    }
    if let loss = step.loss {
      optimizer.minimize(loss)
      step.loss = nil
    } else {
      optimizer.step(gradientScale: Float(scale))
    }
    average(step: state.step)
    state.step += 1
    step.batches = 0
    step.weight = 0
  }

  private func endEpoch(_ validation: (any Dataset<Batch>)?, _ progress: TrainingProgress) throws {
    let record = EpochRecord(
      epoch: state.epoch + 1, step: state.step, learningRate: optimizer.learningRate, training: progress.running,
      validation: validation.map { data in withPrecision(.float32) { evaluate(data).scores } })
    state.epoch += 1
    state.batch = 0
    state.running = RunningScores()
    state.history.append(record)
    state.random = RandomGenerator.shared.state
    guard let measured = record.watched[measurement: options.measure] else {
      let names = record.watched.all.map(\.metric.name).joined(separator: ", ")
      throw TrainingError(
        description: "nothing measures \"\(options.measure)\", which this training is to watch; there are \(names)")
    }
    if options.tracksBest || options.earlyStopping != nil {
      let best = EpochRecord.best(
        in: state.history, by: options.measure, minimumGain: options.earlyStopping?.minimumGain ?? 0)
      state.bestEpoch = best?.epoch
      let minimumGain = options.earlyStopping?.minimumGain ?? 0
      if let members = EpochRecord.bestEpochs(ofMembersIn: state.history, minimumGain: minimumGain) {
        for (member, epoch) in members.enumerated() where options.tracksBest && epoch == record.epoch {
          keepBestWeights(ofMember: member, of: members.count)
        }
      } else if options.tracksBest, best?.epoch == record.epoch {
        bestWeights = judgedWeights()
      }
    }
    state.schedule?.observe(measured.value, measured.metric.direction)
    for observer in observers { try observer.epochDidEnd(self, record, progress) }
  }

  /// A schedule in the state has seen epochs already; options that ask for another one take its place.
  private func prepareSchedule() {
    if state.schedule?.policy != options.schedule?.policy { state.schedule = options.schedule }
    if state.baseLearningRate == nil { state.baseLearningRate = optimizer.learningRate }
  }

  private func restoreBest() -> Bool {
    guard options.tracksBest, !bestWeights.isEmpty else { return false }
    setWeights(bestWeights)
    return true
  }

  private func divergence(
    _ finding: String, _ step: StepInProgress, number: Int? = nil
  ) -> DivergenceError {
    optimizer.clearGradients()
    let batch = step.lastBatch!
    let finder = DivergenceFinder(
      model: model, parameters: parameters, tensors: batchTensors(batch), snapshot: step.snapshot!
    ) { _ = self.objective(batch) }
    let place = finder.find()
    var suggestions: [String] = []
    if place.isInput {
      suggestions.append("replacing or removing values that are not finite in the data")
    } else {
      let largest = finder.largestInput
      if largest > 100 {
        suggestions.append("standardising the inputs (this batch reaches \(PlotNumber.short(Double(largest))))")
      }
      let rate = Double(optimizer.learningRate)
      suggestions.append(
        "a learning rate of \(PlotNumber.short(rate / 10, digits: 2)) instead of \(PlotNumber.short(rate, digits: 2))")
      if options.gradientClipping == nil { suggestions.append("clipping the gradients' norm at 1") }
    }
    return DivergenceError(
      epoch: state.epoch + 1, step: number ?? state.step + 1, finding: finding, layer: place.layer, place: place.place,
      suggestions: suggestions)
  }
}
