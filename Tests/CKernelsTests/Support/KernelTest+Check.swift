import CKernels
import XCTest

/// One way to make a call at one shape.
private struct Variant {
  var name = ""
  var modes: [String: ck_mode] = [:]
  var absent: String?
  var inPlace: (input: String, output: String)?

  /// Whether nothing but the bits of the plain call are right.
  var repeatsThePlainCall: Bool { absent != nil || inPlace != nil }
}

/// A shape with its inputs and what the reference makes of them.
private struct Case<Shape> {
  let shape: Shape
  /// Contents by name, of all inputs that are there and of outputs before the call.
  var contents: [String: [Float]] = [:]
  var values = Values()
  var expected: [String: [Double]] = [:]
  var magnitudes: [String: [Double]] = [:]
}

extension KernelTest {
  func check(file: StaticString = #filePath, line: UInt = #line) {
    let failures = Failures(file: file, line: line)
    // First of all that the reference is right.
    for derivative in derivatives { check(derivative, failures) }
    checkShapes(failures)
    checkSpecialValues(failures)
    for backward in backwards { backward.check(file: file, line: line) }
  }

  // MARK: Cases

  /// `change` may put another content into the inputs that are drawn.
  private func makeCase(
    _ shape: Shape, change: (_ name: String, inout [Float]) -> Void = { _, _ in }
  ) -> Case<Shape> {
    var made = Case(shape: shape)
    for (index, input) in inputs.enumerated() {
      switch input.content {
      case .drawn(let draw):
        guard var drawn = draw(shape, UInt64(index) + 1) else { continue }
        change(input.name, &drawn)
        made.contents[input.name] = drawn
        made.values.arrays[input.name] = input.isInteger ? drawn.map(integer) : drawn.map(Double.init)
      case .derived(let compute):
        let exact = compute(shape, made.values)
        made.contents[input.name] =
          input.isInteger ? exact.map { Float(bitPattern: UInt32(bitPattern: Int32($0))) } : exact.map { Float($0) }
        made.values.arrays[input.name] = input.isInteger ? exact : exact.map { Double(Float($0)) }
      }
    }
    for (index, output) in outputs.enumerated() {
      switch output.role {
      case .overwritten, .byMode, .added:
        made.contents[output.name] = testValues(output.count(shape), seed: UInt64(index) + 101)
      case .updated(let draw):
        var drawn = draw(shape, UInt64(index) + 101)
        change(output.name, &drawn)
        made.contents[output.name] = drawn
        made.values.befores[output.name] = drawn.map(Double.init)
      }
    }
    made.expected = reference(shape, made.values)
    let proportional = outputs.filter { $0.tolerance(shape).ofMagnitude > 0 }.map(\.name)
    if proportional.allSatisfy({ made.expected["|\($0)|"] != nil }) {
      for name in proportional { made.magnitudes[name] = made.expected["|\(name)|"] }
    } else {
      made.magnitudes = reference(shape, made.values.magnitudes)
    }
    for output in outputs {
      let count = made.expected[output.name]?.count ?? -1
      precondition(
        count == output.count(shape),
        "\(name) \(shape): the reference gives \(count) elements of \(output.name), \(output.count(shape)) are declared"
      )
    }
    return made
  }

  private var variants: [Variant] {
    let byMode = outputs.filter { if case .byMode = $0.role { true } else { false } }.map(\.name)
    func modes(_ choose: (Int) -> Bool) -> [String: ck_mode] {
      .init(uniqueKeysWithValues: byMode.enumerated().map { ($1, choose($0) ? CK_ACCUMULATE : CK_OVERWRITE) })
    }
    let plain = modes { _ in false }
    var variants = [Variant(modes: plain)]
    if !byMode.isEmpty { variants.append(Variant(name: ", added", modes: modes { _ in true })) }
    if byMode.count > 1 && !hasOneMode {
      variants.append(Variant(name: ", the second added", modes: modes { $0 % 2 == 1 }))
    }
    for output in outputs where output.isOptional {
      variants.append(Variant(name: ", no \(output.name)", modes: plain, absent: output.name))
    }
    for pair in inPlace {
      variants.append(Variant(name: ", \(pair.output) == \(pair.input)", modes: plain, inPlace: pair))
    }
    return variants
  }

  // MARK: Runs

