/// Rows × columns.
struct Matrix: CustomStringConvertible {
  var rows: Int
  var columns: Int

  init(_ rows: Int, _ columns: Int) { (self.rows, self.columns) = (rows, columns) }

  var count: Int { rows * columns }
  var r: Int64 { Int64(rows) }
  var c: Int64 { Int64(columns) }
  var description: String { "[\(rows), \(columns)]" }
}

/// An axis of an array, with what is outside and inside of it: [outer, length, inner].
struct Axis: CustomStringConvertible {
  var outer: Int
  var length: Int
  var inner: Int

  init(_ outer: Int, _ length: Int, _ inner: Int) { (self.outer, self.length, self.inner) = (outer, length, inner) }

  /// Of the whole array, and of what is left without the axis.
  var count: Int { outer * length * inner }
  var columns: Int { outer * inner }
  var o: Int64 { Int64(outer) }
  var l: Int64 { Int64(length) }
  var i: Int64 { Int64(inner) }
  var description: String { "[\(outer), \(length), \(inner)]" }
}

/// Sizes that find mistakes: nothing, one, odd, one below, at and above each vector (4, 8, 16 lanes) and several of
/// them, and enough for several threads.
enum Shapes {
  /// More than one thread takes, in each kernel that goes element by element.
  static let large = 70_003
  static let counts = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, large]
  /// For vectors of 4, 8 and 16 lanes alike: some pairs of vectors, one alone and a tail, so that a special value meets each
  /// lane of each loop.
  static let edge = 61
  /// And with eight vectors at a time.
  static let edges = [edge, 128 + edge]

  static let matrices =
    [
      (0, 3), (3, 0), (1, 1), (4, 2), (5, 3), (7, 4), (3, 5), (3, 7), (3, 8), (2, 9), (7, 10), (3, 15), (3, 16),
      (3, 17),
    ]
    .map { Matrix($0.0, $0.1) }
    + [(2, 31), (2, 32), (2, 33), (3, 63), (3, 64), (3, 65), (9, 100), (300, 257), (2, 5003), (7001, 10)]
    .map { Matrix($0.0, $0.1) }
}
