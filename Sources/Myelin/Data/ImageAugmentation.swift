/// Small changes of pictures that leave their class as it is: each epoch sees other ones (Krizhevsky et al. 2012).
///
/// ```swift
/// let training = AugmentedImages(images, ImageAugmentation(shift: 2, flip: .alternating, erasing: 6))
/// ```
/// They are drawn anew for each sample and epoch from the loader's seed, the epoch and the sample's number alone, so a
/// resumed run, another number of threads and another size of batches see the same pictures.
public struct ImageAugmentation: Sendable, Hashable, Codable {
  /// Whether left and right are exchanged.
  public enum Flip: String, Sendable, Codable, CaseIterable {
    /// Never.
    case never
    /// In every other case.
    case random
    /// In every other epoch, half of the samples beginning with it, so that two epochs see both (Jordan 2024).
    case alternating
  }

  /// Moved by up to so many pixels each way; what is beyond the border is its reflection.
  public var shift: Int
  /// Whether left and right are exchanged.
  public var flip: Flip
  /// Side of a square that is set to 0 around a pixel drawn anywhere; 0 for none (DeVries & Taylor 2017).
  public var erasing: Int
  /// All values are multiplied by a number of 1 ± this.
  public var brightness: Float
  /// All differences from the picture's mean are multiplied by a number of 1 ± this.
  public var contrast: Float
  /// α > 0 blends each picture with another one, of which it takes a share drawn from Beta(α, α), and so does its label
  /// (Zhang et al. 2018); 0 for none.
  public var mixUp: Float
  /// α > 0 puts a window of another picture into each, whose share of the area is drawn from Beta(α, α), and so much of
  /// its label (Yun et al. 2019); 0 for none. With ``mixUp``, half of the samples get the one and half the other.
  public var cutMix: Float

  /// What α of ``mixUp`` and ``cutMix`` may be, beside 0.
  public static let mixing: ClosedRange<Float> = 0.05...4

  /// None, but for what is named.
  ///
  /// - Parameters:
  ///   - shift: pixels each way.
  ///   - flip: whether left and right are exchanged.
  ///   - erasing: side of the square that is set to 0.
  ///   - brightness: how far the factor of all values is from 1.
  ///   - contrast: how far the factor of all differences from the mean is from 1.
  ///   - mixUp: α of mix-up, in ``mixing``, or 0.
  ///   - cutMix: α of cut-mix, in ``mixing``, or 0.
  public init(
    shift: Int = 0, flip: Flip = .never, erasing: Int = 0, brightness: Float = 0, contrast: Float = 0,
    mixUp: Float = 0, cutMix: Float = 0
  ) {
    require(shift >= 0 && erasing >= 0, "ImageAugmentation: shift \(shift) and erasing \(erasing) start at 0")
    for alpha in [mixUp, cutMix] {
      require(
        alpha == 0 || ImageAugmentation.mixing.contains(alpha),
        "ImageAugmentation: α \(alpha), neither 0 nor in \(ImageAugmentation.mixing)")
    }
    self.shift = shift
    self.flip = flip
    self.erasing = erasing
    self.brightness = brightness
    self.contrast = contrast
    self.mixUp = mixUp
    self.cutMix = cutMix
  }