  /// Makes the call, with arrays that begin `shift` floats and more behind a multiple of 64 bytes (0: at one), and
  /// returns the outputs.
  private func run(_ test: Case<Shape>, _ variant: Variant, shift: Int, _ failures: Failures, _ place: String)
    -> [[Float]]
  {
    let arguments = Arguments(names: Set(inputs.map(\.name) + outputs.map(\.name)))
    arguments.modes = variant.modes
    var offset = 0
    func array(_ contents: [Float]) -> GuardedArray {
      offset += shift
      return GuardedArray(contents, offset: offset % 16)
    }
    for input in inputs {
      guard let contents = test.contents[input.name] else { continue }
      arguments.place(array(contents), as: input.name)
    }
    for output in outputs where output.name != variant.absent {
      if variant.inPlace?.output == output.name { continue }
      var contents = test.contents[output.name]!
      if startsUntouched(output, variant) { contents = contents.map { _ in GuardedArray.untouched } }
      arguments.place(array(contents), as: output.name)
    }
    if let pair = variant.inPlace { arguments.place(arguments.arrays[pair.input], as: pair.output) }
    let status = call(test.shape, arguments)
    if status != CK_OK { failures.add("\(place): \(String(cString: ck_status_message(status)))") }
    for (name, array) in arguments.arrays {
      if let distance = array.firstWriteOutside() {
        failures.add("\(place): \(name)[\(distance)] of \(array.count) elements was written to")
      }
    }
    for input in inputs where input.name != variant.inPlace?.input {
      guard let array = arguments.arrays[input.name], let contents = test.contents[input.name] else { continue }
      if !sameBits(array.contents, contents) { failures.add("\(place): the input \(input.name) was changed") }
    }
    return outputs.map { arguments.arrays[$0.name]?.contents ?? [] }
  }

  private func startsUntouched(_ output: Output<Shape>, _ variant: Variant) -> Bool {
    switch output.role {
    case .overwritten: true
    case .byMode: variant.modes[output.name] == CK_OVERWRITE
    case .updated, .added: false
    }
  }

  private func isAdded(_ output: Output<Shape>, _ variant: Variant) -> Bool {
    if case .added = output.role { true } else { variant.modes[output.name] == CK_ACCUMULATE }
  }

  private func checkShapes(_ failures: Failures) {
    let cases = shapes.map { makeCase($0) }
    let variants = variants
    var previous: [[[[Float]]]] = []
    onEveryISA(file: failures.file, line: failures.line) { isa in
      var first: [[[[Float]]]] = []
      // Threads outside and shapes inside: a team that changes its size at each call takes most of the time.
      for (turn, threads) in testedThreadCounts.enumerated() {
        XCTAssertEqual(ck_set_thread_count(threads), CK_OK, file: failures.file, line: failures.line)
        for (index, test) in cases.enumerated() {
          if turn == 0 { first.append([]) }
          for (number, variant) in variants.enumerated() {
            let place = "\(name) \(test.shape), \(isa), threads: \(threads)\(variant.name)"
            let results = run(test, variant, shift: turn * 5, failures, place)
            if turn == 0 { first[index].append(results) }
            let original = first[index][variant.repeatsThePlainCall ? 0 : number]
            for (output, (bits, wanted)) in zip(outputs, zip(results, original)) where output.name != variant.absent {
              if !sameBits(bits, wanted) { failures.add("\(place): other bits in \(output.name)") }
            }
            if turn == 0 && !variant.repeatsThePlainCall { compare(results, test, variant, failures, place) }
            if failures.areEnough { return }
          }
        }
      }
      guard isTheSameOnEveryISA else { return }
      for (index, (now, before)) in zip(first, previous).enumerated() {
        let same = zip(now.joined(), before.joined()).allSatisfy(sameBits)
        if !same { failures.add("\(name) \(cases[index].shape), \(isa): other bits than another instruction set") }
      }
      previous = first
    }
  }

