import CKernels
import ReferenceKernels
import XCTest

/// Sizes and mask; what is not said is plain attention of one sequence.
private struct Case: CustomStringConvertible {
  var batch = 1
  var queries: Int
  var keys: Int
  var heads = 1
  var keyHeads = 1
  var headSize: Int
  var isCausal = false
  var window = 0
  var hasLengths = false
  var hasBias = false

  var queryCount: Int { batch * queries * heads * headSize }
  var keyCount: Int { batch * keys * keyHeads * headSize }
  var scale: Double { 0.75 / Double(max(headSize, 1)).squareRoot() }
  var description: String {
    "[\(batch), \(queries) of \(keys), \(heads) of \(keyHeads), \(headSize)] causal \(isCausal) window \(window)"
      + " lengths \(hasLengths) bias \(hasBias)"
  }

  func reference(_ v: Values) -> Reference.Attention {
    Reference.Attention(
      batch: batch, queries: queries, keys: keys, heads: heads, keyHeads: keyHeads, headSize: headSize,
      scale: Double(Float(scale)), isCausal: isCausal, window: window,
      lengths: hasLengths ? v.integers("lengths") : nil, bias: hasBias ? v["bias"] : nil)
  }

  func with<Result>(
    _ a: Arguments,
    _ body: (
      UnsafePointer<ck_attention_shape>, _ q: ck_attention_strides, _ k: ck_attention_strides,
      UnsafePointer<ck_attention_mask>
    ) -> Result
  ) -> Result {
    var shape = ck_attention_shape(
      batch: Int64(batch), queries: Int64(queries), keys: Int64(keys), heads: Int64(heads), key_heads: Int64(keyHeads),
      head_size: Int64(headSize))
    var mask = ck_attention_mask(
      causal: isCausal, window: Int64(window), lengths: hasLengths ? a.integers("lengths") : nil, bias: a["bias"],
      bias_batch: 0, bias_head: Int64(queries * keys), bias_query: Int64(keys))
    let (row, keyRow) = (Int64(heads * headSize), Int64(keyHeads * headSize))
    return body(
      &shape, ck_attention_strides(row: row, batch: Int64(queries) * row),
      ck_attention_strides(row: keyRow, batch: Int64(keys) * keyRow), &mask)
  }
}

final class AttentionTests: XCTestCase {
  /// Around tiles of 96 keys, blocks of 64 and 128 queries, strips of 4, 6 and 8 and vectors of 4, 8 and 16.
  private static let shapes: [Case] = [
    Case(queries: 1, keys: 1, headSize: 1), Case(queries: 3, keys: 5, headSize: 2),
    Case(batch: 2, queries: 8, keys: 96, heads: 2, keyHeads: 2, headSize: 16),
    Case(batch: 2, queries: 65, keys: 97, heads: 4, keyHeads: 2, headSize: 33, isCausal: true),
    Case(queries: 129, keys: 129, heads: 2, keyHeads: 1, headSize: 20, isCausal: true),
    Case(batch: 3, queries: 7, keys: 200, heads: 3, keyHeads: 3, headSize: 48, isCausal: true, window: 30),
    Case(queries: 100, keys: 60, headSize: 64, isCausal: true, hasBias: true),
    Case(batch: 3, queries: 9, keys: 110, heads: 2, keyHeads: 1, headSize: 8, hasLengths: true),
    Case(
      batch: 2, queries: 12, keys: 30, heads: 4, keyHeads: 4, headSize: 5, window: 4, hasLengths: true, hasBias: true),
    Case(queries: 1, keys: 300, heads: 4, keyHeads: 2, headSize: 32), Case(queries: 4, keys: 0, headSize: 3),
    Case(queries: 0, keys: 4, headSize: 3), Case(batch: 0, queries: 2, keys: 4, headSize: 3),
    Case(queries: 90, keys: 500, heads: 1, keyHeads: 1, headSize: 80, isCausal: true),
  ]

