import CKernels

/// Small arrays beside the measured ones: biases, results, indices.
final class ScratchFloats {
  let start: UnsafeMutablePointer<Float>
  init(_ count: Int) {
    start = .allocate(capacity: count)
    start.initialize(repeating: 0, count: count)
  }
  deinit { start.deallocate() }
}

/// Indices in an order that no prefetcher guesses, the same at every run.
final class ScratchIndices {
  let start: UnsafeMutablePointer<Int32>
  init(_ count: Int, below limit: Int) {
    start = .allocate(capacity: count)
    var state: UInt64 = 1
    for i in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      start[i] = Int32((state >> 33) % UInt64(limit))
    }
  }
  deinit { start.deallocate() }
}

extension KernelCase {
  private static let unaryNames: [(ck_unary, String)] = [
    (CK_NEGATE, "negate"), (CK_ABSOLUTE, "absolute"), (CK_SIGN, "sign"), (CK_EXP, "exp"), (CK_LOG, "log"),
    (CK_SQRT, "sqrt"), (CK_RSQRT, "rsqrt"), (CK_RECIPROCAL, "reciprocal"), (CK_SQUARE, "square"), (CK_SIN, "sin"),
    (CK_COS, "cos"),
  ]
  private static let binaryNames: [(ck_binary, String)] = [
    (CK_ADD, "add"), (CK_SUBTRACT, "subtract"), (CK_MULTIPLY, "multiply"), (CK_DIVIDE, "divide"),
    (CK_MAXIMUM, "maximum"), (CK_MINIMUM, "minimum"), (CK_POWER, "power"), (CK_LESS, "less"),
    (CK_LESS_EQUAL, "less_equal"), (CK_EQUAL, "equal"),
  ]
  /// Logarithms and roots are for positive numbers: NaN could take a path of its own.
  private static let needsPositive: Set<String> = ["log", "sqrt", "rsqrt", "power"]

  private static func makePositive(_ x: UnsafeMutablePointer<Float>, _ count: Int) {
    for i in 0..<count { x[i] = abs(x[i]) + 0.01 }
  }

  private static let unary: [KernelCase] = unaryNames.map { operation, name in
    KernelCase("elementwise", name, arrays: 2, bytes: 8, main: name == "exp") { a, n in
      if needsPositive.contains(name) { makePositive(a[0], n) }
      return { ck_unary_forward(operation, Int64(n), a[0], a[1]) }
    }
  }

  private static let binary: [KernelCase] = binaryNames.map { operation, name in
    KernelCase("elementwise", name, arrays: 3, bytes: 12, main: name == "add") { a, n in
      if needsPositive.contains(name) { makePositive(a[0], n) }
      return { ck_binary_forward(operation, 1, [Int64(n)], a[0], [1], a[1], [1], a[2]) }
    }
  }

  static let elementwise: [KernelCase] =
    unary + binary + [
      KernelCase("elementwise", "add_broadcast_row", arrays: 2, bytes: 8, main: true) { a, n in
        let row = ScratchFloats(columns)
        return {
          ck_binary_forward(
            CK_ADD, 2, [Int64(n / columns), Int64(columns)], a[0], [Int64(columns), 1], row.start, [0, 1], a[1])
        }
      },
      KernelCase("elementwise", "multiply_broadcast_column", arrays: 2, bytes: 8) { a, n in
        let column = ScratchFloats(n / columns)
        return {
          ck_binary_forward(
            CK_MULTIPLY, 2, [Int64(n / columns), Int64(columns)], a[0], [Int64(columns), 1], column.start, [1, 0],
            a[1])
        }
      },
      KernelCase("elementwise", "add_bias", arrays: 2, bytes: 8) { a, n in
        let bias = ScratchFloats(columns)
        return { ck_add_bias(Int64(n / columns), Int64(columns), a[0], bias.start, a[1]) }
      },
      KernelCase("elementwise", "axpby", arrays: 2, bytes: 12) { a, n in
        { ck_axpby(Int64(n), 0.5, a[0], 0.5, a[1]) }
      },
      KernelCase("elementwise", "scale_shift", arrays: 2, bytes: 8) { a, n in
        { ck_scale_shift(Int64(n), 2, a[0], 1, a[1]) }
      },
      KernelCase("elementwise", "multiply_add", arrays: 3, bytes: 12) { a, n in
        { ck_multiply_add(Int64(n), a[0], a[1], 0.5, a[2], CK_OVERWRITE) }
      },
      KernelCase("elementwise", "fill", arrays: 1, bytes: 4) { a, n in { ck_fill(Int64(n), 1, a[0]) } },
      KernelCase("elementwise", "select", arrays: 4, bytes: 16) { a, n in
        { ck_select(Int64(n), a[0], a[1], a[2], a[3]) }
      },
    ]

