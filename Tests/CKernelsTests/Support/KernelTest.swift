import CKernels
import ReferenceKernels
import XCTest

/// A kernel's test as a declaration: what it takes and gives, its call, and the reference that says what is right.
///
/// `check()` runs it on each instruction set of the machine, with one to four threads, at all `shapes`: empty, one, odd,
/// around each vector width, and large enough for several threads. It looks at
///
/// - the values, against the reference in `Double`, within the tolerance of each output;
/// - the bits, equal at any thread count and at any address of the arrays (multiples of a `Float`);
/// - writes outside the outputs, writes into the inputs, and elements that were left out;
/// - each `ck_mode`, outputs that may be null, and calls in place, by what `outputs` declares;
/// - special values (NaN, ±∞, ±0, denormals, the largest numbers) at each place of each input of the small `edges` shapes;
/// - the gradients: a backward kernel against the reference's, and the reference's against numerical differences.
///
/// ```swift
/// KernelTest(
///   "softmax", shapes: Shapes.matrices, edges: [Matrix(2, 37)],
///   inputs: [.floats("x", in: -9...9) { $0.count }],
///   outputs: [.overwritten("y", within: .softmax) { $0.count }], inPlace: [("x", "y")]
/// ) { shape, a in
///   ck_softmax_forward(shape.r, shape.c, a["x"], a["y"])
/// } reference: { shape, v in
///   ["y": v.rows("x", shape.columns).flatMap(Reference.softmax)]
/// }
/// .backward(of: ["x"], saving: ["y"], within: .softmaxBackward) { shape, a in
///   ck_softmax_backward(shape.r, shape.c, a["y"], a["dy"], a["dx"], a.mode("dx"))
/// } reference: { shape, v in
///   ["dx": …]
/// }
/// .check()
/// ```
struct KernelTest<Shape> {
  typealias Call = (Shape, Arguments) -> ck_status
  typealias Reference = (Shape, Values) -> [String: [Double]]

  let name: String
  var shapes: [Shape]
  /// Small shapes, for special values at each place and for numerical differences.
  var edges: [Shape]
  var inputs: [Input<Shape>]
  var outputs: [Output<Shape>]
  /// Pairs of an input and the output that may be the same array.
  var inPlace: [(input: String, output: String)]
  let call: Call
  /// The exact outputs by name. Where a tolerance has `ofMagnitude`, `|NAME|` may be among them: what rounding errors are
  /// proportional to, the sums of the terms' magnitudes. Left out, it is the reference of the absolute values of all
  /// inputs, which is right for sums of products.
  let reference: Reference
  /// Whether instruction sets must agree bit for bit.
  var isTheSameOnEveryISA = false
  /// Whether one `ck_mode` holds for all outputs.
  var hasOneMode = false
  /// Tests of backward kernels, and the relations between reference values and their gradients.
  fileprivate(set) var backwards: [KernelTest] = []
  fileprivate(set) var derivatives: [Derivative<Shape>] = []

  init(
    _ name: String, shapes: [Shape], edges: [Shape], inputs: [Input<Shape>], outputs: [Output<Shape>],
    inPlace: [(input: String, output: String)] = [], call: @escaping Call, reference: @escaping Reference
  ) {
    (self.name, self.shapes, self.edges, self.inputs, self.outputs) = (name, shapes, edges, inputs, outputs)
    (self.inPlace, self.call, self.reference) = (inPlace, call, reference)
  }
}

/// An array that a kernel reads.
struct Input<Shape> {
  enum Content {
    /// Chosen by shape and seed; nil where the array is left out (null).
    case drawn((Shape, UInt64) -> [Float]?)
    /// Computed from the inputs before it: what a forward pass saves for the backward pass.
    case derived((Shape, Values) -> [Double])
  }

  let name: String
  let content: Content
  var isInteger = false
  /// What is put at each place of the `edges` shapes, one at a time.
  var specials: [Float]

  /// `count` numbers, uniform in `range`; null where `count` is nil.
  static func floats(
    _ name: String, in range: ClosedRange<Float> = -1...1, specials: [Float] = Specials.all,
    count: @escaping (Shape) -> Int?
  ) -> Self {
    .floats(name, specials: specials) { shape, seed in count(shape).map { testValues($0, seed: seed, in: range) } }
  }

  static func floats(
    _ name: String, specials: [Float] = Specials.all, values: @escaping (Shape, _ seed: UInt64) -> [Float]?
  ) -> Self {
    Self(name: name, content: .drawn(values), specials: specials)
  }

