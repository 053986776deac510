import Myelin

/// Pictures and what they are called, side by side.
package struct CaptionBatch: ModelBatch {
  package struct Inputs: Sendable {
    /// [N, H, W, C]
    let pictures: Tensor
    /// Of as many texts.
    let texts: TextSamples.Inputs
  }

  package let inputs: Inputs
}

/// Pictures with a text each.
package struct CaptionSamples: Dataset, HashedContent {
  let pictures: PictureDataset
  let texts: TextSamples
  /// What people call each picture: its text, or the first part of it.
  let names: [String]
  /// What becomes of pictures while training; nil where they stay as they are.
  let augmentation: ImageAugmentation?

  /// - Parameters:
  ///   - pictures: encoded.
  ///   - texts: of each picture; as many.
  ///   - names: what is shown of the texts; nil shows them whole.
  ///   - dropped: share of a text's terms that each epoch leaves out.
  init(
    _ pictures: PictureDataset, _ texts: [String], names: [String]? = nil, _ terms: TextTerms,
    augmentation: ImageAugmentation? = nil, dropped: Float = 0
  ) {
    self.pictures = pictures
    self.texts = TextSamples(
      texts, labels: [Int32](repeating: 0, count: texts.count), terms, dropped: augmentation == nil ? 0 : dropped)
    self.names = names ?? texts
    self.augmentation = augmentation
  }

  package var count: Int { pictures.count }

  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> CaptionBatch {
    CaptionBatch(inputs: .init(pictures: pictures.batch(rows).inputs, texts: texts.batch(rows).inputs))
  }

  package func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> CaptionBatch {
    guard let augmentation else { return batch(rows) }
    return CaptionBatch(
      inputs: .init(
        pictures: AugmentedImages(pictures, augmentation).batch(rows, at: place).inputs,
        texts: texts.batch(rows, at: place).inputs))
  }

  package func batch(_ rows: Range<Int>, at place: BatchPlace) -> CaptionBatch {
    rows.map(Int32.init).withUnsafeBufferPointer { batch($0, at: place) }
  }

  func addContent(to hash: inout ContentHash) {
    hash.add(pictures.bytes)
    texts.addContent(to: &hash)
  }
}