  private func compare(
    _ results: [[Float]], _ test: Case<Shape>, _ variant: Variant, _ failures: Failures, _ place: String
  ) {
    for (output, actual) in zip(outputs, results) {
      let expected = test.expected[output.name]!
      let before = test.contents[output.name]!
      let adds = isAdded(output, variant)
      let overwrites = startsUntouched(output, variant)
      let tolerance = output.tolerance(test.shape)
      let magnitudes = test.magnitudes[output.name]
      let largest = expected.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
      for i in expected.indices {
        let value = actual[i]
        if let isWritten = output.isWritten, !isWritten(test.shape, i) {
          let kept = overwrites ? GuardedArray.untouched : before[i]
          if value.bitPattern != kept.bitPattern { failures.add("\(place): \(output.name)[\(i)] was written to") }
          continue
        }
        if overwrites && value.bitPattern == GuardedArray.untouched.bitPattern {
          failures.add("\(place): \(output.name)[\(i)] was not written")
          break
        }
        if output.isInteger {
          if integer(value) != expected[i] {
            failures.add("\(place): \(output.name)[\(i)] is \(integer(value)), expected \(expected[i])")
            break
          }
          continue
        }
        let magnitude = magnitudes?[i] ?? 0
        var bound = tolerance.bound(expected[i], magnitude: magnitude, largest: largest)
        var exact = expected[i]
        if adds && tolerance.isExact {
          exact = Double(Float(expected[i]) + before[i])
        } else if adds {
          // The sum with what was there is rounded once more; so may the term have been.
          exact += Double(before[i])
          bound += Tolerance.oneRounding.bound(abs(exact) + abs(expected[i]))
        }
        let signIsRight = !output.signedZeros || value != 0 || exact.sign == value.sign
        if Tolerance.accepts(value, exact, bound: bound), signIsRight { continue }
        failures.add("\(place): \(output.name)[\(i)] is \(value), expected \(exact) ± \(bound)")
        break
      }
    }
  }

  /// Each special value at each place of each input, one at a time.
  private func checkSpecialValues(_ failures: Failures) {
    for shape in edges {
      let plain = makeCase(shape)
      let changed = inputs.map { ($0.name, $0.specials) } + outputs.map { ($0.name, $0.specials) }
      for (name, specials) in changed {
        for place in 0..<(plain.contents[name]?.count ?? 0) {
          for special in specials {
            let test = makeCase(shape) { if $0 == name { $1[place] = special } }
            onEveryISA(file: failures.file, line: failures.line) { isa in
              XCTAssertEqual(ck_set_thread_count(1), CK_OK, file: failures.file, line: failures.line)
              let place = "\(self.name) \(shape), \(isa), \(name)[\(place)] = \(special)"
              let results = run(test, variants[0], shift: 1, failures, place)
              compare(results, test, variants[0], failures, place)
            }
            if failures.areEnough { return }
          }
        }
      }
    }
  }

  // MARK: The reference's gradients

  private func check(_ derivative: Derivative<Shape>, _ failures: Failures) {
    for shape in edges {
      // Without rounding to Float: differences of the reference would show it.
      var values = Values()
      for (index, input) in derivative.inputs.enumerated() {
        guard case .drawn(let draw) = input.content else { continue }
        guard let drawn = draw(shape, UInt64(index) + 1) else { continue }
        values.arrays[input.name] = input.isInteger ? drawn.map(integer) : drawn.map(Double.init)
      }
      func complete(_ values: Values) -> Values {
        var complete = values
        for input in derivative.inputs {
          if case .derived(let compute) = input.content { complete.arrays[input.name] = compute(shape, values) }
        }
        return complete
      }
      func sum(_ values: Values) -> Double {
        let outputs = derivative.function(shape, values)
        return derivative.weights.reduce(0) { sum, pair in
          zip(outputs[pair.key] ?? [], values.optional(pair.value) ?? [1]).reduce(sum) { $0 + $1.0 * $1.1 }
        }
      }
      let gradients = derivative.gradient(shape, complete(values))
      for (input, name) in derivative.gradients {
        guard let gradient = gradients[name], let start = values.optional(input) else { continue }
        let largest = gradient.reduce(0) { max($0, abs($1)) }
        for place in start.indices {
          let step = 1e-5 * max(1, abs(start[place]))
          let sides = [step, -step].map { change in
            var moved = values
            moved.arrays[input]![place] += change
            return sum(complete(moved))
          }
          let numerical = (sides[0] - sides[1]) / (2 * step)
          let bound = Tolerance.numericalDerivative.bound(numerical, largest: largest)
          if !(abs(gradient[place] - numerical) <= bound) {
            failures.add(
              "\(self.name) \(shape): the reference's \(name)[\(place)] is \(gradient[place]), differences give "
                + "\(numerical) ± \(bound)")
            break
          }
        }
      }
    }
  }
}

/// Reports the first failures of a test; thousands more would say nothing else.
private final class Failures {
  let file: StaticString
  let line: UInt
  private var count = 0

  init(file: StaticString, line: UInt) { (self.file, self.line) = (file, line) }

  var areEnough: Bool { count >= 5 }

  func add(_ message: String) {
    count += 1
    if count <= 5 { XCTFail(message, file: file, line: line) }
  }
}

private func integer(_ bits: Float) -> Double { Double(Int32(bitPattern: bits.bitPattern)) }

private func sameBits(_ a: [Float], _ b: [Float]) -> Bool {
  a.count == b.count && (a.isEmpty || memcmp(a, b, 4 * a.count) == 0)
}