  /// What a forward pass saves for the backward pass, from the inputs before it; rounded to Float.
  static func derived(_ name: String, values: @escaping (Shape, Values) -> [Double]) -> Self {
    Self(name: name, content: .derived(values), specials: [])
  }

  static func integers(_ name: String, values: @escaping (Shape, _ seed: UInt64) -> [Int32]?) -> Self {
    let bits: (Shape, UInt64) -> [Float]? = { shape, seed in
      values(shape, seed)?.map { Float(bitPattern: UInt32(bitPattern: $0)) }
    }
    return Self(name: name, content: .drawn(bits), isInteger: true, specials: [])
  }
}

/// An array that a kernel writes.
struct Output<Shape> {
  enum Role {
    /// Each element is written, whatever was there.
    case overwritten
    /// Written or added to, as a `ck_mode` says: `Arguments.mode`.
    case byMode
    /// Always added to.
    case added
    /// Read and written; the reference finds what was there in `Values.before`.
    case updated((Shape, UInt64) -> [Float])
  }

  let name: String
  let role: Role
  let count: (Shape) -> Int
  let tolerance: (Shape) -> Tolerance
  var isInteger = false
  /// Whether null is allowed.
  var isOptional = false
  /// Whether the sign of a zero must be right.
  var signedZeros = false
  /// Elements between rows that keep their content.
  var isWritten: ((Shape, Int) -> Bool)?
  /// Of an output that is updated: what is put at each place, before the call.
  var specials: [Float] = []

  static func overwritten(
    _ name: String, within tolerance: @autoclosure @escaping () -> Tolerance, optional: Bool = false,
    signedZeros: Bool = false, isInteger: Bool = false, isWritten: ((Shape, Int) -> Bool)? = nil,
    count: @escaping (Shape) -> Int
  ) -> Self {
    Self(
      name: name, role: .overwritten, count: count, tolerance: { _ in tolerance() }, isInteger: isInteger,
      isOptional: optional, signedZeros: signedZeros, isWritten: isWritten)
  }

  static func byMode(
    _ name: String, within tolerance: @escaping (Shape) -> Tolerance, optional: Bool = false,
    isWritten: ((Shape, Int) -> Bool)? = nil, count: @escaping (Shape) -> Int
  ) -> Self {
    Self(
      name: name, role: .byMode, count: count, tolerance: tolerance, isOptional: optional, isWritten: isWritten)
  }

  static func added(
    _ name: String, within tolerance: @escaping (Shape) -> Tolerance, count: @escaping (Shape) -> Int
  ) -> Self {
    Self(name: name, role: .added, count: count, tolerance: tolerance)
  }

  /// `values`: what is there before the call.
  static func updated(
    _ name: String, within tolerance: @escaping (Shape) -> Tolerance, specials: [Float] = Specials.all,
    isWritten: ((Shape, Int) -> Bool)? = nil, values: @escaping (Shape, _ seed: UInt64) -> [Float]
  ) -> Self {
    Self(
      name: name, role: .updated(values), count: { values($0, 0).count }, tolerance: tolerance, isWritten: isWritten,
      specials: specials)
  }

  /// The same with a tolerance that depends on the shape.
  func within(_ tolerance: @escaping (Shape) -> Tolerance) -> Self {
    Self(
      name: name, role: role, count: count, tolerance: tolerance, isInteger: isInteger, isOptional: isOptional,
      signedZeros: signedZeros, isWritten: isWritten, specials: specials)
  }
}

/// The arrays of one call, by name.
final class Arguments {
  fileprivate(set) var arrays: [String: GuardedArray] = [:]
  var modes: [String: ck_mode] = [:]
  var names: Set<String>

  init(names: Set<String>) { self.names = names }

  /// Null where the array is left out.
  subscript(name: String) -> UnsafeMutablePointer<Float>? { array(name)?.floats }
  func integers(_ name: String) -> UnsafeMutablePointer<Int32>? { array(name)?.integers }

  func mode(_ name: String) -> ck_mode {
    guard let mode = modes[name] else { fatalError("no output \(name) that is written by mode") }
    return mode
  }

  func place(_ array: GuardedArray?, as name: String) { arrays[name] = array }

  private func array(_ name: String) -> GuardedArray? {
    guard names.contains(name) else { fatalError("no array \(name): the declaration has \(names.sorted())") }
    return arrays[name]
  }
}

/// The numbers in the arrays of one call, as the reference sees them.
struct Values {
  var arrays: [String: [Double]] = [:]
  /// Of outputs that are updated: before the call.
  var befores: [String: [Double]] = [:]

