extension Reference {
  /// Pixels by row and column, `value` for −1.
  public static func pickPixels(_ x: [Double], _ shape: PictureShape, rows: [Int], columns: [Int], value: Double)
    -> [Double]
  {
    var y = [Double](repeating: value, count: shape.outCount)
    shape.forEachOutput { out, row, column, at in
      if rows[row] >= 0 && columns[column] >= 0 { y[out] = x[at(rows[row], columns[column])] }
    }
    return y
  }

  public static func pickPixelsBackward(_ dy: [Double], _ shape: PictureShape, rows: [Int], columns: [Int]) -> [Double]
  {
    var dx = [Double](repeating: 0, count: shape.count)
    shape.forEachOutput { out, row, column, at in
      if rows[row] >= 0 && columns[column] >= 0 { dx[at(rows[row], columns[column])] += dy[out] }
    }
    return dx
  }

  /// The inputs that an output of an axis is made of, with their weights.
  private static func linear(_ o: Int, _ size: Int, _ out: Int, _ alignsCorners: Bool) -> [(place: Int, weight: Double)]
  {
    var place = (Double(o) + 0.5) * Double(size) / Double(out) - 0.5
    if alignsCorners { place = out == 1 ? 0 : Double(o) * Double(size - 1) / Double(out - 1) }
    place = min(max(place, 0), Double(size - 1))
    let low = Int(place)
    let weight = place - Double(low)
    return [(low, 1 - weight), (min(low + 1, size - 1), weight)]
  }

  public static func bilinear(_ x: [Double], _ shape: PictureShape, alignsCorners: Bool) -> [Double] {
    var y = [Double](repeating: 0, count: shape.outCount)
    shape.forEachOutput { out, row, column, at in
      for i in linear(row, shape.height, shape.outHeight, alignsCorners) {
        for j in linear(column, shape.width, shape.outWidth, alignsCorners) {
          y[out] += i.weight * j.weight * x[at(i.place, j.place)]
        }
      }
    }
    return y
  }

  public static func bilinearBackward(_ dy: [Double], _ shape: PictureShape, alignsCorners: Bool) -> [Double] {
    var dx = [Double](repeating: 0, count: shape.count)
    shape.forEachOutput { out, row, column, at in
      for i in linear(row, shape.height, shape.outHeight, alignsCorners) {
        for j in linear(column, shape.width, shape.outWidth, alignsCorners) {
          dx[at(i.place, j.place)] += i.weight * j.weight * dy[out]
        }
      }
    }
    return dx
  }
}
