import ArgumentParser
import CKernels

/// One matrix product C [m, n] = op(A) op(B).
struct GemmShape {
  var m: Int
  var n: Int
  var k: Int

  var text: String { "\(m)×\(n)×\(k)" }
  var flops: Double { 2 * Double(m) * Double(n) * Double(k) }

  /// The shapes that Myelin is held to: squares, layers of common networks, one row.
  static let table = [
    GemmShape(m: 4096, n: 4096, k: 4096), GemmShape(m: 1024, n: 1024, k: 1024), GemmShape(m: 512, n: 512, k: 512),
    GemmShape(m: 256, n: 256, k: 256), GemmShape(m: 128, n: 128, k: 128), GemmShape(m: 64, n: 64, k: 64),
    GemmShape(m: 32, n: 32, k: 32), GemmShape(m: 64, n: 512, k: 784), GemmShape(m: 3136, n: 64, k: 576),
    GemmShape(m: 35, n: 700, k: 2048), GemmShape(m: 16, n: 4096, k: 4096), GemmShape(m: 1, n: 4096, k: 4096),
  ]
}

/// Which factors are stored transposed: `nt` means C = A Bᵀ.
enum Transposition: String, ExpressibleByArgument, CaseIterable {
  case nn, nt, tn, tt
  var a: ck_transpose { self == .tn || self == .tt ? CK_TRANSPOSE : CK_NO_TRANSPOSE }
  var b: ck_transpose { self == .nt || self == .tt ? CK_TRANSPOSE : CK_NO_TRANSPOSE }
}

/// The data of a product, and the call.
final class GemmWork {
  let shape: GemmShape
  private let transposition: Transposition
  private let memory: Workspace
  private let a: UnsafeMutablePointer<Float>
  private let b: UnsafeMutablePointer<Float>
  private let c: UnsafeMutablePointer<Float>

  init(_ shape: GemmShape, _ transposition: Transposition = .nn) throws {
    self.shape = shape
    self.transposition = transposition
    let largest = max(shape.m * shape.k, shape.k * shape.n, shape.m * shape.n)
    memory = try Workspace(bytes: Workspace.bytes(arrays: 3, count: largest))
    memory.fill()
    let arrays = memory.split(3, count: largest)
    (a, b, c) = (arrays[0], arrays[1], arrays[2])
    guard call() == CK_OK else { throw BenchError("gemm \(shape.text) failed") }
  }

  @discardableResult
  func call() -> ck_status {
    let (m, n, k) = (Int64(shape.m), Int64(shape.n), Int64(shape.k))
    return ck_gemm_f32(
      transposition.a, transposition.b, m, n, k, 1, a, transposition.a == CK_TRANSPOSE ? m : k, b,
      transposition.b == CK_TRANSPOSE ? k : n, 0, c, n, nil)
  }
}

struct GemmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gemm",
    abstract: "Measures matrix products C [M, N] = A [M, K] B [K, N].",
    discussion: """
      Without sizes: the twelve shapes that Myelin is held to. The per cent are of the multiply-adds that the same \
      threads reach in registers, measured before, between and after the products.

      EXAMPLES
        bench gemm
        bench gemm 1024 1024 1024
        bench gemm 64 512 784 --transpose nt --threads 1 --json
      """)

  @Argument(help: ArgumentHelp("M, N and K; all shapes of the table when left out.", valueName: "size"))
  var sizes: [Int] = []

  @Option(help: "Which factors are stored transposed: nn, nt, tn or tt.")
  var transpose = Transposition.nn

  @Flag(help: "Round the factors to bfloat16; the per cent are then of products of its pairs, where there are any.")
  var bfloat16 = false

  @OptionGroup var options: MeasureOptions

  func validate() throws {
    guard sizes.isEmpty || sizes.count == 3 else {
      throw ValidationError("gemm takes three sizes, M N K, or none, not \(sizes.count)")
    }
    for size in sizes where !(1...1_000_000).contains(size) {
      throw ValidationError("a size of a matrix is 1 to 1000000, not \(size)")
    }
  }

  func run() throws {
    let report = options.begin()
    let shapes = sizes.isEmpty ? GemmShape.table : [GemmShape(m: sizes[0], n: sizes[1], k: sizes[2])]
    _ = ck_set_precision(bfloat16 ? CK_BFLOAT16 : CK_FLOAT32)
    try Self.measure(shapes, transpose, sampler: options.sampler(samples: 9, seconds: 0.5), report)
  }

  static func measure(
    _ shapes: [GemmShape], _ transposition: Transposition, sampler: Sampler, _ report: Report
  ) throws {
    let isRounded = ck_active_precision() == CK_BFLOAT16
    let type = isRounded ? "bf16" : "f32"
    report.table(
      "Matrix products C = op(A) op(B), \(transposition.rawValue), \(type), \(Machine.threads) threads",
      columns: [("M×N×K", 16), ("median µs", 11), ("GFLOP/s", 9), ("of peak", 8)])
    let limits = Limits()
    let probe = isRounded ? limits.probeBFloat16 : limits.probeFMA
    probe()
    for shape in shapes {
      let work = try GemmWork(shape, transposition)
      let timing = sampler.time(besides: probe) { work.call() }
      let limit = isRounded ? limits.bfloat16Gflops ?? limits.fmaGflops : limits.fmaGflops
      let gflops = shape.flops / timing.median / 1e9
      report.row(
        [
          shape.text, compact(timing.median * 1e6), compact(gflops), percentText(gflops, of: limit),
        ],
        json: [
          "bench": "gemm", "m": .integer(shape.m), "n": .integer(shape.n), "k": .integer(shape.k),
          "transpose": .text(transposition.rawValue), "type": .text(type), "threads": .integer(Machine.threads),
          "isa": .text(Machine.isa), "median_us": .number(timing.median * 1e6, decimals: 3),
          "spread_percent": .number(timing.spread * 100, decimals: 2),
          "gflops": .number(gflops, decimals: 2), "percent_of_peak": percent(gflops, of: limit),
        ])
    }
  }
}