  private func test(_ shapes: [Case], edges: [Case], specials: [Float]) -> KernelTest<Case> {
    var test = KernelTest<Case>(
      "attention", shapes: shapes, edges: edges,
      inputs: [
        .floats("q", in: -2...2, specials: specials) { $0.queryCount },
        .floats("k", in: -2...2, specials: specials) { $0.keyCount },
        .floats("v", specials: specials) { $0.keyCount },
        .integers("lengths") { shape, seed in
          shape.hasLengths ? (0..<shape.batch).map { Int32((Int(seed % 1000) + $0 * 37) % (shape.keys + 1)) } : nil
        },
        .floats("bias", specials: []) { shape, seed in
          guard shape.hasBias else { return nil }
          let values = testValues(shape.heads * shape.queries * shape.keys, seed: seed)
          return values.map { $0 < -0.8 ? -.infinity : $0 }
        },
      ],
      outputs: [
        .overwritten("y", within: .attention) { $0.queryCount },
        .overwritten("sums", within: .attentionSums) { $0.queryCount == 0 ? 0 : $0.batch * $0.heads * $0.queries },
      ]
    ) { shape, a in
      shape.with(a) {
        ck_attention_forward(
          $0, a["q"], $1, a["k"], $2, a["v"], $2, Float(shape.scale), $3, a["y"], $1, a["sums"])
      }
    } reference: { shape, v in
      let (y, sums) = shape.reference(v).forward(v["q"], v["k"], v["v"])
      return ["y": y, "sums": shape.queryCount == 0 ? [] : sums]
    }
    .backward(
      of: ["q", "k", "v"], from: ["y"], saving: ["y", "sums"], within: { _ in .attentionBackward }, specials: specials
    ) { shape, a in
      shape.with(a) {
        ck_attention_backward(
          $0, a["q"], $1, a["k"], $2, a["v"], $2, Float(shape.scale), $3, a["y"], a["dy"], $1, a["sums"], a["dq"],
          a["dk"], a["dv"], a.mode("dq"))
      }
    } reference: { shape, v in
      let (dq, dk, dv) = shape.reference(v).backward(
        v["q"], v["k"], v["v"], y: v["y"], logSumExp: v["sums"], dy: v["dy"])
      return ["dq": dq, "dk": dk, "dv": dv]
    }
    .changingBackward { $0.hasOneMode = true }
    test.hasOneMode = true
    return test
  }

  func testAttention() {
    test(
      Self.shapes,
      edges: [
        Case(batch: 2, queries: 3, keys: 5, heads: 2, keyHeads: 1, headSize: 3, isCausal: true, hasLengths: true),
        Case(queries: 3, keys: 6, headSize: 2, window: 2, hasBias: true),
      ], specials: []
    ).check()
  }

  /// A NaN anywhere comes through to all that depends on it.
  func testSpecialValues() {
    test([], edges: [Case(queries: 2, keys: 19, headSize: 3)], specials: [.nan]).check()
  }

  /// The steps after a cache, one by one or several, give the bits of the whole.
  func testDecodingIsTheWhole() {
    let (steps, heads, keyHeads, d) = (210, 4, 2, 24)
    let (row, keyRow) = (heads * d, keyHeads * d)
    let q = testValues(steps * row, seed: 1, in: -2...2), k = testValues(steps * keyRow, seed: 2, in: -2...2)
    let v = testValues(steps * keyRow, seed: 3)
    let parts = [0..<1, 5..<6, 95..<96, 96..<97, 97..<120, 130..<203, 209..<210]
    for window in [0, 50] {
      func attend(_ range: Range<Int>) -> [Float] {
        var y = [Float](repeating: 0, count: range.count * row)
        var sums = [Float](repeating: 0, count: range.count * heads)
        var shape = ck_attention_shape(
          batch: 1, queries: Int64(range.count), keys: Int64(range.upperBound), heads: Int64(heads),
          key_heads: Int64(keyHeads), head_size: Int64(d))
        var mask = ck_attention_mask()
        mask.causal = true
        mask.window = Int64(window)
        let strides = ck_attention_strides(row: Int64(row), batch: Int64(steps * row))
        let keyStrides = ck_attention_strides(row: Int64(keyRow), batch: Int64(steps * keyRow))
        let status = q.withUnsafeBufferPointer {
          ck_attention_forward(
            &shape, $0.baseAddress! + range.lowerBound * row, strides, k, keyStrides, v, keyStrides, 0.2, &mask, &y,
            strides, &sums)
        }
        XCTAssertEqual(status, CK_OK)
        return y
      }
      onEveryMachine {
        [attend(0..<steps)] + parts.map(attend)
      } check: { results, isa in
        for (part, result) in zip(parts, results.dropFirst()) {
          let whole = results[0][part.lowerBound * row..<part.upperBound * row]
          XCTAssertEqual(result.map(\.bitPattern), whole.map(\.bitPattern), "steps \(part), window \(window), \(isa)")
        }
      }
    }
  }