  /// Pictures [N, H, W, C], of which sample `rows[i]` is the i-th, as each for itself looks at `place`.
  func changed(_ pictures: Tensor, rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> Tensor {
    require(
      pictures.rank == 4 && pictures.shape[0] == rows.count,
      "ImageAugmentation: pictures of shape \(pictures.shape), not [\(rows.count), height, width, channels]")
    let (height, width, channels) = (pictures.shape[1], pictures.shape[2], pictures.shape[3])
    require(
      shift < max(min(height, width), 1) || pictures.count == 0,
      "ImageAugmentation: a shift of \(shift) in pictures of \(height)×\(width)")
    let result = Tensor(uninitialized: pictures.shape)
    guard result.count > 0 else { return result }
    let size = height * width * channels
    for (index, row) in rows.enumerated() {
      var draws = PictureDraws(place, sample: row)
      let draw = Draw(self, &draws, height: height, width: width, isFlipped: isFlipped(row, place, &draws))
      let target = result.pointer + index * size
      draw.copy(pictures.pointer + index * size, target, height, width, channels)
      if brightness > 0 || contrast > 0 { adjust(target, size, &draws) }
      draw.erase(target, height, width, channels)
    }
    return result
  }

  private func isFlipped(_ sample: Int32, _ place: BatchPlace, _ draws: inout PictureDraws) -> Bool {
    switch flip {
    case .never: return false
    case .random: return draws.below(2) == 1
    case .alternating:
      // Which samples begin with it, the seed says; then every other epoch.
      var first = PictureDraws(BatchPlace(seed: place.seed, epoch: 0, batch: 0), sample: sample)
      return (first.below(2) + place.epoch) % 2 == 1
    }
  }

  private func adjust(_ values: UnsafeMutablePointer<Float>, _ count: Int, _ draws: inout PictureDraws) {
    let scale = 1 + brightness * draws.symmetric()
    let spread = 1 + contrast * draws.symmetric()
    var sum = 0.0
    for index in 0..<count { sum += Double(values[index]) }
    let mean = Float(sum / Double(count))
    for index in 0..<count { values[index] = scale * (mean + spread * (values[index] - mean)) }
  }
}

/// What was drawn for one picture.
private struct Draw {
  let down: Int
  let right: Int
  let isFlipped: Bool
  /// Upper left corner of the square that is erased, which may reach beyond the picture.
  let hole: (top: Int, left: Int, side: Int)

  init(_ augmentation: ImageAugmentation, _ draws: inout PictureDraws, height: Int, width: Int, isFlipped: Bool) {
    let reach = 2 * augmentation.shift + 1
    down = draws.below(reach) - augmentation.shift
    right = draws.below(reach) - augmentation.shift
    self.isFlipped = isFlipped
    let side = augmentation.erasing
    hole = side == 0 ? (0, 0, 0) : (draws.below(height) - side / 2, draws.below(width) - side / 2, side)
  }

  /// The picture moved and turned.
  func copy(
    _ source: UnsafeMutablePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ height: Int, _ width: Int,
    _ channels: Int
  ) {
    for y in 0..<height {
      let from = source + Draw.reflected(y + down, height) * width * channels
      let to = target + y * width * channels
      for x in 0..<width {
        let column = Draw.reflected(x + right, width)
        let pixel = from + (isFlipped ? width - 1 - column : column) * channels
        for channel in 0..<channels { to[x * channels + channel] = pixel[channel] }
      }
    }
  }

  func erase(_ target: UnsafeMutablePointer<Float>, _ height: Int, _ width: Int, _ channels: Int) {
    let columns = max(hole.left, 0)..<max(min(hole.left + hole.side, width), max(hole.left, 0))
    for y in max(hole.top, 0)..<max(min(hole.top + hole.side, height), max(hole.top, 0)) {
      (target + (y * width + columns.lowerBound) * channels).update(repeating: 0, count: columns.count * channels)
    }
  }

  /// −1 is 1, `size` is `size − 2`: the border's own pixel is not doubled.
  private static func reflected(_ position: Int, _ size: Int) -> Int {
    let positive = abs(position)
    return positive < size ? positive : 2 * (size - 1) - positive
  }
}

/// Pictures with labels or targets, changed anew in each epoch of training; evaluation sees them as they are.
public struct AugmentedImages: Dataset {
  private let base: any Dataset<TensorBatch>
  /// What is done to them.
  public let augmentation: ImageAugmentation

  /// Precondition: the inputs of `base` are pictures [N, H, W, C].
  public init(_ base: some Dataset<TensorBatch>, _ augmentation: ImageAugmentation) {
    self.base = base
    self.augmentation = augmentation
  }

  public var count: Int { base.count }
  public func batch(_ rows: UnsafeBufferPointer<Int32>) -> TensorBatch { base.batch(rows) }
  public func batch(_ rows: Range<Int>) -> TensorBatch { base.batch(rows) }

  public func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> TensorBatch {
    var batch = base.batch(rows, at: place)
    batch.inputs = augmentation.changed(batch.inputs, rows: rows, at: place)
    return augmentation.mixes ? augmentation.mixed(batch, of: base, rows: rows, at: place) : batch
  }

  /// The samples of a range as they look at `place`.
  public func batch(_ rows: Range<Int>, at place: BatchPlace) -> TensorBatch {
    rows.map(Int32.init).withUnsafeBufferPointer { batch($0, at: place) }
  }
}
