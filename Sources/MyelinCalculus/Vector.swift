import Foundation

/// A vector of real numbers: what has a magnitude and a direction, and no place.
public struct Vector: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// One number for each axis.
  public var components: [Double]

  /// A vector of these components.
  public init(_ components: [Double]) { self.components = components }

  public init(arrayLiteral elements: Double...) { self.init(elements) }

  /// From one point to another: AB = OB − OA.
  public init(from a: Vector, to b: Vector) { self = b - a }

  /// Number of components.
  public var dimension: Int { components.count }

  /// The component along an axis, from 0.
  public subscript(index: Int) -> Double {
    get { components[index] }
    set { components[index] = newValue }
  }

  /// √(v·v), without overflow or underflow on the way.
  public var magnitude: Double {
    let largest = components.map { Swift.abs($0) }.max() ?? 0
    guard largest > 0, largest.isFinite else { return largest }
    let scaled = components.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }
    // The plain sum is exact more often where it is safe: |(3, 4)| is 5.
    let plain = components.reduce(0) { $0 + $1 * $1 }
    return plain.isNormal && plain < 1e300 ? plain.squareRoot() : largest * scaled.squareRoot()
  }

  /// The vector of length one that points the same way; `nil` for the zero vector, which points nowhere.
  public var direction: Vector? {
    let length = magnitude
    return length > 0 && length.isFinite ? Vector(components.map { $0 / length }) : nil
  }

  /// The angle from the first axis, counterclockwise, in radians from −π to π; `nil` unless the vector is in the plane
  /// and not zero.
  public var heading: Double? {
    dimension == 2 && magnitude > 0 ? atan2(components[1], components[0]) : nil
  }

  /// Σ uᵢ vᵢ. Precondition: the same dimension.
  public func dot(_ other: Vector) -> Double {
    requireSameDimension(other, "dot")
    return zip(components, other.components).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The angle between two vectors, 0…π; `nil` where one is zero. By atan2 of the difference and the sum of the unit
  /// vectors, which is exact also for nearly parallel ones, where the arc cosine loses half of its digits.
  public func angle(to other: Vector) -> Double? {
    requireSameDimension(other, "angle")
    guard let a = direction, let b = other.direction else { return nil }
    return 2 * atan2((a - b).magnitude, (a + b).magnitude)
  }

  /// Component by component. Precondition: the same dimension.
  public static func + (left: Vector, right: Vector) -> Vector {
    left.requireSameDimension(right, "+")
    return Vector(zip(left.components, right.components).map { $0 + $1 })
  }

  /// Component by component. Precondition: the same dimension.
  public static func - (left: Vector, right: Vector) -> Vector {
    left.requireSameDimension(right, "-")
    return Vector(zip(left.components, right.components).map { $0 - $1 })
  }

  /// Each component times a number.
  public static func * (scalar: Double, vector: Vector) -> Vector { Vector(vector.components.map { scalar * $0 }) }

  /// Each component times a number.
  public static func * (vector: Vector, scalar: Double) -> Vector { scalar * vector }

  /// The vector that points the other way.
  public static prefix func - (vector: Vector) -> Vector { Vector(vector.components.map { -$0 }) }

  public var description: String {
    "(" + components.map { $0.text(digits: 6) }.joined(separator: ", ") + ")"
  }

  private func requireSameDimension(_ other: Vector, _ operation: String) {
    require(
      dimension == other.dimension, "Vector \(operation): \(dimension) components against \(other.dimension)")
  }
}