  /// What lies behind a sequence's length is not looked at, and rows that see nothing are zeros.
  func testPaddingIsNotRead() {
    let (queries, keys, d) = (5, 40, 8)
    let q = testValues(2 * queries * d, seed: 1)
    var k = testValues(2 * keys * d, seed: 2), v = testValues(2 * keys * d, seed: 3)
    for i in 7 * d..<2 * keys * d { (k[i], v[i]) = (.nan, .nan) }
    var shape = ck_attention_shape(
      batch: 2, queries: Int64(queries), keys: Int64(keys), heads: 1, key_heads: 1, head_size: Int64(d))
    let strides = ck_attention_strides(row: Int64(d), batch: Int64(queries * d))
    let keyStrides = ck_attention_strides(row: Int64(d), batch: Int64(keys * d))
    onEveryMachine {
      var y = [Float](repeating: .nan, count: q.count), sums = [Float](repeating: .nan, count: 2 * queries)
      var (dq, dk, dv) = (y, k, k)
      [Int32(7), 0].withUnsafeBufferPointer { lengths in
        var mask = ck_attention_mask()
        mask.lengths = lengths.baseAddress
        XCTAssertEqual(
          ck_attention_forward(&shape, q, strides, k, keyStrides, v, keyStrides, 0.3, &mask, &y, strides, &sums), CK_OK)
        XCTAssertEqual(
          ck_attention_backward(
            &shape, q, strides, k, keyStrides, v, keyStrides, 0.3, &mask, y, q, strides, sums, &dq, &dk, &dv,
            CK_OVERWRITE), CK_OK)
      }
      return [y, dq, dk, dv]
    } check: { results, isa in
      XCTAssertTrue(results.joined().allSatisfy(\.isFinite), isa)
      XCTAssertTrue(results[0][(queries * d)...].allSatisfy { $0 == 0 }, isa)
      XCTAssertTrue((results[2][(7 * d)...] + results[3][(7 * d)...]).allSatisfy { $0 == 0 }, isa)
    }
  }

  // MARK: Before attention

  private struct Heads: CustomStringConvertible {
    var batch: Int
    var steps: Int
    var heads: Int
    var rotated: Int
    var size: Int
    var count: Int { batch * steps * heads * size }
    var description: String { "[\(batch), \(steps), \(heads), \(size)], \(rotated) rotated" }
  }

  func testRotary() {
    for (normalizes, turns) in [(true, true), (true, false), (false, true)] {
      let angles: (Values) -> [Double]? = { v in turns ? zip(v["sines"], v["cosines"]).map { atan2($0, $1) } : nil }
      let epsilon = normalizes ? Double(Float(0.01)) : nil
      KernelTest<Heads>(
        "rotary \(normalizes) \(turns)",
        shapes: [
          Heads(batch: 1, steps: 1, heads: 1, rotated: 1, size: 2),
          Heads(batch: 2, steps: 3, heads: 5, rotated: 4, size: 6),
          Heads(batch: 3, steps: 20, heads: 6, rotated: 4, size: 32),
          Heads(batch: 1, steps: 70, heads: 3, rotated: 3, size: 66),
          Heads(batch: 0, steps: 2, heads: 2, rotated: 1, size: 4),
          Heads(batch: 2, steps: 2, heads: 2, rotated: 0, size: 8),
        ],
        edges: [Heads(batch: 1, steps: 2, heads: 3, rotated: 2, size: 10)],
        inputs: [
          .floats("x", in: -2...2, specials: []) { $0.count },
          .floats("cosines", specials: []) { shape, seed in
            turns ? testValues(shape.steps * shape.size / 2, seed: seed, in: 0...6).map { cosf($0) } : nil
          },
          .floats("sines", specials: []) { shape, seed in
            turns ? testValues(shape.steps * shape.size / 2, seed: seed - 1, in: 0...6).map { sinf($0) } : nil
          },
        ],
        outputs: [
          .overwritten("y", within: .rotary) { $0.count },
          .overwritten("r", within: .rotary) {
            normalizes && $0.count > 0 ? $0.batch * $0.steps * $0.rotated : 0
          },
        ], inPlace: [("x", "y")]
      ) { shape, a in
        ck_rotary_forward(
          Int64(shape.batch), Int64(shape.steps), Int64(shape.heads), Int64(shape.rotated), Int64(shape.size), a["x"],
          normalizes, 0.01, a["cosines"], a["sines"], a["r"], a["y"])
      } reference: { shape, v in
        let (y, r) = Reference.rotary(
          v["x"], steps: shape.steps, heads: shape.heads, rotated: shape.rotated, headSize: shape.size,
          epsilon: epsilon, angles: angles(v))
        return ["y": y, "r": r]
      }
      .backward(of: ["x"], from: ["y"], saving: ["r"], within: { _ in .rotary }, specials: []) { shape, a in
        ck_rotary_backward(
          Int64(shape.batch), Int64(shape.steps), Int64(shape.heads), Int64(shape.rotated), Int64(shape.size), a["x"],
          normalizes, a["cosines"], a["sines"], a["r"], a["dy"], a["dx"], a.mode("dx"))
      } reference: { shape, v in
        [
          "dx": Reference.rotaryBackward(
            v["x"], dy: v["dy"], steps: shape.steps, heads: shape.heads, rotated: shape.rotated, headSize: shape.size,
            epsilon: epsilon, angles: angles(v))
        ]
      }
      .check()
    }
  }
}