  static let reductions: [KernelCase] = [
    reduction("sum_all", CK_SUM, main: true) { n in (1, n, 1) },
    reduction("sum_rows", CK_SUM, main: true) { n in (n / columns, columns, 1) },
    reduction("sum_columns", CK_SUM, main: true) { n in (1, n / columns, columns) },
    reduction("mean_rows", CK_MEAN) { n in (n / columns, columns, 1) },
    reduction("max_rows", CK_MAX) { n in (n / columns, columns, 1) },
    reduction("max_columns", CK_MAX) { n in (1, n / columns, columns) },
    reduction("sum_of_squares", CK_SUM_OF_SQUARES) { n in (1, n, 1) },
    KernelCase("reduction", "argmax_rows", arrays: 1, bytes: 4) { a, n in
      let indices = ScratchIndices(n / columns, below: 1)
      return { ck_argmax(Int64(n / columns), Int64(columns), 1, a[0], indices.start) }
    },
    KernelCase("reduction", "variance_rows", arrays: 1, bytes: 4) { a, n in
      let mean = ScratchFloats(n / columns)
      let variance = ScratchFloats(n / columns)
      return { ck_variance(Int64(n / columns), Int64(columns), 1, 0, a[0], mean.start, variance.start) }
    },
    KernelCase("reduction", "variance_columns", arrays: 1, bytes: 4) { a, n in
      let mean = ScratchFloats(columns)
      let variance = ScratchFloats(columns)
      return { ck_variance(1, Int64(n / columns), Int64(columns), 0, a[0], mean.start, variance.start) }
    },
    KernelCase("reduction", "dot", arrays: 2, bytes: 8) { a, n in
      let result = ScratchFloats(1)
      return { ck_dot(Int64(n), a[0], a[1], result.start) }
    },
  ]

  private static func reduction(
    _ name: String, _ operation: ck_reduction, main: Bool = false,
    _ shape: @escaping @Sendable (Int) -> (outer: Int, length: Int, inner: Int)
  ) -> KernelCase {
    KernelCase("reduction", name, arrays: 1, bytes: 4, main: main) { a, n in
      let (outer, length, inner) = shape(n)
      let y = ScratchFloats(outer * inner)
      return { ck_reduce(operation, Int64(outer), Int64(length), Int64(inner), a[0], y.start, CK_OVERWRITE) }
    }
  }

  static let movement: [KernelCase] = [
    KernelCase("movement", "transpose", arrays: 2, bytes: 8, main: true) { a, n in
      { ck_transpose_matrix(1, Int64(n / columns), Int64(columns), a[0], a[1]) }
    },
    KernelCase("movement", "permute_heads", arrays: 2, bytes: 8) { a, n in
      // Attention: [time, head, 64] to [head, time, 64].
      { ck_permute(3, [Int64(n / columns), Int64(columns / 64), 64], [1, 0, 2], a[0], a[1]) }
    },
    KernelCase("movement", "copy_block", arrays: 2, bytes: 8) { a, n in
      // Rows of 1000 out of 1024.
      {
        ck_copy_block(
          Int64(n / columns), Int64(columns - 24), a[0], Int64(columns), a[1], Int64(columns), CK_OVERWRITE)
      }
    },
    KernelCase("movement", "broadcast_rows", arrays: 1, bytes: 4) { a, n in
      let row = ScratchFloats(columns)
      return { ck_broadcast(1, Int64(n / columns), Int64(columns), 1, row.start, a[0], CK_OVERWRITE) }
    },
    KernelCase("movement", "gather_rows_64", arrays: 2, bytes: 8, main: true) { a, n in
      let indices = ScratchIndices(n / 64, below: n / 64)
      return { ck_gather_rows(Int64(n / 64), 64, a[0], Int64(n / 64), indices.start, a[1]) }
    },
    KernelCase("movement", "scatter_add_rows_64", arrays: 2, bytes: 12, main: true) { a, n in
      let indices = ScratchIndices(n / 64, below: n / 64)
      return { ck_scatter_add_rows(Int64(n / 64), 64, a[0], Int64(n / 64), indices.start, a[1]) }
    },
  ]

  static let random: [KernelCase] = [
    KernelCase("random", "random_bits", arrays: 1, bytes: 4) { a, n in
      {
        a[0].withMemoryRebound(to: UInt32.self, capacity: n) { ck_random_bits(Int64(n), 7, 0, $0) }
      }
    },
    KernelCase("random", "random_uniform", arrays: 1, bytes: 4, main: true) { a, n in
      { ck_random_uniform(Int64(n), 7, 0, -1, 1, a[0]) }
    },
    KernelCase("random", "random_normal", arrays: 1, bytes: 4) { a, n in
      { ck_random_normal(Int64(n), 7, 0, 0, 1, a[0]) }
    },
    KernelCase("random", "dropout", arrays: 2, bytes: 8, main: true) { a, n in
      { ck_dropout(Int64(n), 0.5, 7, 0, a[0], a[1], CK_OVERWRITE) }
    },
  ]
}
