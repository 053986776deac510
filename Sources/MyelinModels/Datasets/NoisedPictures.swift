import Myelin

/// Pictures with noise, their noise levels and classes, and the velocity that a network is to tell.
package struct DiffusionBatch: ModelBatch {
  package let inputs: DiffusionInput
  /// v = α ε − σ x₀ [N, H, W, C].
  package let velocity: Tensor
}

/// Pictures of classes as a diffusion learns them: in training with new noise each time; else with noise, and at a level,
/// that follow from the picture's number alone, so that losses of two models can be compared.
package struct NoisedPictures: Dataset {
  /// x₀ [N, H, W, C] and their classes.
  package let pictures: TensorDataset
  package let schedule: NoiseSchedule
  package let classCount: Int
  /// Share of training pictures whose class is not told, by which guidance learns what pictures of any class are.
  package let unnamedShare: Float

  /// Precondition: the pictures have classes.
  package init(_ pictures: TensorDataset, schedule: NoiseSchedule, classCount: Int, unnamedShare: Float) {
    self.pictures = pictures
    self.schedule = schedule
    self.classCount = classCount
    self.unnamedShare = unnamedShare
  }

  package var count: Int { pictures.count }

  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> DiffusionBatch {
    let batch = pictures.batch(rows)
    let shape = Shape(batch.inputs.shape.dropFirst().map { $0 })
    // The golden ratio's multiples fill 0…1 evenly, wherever one begins.
    let times = rows.map { (0.5 + 0.618_033_988_749_894_9 * Double($0)).truncatingRemainder(dividingBy: 1) }
    let noise = rows.map { BatchPlace(seed: 0x6e6f_6973_65, epoch: 0, batch: Int($0)).random.normal(shape) }
    return noised(batch, times, noise.isEmpty ? batch.inputs : .stacked(noise), batch.labels!.values)
  }

  /// The levels of a batch are spread evenly, from a start that is drawn (Kingma et al. 2021).
  package func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> DiffusionBatch {
    let batch = pictures.batch(rows)
    let random = place.random
    let draws = random.uniform([rows.count + 1]).scalars
    let times = rows.indices.map {
      (Double(draws[rows.count]) + Double($0) / Double(rows.count)).truncatingRemainder(dividingBy: 1)
    }
    let classes = zip(batch.labels!.values, draws).map { $1 < unnamedShare ? Int32(classCount) : $0 }
    return noised(batch, times, random.normal(batch.inputs.shape), classes)
  }

  package func batch(_ rows: Range<Int>, at place: BatchPlace) -> DiffusionBatch {
    rows.map(Int32.init).withUnsafeBufferPointer { batch($0, at: place) }
  }

  private func noised(_ batch: TensorBatch, _ times: [Double], _ noise: Tensor, _ classes: [Int32]) -> DiffusionBatch {
    let levels = times.map(schedule.logSNR)
    let (noised, velocity) = NoiseSchedule.noised(batch.inputs, noise, logSNR: levels)
    return DiffusionBatch(
      inputs: DiffusionInput(noised: noised, logSNR: Tensor(levels), classes: Indices(classes)), velocity: velocity)
  }
}
