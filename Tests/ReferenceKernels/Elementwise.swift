import Foundation

extension Reference {
  /// The operations of `ck_unary`, by its raw values.
  public static func unary(_ operation: UInt32, _ value: Double) -> Double {
    switch operation {
    case 0: return -value
    case 1: return abs(value)
    case 2: return value > 0 ? 1 : value < 0 ? -1 : value
    case 3: return exp(value)
    case 4: return log(value)
    case 5: return value.squareRoot()
    case 6: return 1 / value.squareRoot()
    case 7: return 1 / value
    case 8: return value * value
    case 9: return sin(value)
    default: return cos(value)
    }
  }

  /// The operations of `ck_binary`, by its raw values.
  public static func binary(_ operation: UInt32, _ a: Double, _ b: Double) -> Double {
    switch operation {
    case 0: return a + b
    case 1: return a - b
    case 2: return a * b
    case 3: return a / b
    case 4: return a.isNaN || b.isNaN ? .nan : max(a, b)
    case 5: return a.isNaN || b.isNaN ? .nan : min(a, b)
    case 6: return pow(a, b)
    case 7: return a < b ? 1 : 0
    case 8: return a <= b ? 1 : 0
    default: return a == b ? 1 : 0
    }
  }

  /// Calls `body` with the index along each axis, the last one fastest.
  public static func forEachIndex(_ shape: [Int], _ body: ([Int]) -> Void) {
    if shape.contains(0) { return }
    var index = [Int](repeating: 0, count: shape.count)
    while true {
      body(index)
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < shape[axis] { break }
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }

  /// `out = a (operation) b` over `shape`; a stride of 0 repeats that input along the axis.
  public static func binary(
    _ operation: UInt32, shape: [Int], _ a: [Double], strides aStrides: [Int], _ b: [Double], strides bStrides: [Int]
  ) -> [Double] {
    var out: [Double] = []
    forEachIndex(shape) { index in
      let i = zip(index, aStrides).map(*).reduce(0, +)
      let j = zip(index, bStrides).map(*).reduce(0, +)
      out.append(binary(operation, a[i], b[j]))
    }
    return out
  }
}
