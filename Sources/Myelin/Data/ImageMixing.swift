import Foundation

// Pictures that are made of two: mix-up and cut-mix.

/// How a picture is put together with another one.
enum ImageMix {
  /// (1 − share) of the picture + share of the other.
  case blend(share: Float)
  /// The other's pixels in these rows and columns.
  case patch(rows: Range<Int>, columns: Range<Int>)

  /// Draws how much of the other one comes in, and, by cut-mix, where: a window of the picture's form around a pixel drawn
  /// anywhere, cut off at the border.
  init(_ augmentation: ImageAugmentation, _ draws: inout PictureDraws, height: Int, width: Int) {
    let cuts =
      augmentation.cutMix > 0 && (augmentation.mixUp == 0 || draws.below(2) == 1)
    let share = draws.beta(Double(cuts ? augmentation.cutMix : augmentation.mixUp))
    guard cuts else {
      self = .blend(share: Float(share))
      return
    }
    func window(_ size: Int) -> Range<Int> {
      let side = Int((Double(size) * share.squareRoot()).rounded())
      let start = draws.below(size) - side / 2
      return min(max(start, 0), size)..<min(max(start + side, 0), size)
    }
    let rows = window(height)
    self = .patch(rows: rows, columns: window(width))
  }

  /// How much of the picture is the other one, 0…1.
  func share(height: Int, width: Int) -> Float {
    switch self {
    case .blend(let share): share
    case .patch(let rows, let columns): Float(rows.count * columns.count) / Float(height * width)
    }
  }

  func apply(
    _ other: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ height: Int, _ width: Int, _ channels: Int
  ) {
    switch self {
    case .blend(let share):
      for index in 0..<height * width * channels {
        target[index] = (1 - share) * target[index] + share * other[index]
      }
    case .patch(let rows, let columns):
      for row in rows {
        let start = (row * width + columns.lowerBound) * channels
        (target + start).update(from: other + start, count: columns.count * channels)
      }
    }
  }
}

extension ImageAugmentation {
  /// Whether pictures are made of two.
  var mixes: Bool { mixUp > 0 || cutMix > 0 }

  /// The samples each mixed with another one of `base`, which looks as it does at `place`. What comes in and how much of it
  /// follows from the seed, the epoch and the sample's number alone.
  func mixed(
    _ batch: TensorBatch, of base: any Dataset<TensorBatch>, rows: UnsafeBufferPointer<Int32>, at place: BatchPlace
  ) -> TensorBatch {
    guard let labels = batch.labels, labels.count == rows.count, rows.count > 0 else {
      require(rows.count == 0, "ImageAugmentation: mix-up and cut-mix need one label for each picture")
      return batch
    }
    let (height, width, channels) = (batch.inputs.shape[1], batch.inputs.shape[2], batch.inputs.shape[3])
    var mixes: [ImageMix] = []
    let partners = rows.map { row in
      var draws = PictureDraws(place, sample: row, stream: .mixing)
      let partner = Int32(draws.below(base.count))
      mixes.append(ImageMix(self, &draws, height: height, width: width))
      return partner
    }
    let others = partners.withUnsafeBufferPointer { partners in
      var others = base.batch(partners, at: place)
      others.inputs = changed(others.inputs, rows: partners, at: place)
      return others
    }
    guard let otherLabels = others.labels else {
      misuse("ImageAugmentation: a data set with labels in some batches only")
    }
    var result = batch
    var (first, second) = (labels.values, otherLabels.values)
    var shares = [Float](repeating: 0, count: rows.count)
    let size = height * width * channels
    let inputs = result.inputs
    result.inputs = Tensor(shape: inputs.shape) { target in
      inputs.withUnsafeBufferPointer { _ = target.update(from: $0) }
      for (index, mix) in mixes.enumerated() {
        others.inputs.withUnsafeBufferPointer { source in
          mix.apply(
            source.baseAddress! + index * size, target.baseAddress! + index * size, height, width, channels)
        }
        shares[index] = mix.share(height: height, width: width)
        // The first label is the one that most of the picture shows: accuracy is told by it.
        if shares[index] > 0.5 {
          swap(&first[index], &second[index])
          shares[index] = 1 - shares[index]
        }
      }
    }
    result.labels = Indices(first)
    result.mixture = LabelMixture(labels: Indices(second), shares: Tensor(shares))
    return result
  }
}

/// Random numbers of one sample in one epoch.
struct PictureDraws {
  /// What they are for: each has numbers of its own, so that one option does not change what another draws.
  enum Stream: UInt64 {
    case changes = 0x7069_6374_7572_6573
    case mixing = 0x6d69_7869_6e67_2121
  }

  private var generator: SplitMix64

  init(_ place: BatchPlace, sample: Int32, stream: Stream = .changes) {
    // Each is an output of the generator, so that neighbouring numbers give streams that have nothing in common.
    var mix = SplitMix64(seed: place.seed ^ stream.rawValue)
    mix = SplitMix64(seed: mix.next() &+ UInt64(bitPattern: Int64(place.epoch)))
    generator = SplitMix64(seed: mix.next() &+ UInt64(bitPattern: Int64(sample)))
  }

  /// 0 ..< bound.
  mutating func below(_ bound: Int) -> Int { generator.next(below: bound) }
  /// −1 ..< 1.
  mutating func symmetric() -> Float { Float(generator.next() >> 40) / Float(1 << 23) - 1 }
  /// 0 ..< 1.
  mutating func uniform() -> Double { Double(generator.next() >> 11) / Double(1 << 53) }

  /// Beta(α, α), by Jöhnk's rejection (1964): for α of a few at most.
  mutating func beta(_ alpha: Double) -> Double {
    while true {
      let (x, y) = (pow(uniform(), 1 / alpha), pow(uniform(), 1 / alpha))
      if x + y > 0 && x + y <= 1 { return x / (x + y) }
    }
  }
}
