import ArgumentParser
import Myelin
import MyelinModels

/// How pictures are changed in each epoch of training, and how they are judged.
struct PictureArguments: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Move pictures by up to so many pixels each way.", valueName: "pixels"))
  var shift: Int?

  @Option(name: .long, help: "Exchange left and right: never, random, or alternating, every other epoch.")
  var flip: ImageAugmentation.Flip?

  @Option(name: .long, help: ArgumentHelp("Blank a square of this side somewhere.", valueName: "pixels"))
  var erase: Int?

  @Option(name: .long, help: ArgumentHelp("Make pictures brighter or darker by up to this share.", valueName: "share"))
  var brightness: Float?

  @Option(name: .long, help: ArgumentHelp("Change the contrast by up to this share.", valueName: "share"))
  var contrast: Float?

  @Option(
    name: .long,
    help: ArgumentHelp("Blend pictures and their labels in pairs, shares by Beta(α, α): 0.2 is usual.", valueName: "α"))
  var mixUp: Float?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Put a window of one picture into another, as large as by Beta(α, α): 1 is usual.", valueName: "α"))
  var cutMix: Float?

  @Flag(
    inversion: .prefixedNo,
    help: "Answer by the mean over a picture and its mirror image, in validation, test and later use.")
  var testFlips: Bool?

  func validate() throws {
    func check<Value: Comparable>(_ name: String, _ value: Value?, _ isValid: (Value) -> Bool, _ expected: String)
      throws
    {
      if let value, !isValid(value) { throw ValidationError("--\(name) must be \(expected), not \(value).") }
    }
    try check("shift", shift, { (0...1024).contains($0) }, "0 to 1024")
    try check("erase", erase, { (0...1024).contains($0) }, "0 to 1024")
    try check("brightness", brightness, { (0...1).contains($0) }, "0 to 1")
    try check("contrast", contrast, { (0...1).contains($0) }, "0 to 1")
    let mixing = ImageAugmentation.mixing
    for (name, alpha) in [("mix-up", mixUp), ("cut-mix", cutMix)] {
      try check(
        name, alpha, { $0 == 0 || mixing.contains($0) }, "0 or \(mixing.lowerBound) to \(mixing.upperBound)")
    }
  }

  /// Puts what was given in the place of what suits the data set.
  func apply(to settings: inout TrainingSettings) {
    if given.contains(where: { $0 != "--test-flips" }) {
      var pictures = PictureOptions()
      pictures.shift = shift
      pictures.flip = flip
      pictures.erasing = erase
      pictures.brightness = brightness
      pictures.contrast = contrast
      pictures.mixUp = mixUp
      pictures.cutMix = cutMix
      settings.pictures = pictures
    }
    if let testFlips { settings.testFlips = testFlips }
  }

  var given: [String] {
    [
      ("shift", shift != nil), ("flip", flip != nil), ("erase", erase != nil), ("brightness", brightness != nil),
      ("contrast", contrast != nil), ("mix-up", mixUp != nil), ("cut-mix", cutMix != nil),
      ("test-flips", testFlips != nil),
    ].filter(\.1).map { "--\($0.0)" }
  }
}

extension ImageAugmentation.Flip: ExpressibleByArgument {}
