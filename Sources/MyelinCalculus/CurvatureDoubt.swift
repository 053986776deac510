/// How sure the second derivative along a line is where the first has been found to be zero.
///
/// What counts as zero is judged by the surroundings of the point, never by how large derivatives are elsewhere: eˣ − x
/// has f″(0) = 1, and 10¹³ at the end of an interval that reaches to 30. Rounding blurs f′, so that its zero lies
/// somewhere in a small interval. If f″ changes within that interval by as much as it is large, as that of x³ and x⁴
/// does at 0, then it does not settle what the point is.
struct CurvatureDoubt {
  /// How much f″ changes where f′ cannot be told from zero; infinite where f′ stays lost in its rounding.
  var error: Double
  /// Half of the length of the interval in which f′ cannot be told from zero.
  var reach: Double
  /// How much f′ scatters between neighbouring numbers.
  var noise: Double

  /// - Parameters:
  ///   - unit: the distance between neighbouring numbers at the point.
  ///   - limit: how far to look at most.
  ///   - slice: f′ and f″ along the line, at this distance from the point.
  init(unit: Double, limit: Double, _ slice: (Double) -> (first: Double, second: Double)) {
    let here = slice(0)
    (error, reach, noise) = (0, 8 * unit, 0)
    for step in [-4.0, -3, -2, -1, 1, 2, 3, 4] {
      let near = slice(step * unit)
      noise = max(noise, abs(near.first - here.first - here.second * step * unit))
      error = max(error, abs(near.second - here.second))
    }
    while true {
      let ends = [slice(-reach), slice(reach)]
      error = ends.reduce(error) { max($0, abs($1.second - here.second)) }
      // Beyond this, f′ is something else than a zero with its rounding.
      if ends.allSatisfy({ abs($0.first) > 8 * max(noise, abs(here.first)) }) { break }
      guard reach < limit, error.isFinite else {
        error = .infinity
        break
      }
      reach *= 2
    }
    if error.isNaN { error = .infinity }
  }
}