  subscript(name: String) -> [Double] { arrays[name] ?? [] }
  /// Nil where the array is left out.
  func optional(_ name: String) -> [Double]? { arrays[name] }
  func integers(_ name: String) -> [Int] { self[name].map { Int($0) } }
  func before(_ name: String) -> [Double] { befores[name] ?? [] }

  func rows(_ name: String, _ columns: Int) -> [[Double]] {
    stride(from: 0, to: self[name].count, by: max(columns, 1)).map { Array(self[name][$0..<($0 + columns)]) }
  }

  /// The elements along `axis`, for each place outside and inside of it.
  func columns(_ name: String, _ axis: Axis) -> [[Double]] {
    Reference.columns(outer: axis.outer, length: axis.length, inner: axis.inner, self[name])
  }

  var magnitudes: Values {
    Values(arrays: arrays.mapValues { $0.map(abs) }, befores: befores.mapValues { $0.map(abs) })
  }
}

/// That `gradient` is the derivative of Σ weight · value by the input, all of them references.
struct Derivative<Shape> {
  /// The gradient's name by the input's.
  let gradients: [String: String]
  /// The weights' names by the value's; a value that is one number may have none.
  let weights: [String: String]
  /// All inputs of the function and of the gradient; those that are derived follow their inputs.
  let inputs: [Input<Shape>]
  let function: KernelTest<Shape>.Reference
  let gradient: KernelTest<Shape>.Reference
}

extension KernelTest {
  /// A backward kernel of this one. Its test has the inputs of this one, those outputs that it saves as the reference
  /// gives them, and a gradient `dNAME` of each output in `from`; it gives `dNAME` for each input in `of`, by mode or null.
  ///
  /// The reference's gradients are compared with numerical differences of this test's reference besides.
  func backward(
    of gradients: [String], from values: [String]? = nil, saving saved: [String] = [], optional: Bool = false,
    within tolerance: @escaping (Shape) -> Tolerance, specials: [Float] = Specials.all,
    call: @escaping Call, reference backward: @escaping Reference
  ) -> Self {
    let values = values ?? outputs.map(\.name)
    let forward = reference
    var arrays = inputs
    for output in outputs where saved.contains(output.name) {
      let name = output.name
      arrays.append(
        Input(
          name: name, content: .derived { forward($0, $1)[name] ?? [] }, isInteger: output.isInteger, specials: []))
    }
    for output in outputs where values.contains(output.name) {
      let count = output.count
      arrays.append(.floats("d" + output.name, in: -1...1, specials: specials) { count($0) })
    }
    let sizes = inputs
    var test = Self(
      name + " backward", shapes: shapes, edges: edges, inputs: arrays,
      outputs: gradients.map { name in
        .byMode("d" + name, within: tolerance, optional: optional) { shape in
          sizes.first { $0.name == name }?.count(shape) ?? 0
        }
      }, call: call, reference: backward)
    test.derivatives = [
      Derivative(
        gradients: .init(uniqueKeysWithValues: gradients.map { ($0, "d" + $0) }),
        weights: .init(uniqueKeysWithValues: values.map { ($0, "d" + $0) }), inputs: arrays, function: forward,
        gradient: backward)
    ]
    var result = self
    result.backwards.append(test)
    return result
  }

  /// That output `gradient` of this kernel is the derivative of its output `value`, one number, by input `input`.
  func gradient(_ gradient: String, of value: String, by input: String) -> Self {
    var result = self
    result.derivatives.append(
      Derivative(
        gradients: [input: gradient], weights: [value: ""], inputs: inputs, function: reference, gradient: reference))
    return result
  }

  /// The test with other inputs, outputs or settings of its backward kernels.
  func changingBackward(_ change: (inout KernelTest) -> Void) -> Self {
    var result = self
    for index in result.backwards.indices { change(&result.backwards[index]) }
    return result
  }
}

extension Input {
  fileprivate func count(_ shape: Shape) -> Int {
    guard case .drawn(let values) = content else { return 0 }
    return values(shape, 0)?.count ?? 0
  }
}

/// Numbers whose handling goes wrong.
enum Specials {
  static let infinities: [Float] = [.infinity, -.infinity]
  static let zeros: [Float] = [0, -0.0]
  static let denormals: [Float] = [.leastNormalMagnitude / 100, -.leastNormalMagnitude / 100, .leastNonzeroMagnitude]
  static let largest: [Float] = [.greatestFiniteMagnitude, -.greatestFiniteMagnitude]
  static let finite = zeros + denormals + largest
  static let all = [.nan] + infinities + finite
  /// For kernels that may overflow on the way to a result that is in range.
  static let withoutLargest = [.nan] + infinities + zeros + denormals
}
