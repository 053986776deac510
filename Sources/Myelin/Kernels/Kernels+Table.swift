internal import CKernels

extension Kernels {
  /// y [members, rows, outputs] = the bins of all positions times the weight [members, bins, outputs].
  static func thermometerForward(
    _ bins: ThermometerBins, members: Int, rows: Int, outputs: Int, _ positions: FloatPointer, ldp: Int, strideP: Int,
    _ weight: FloatPointer, _ y: MutableFloatPointer
  ) {
    withThermometer(bins, members: members) { thermometer, first, count in
      check(
        ck_thermometer_forward(
          &thermometer, Int64(count), Int64(rows), Int64(outputs), positions + first * strideP, Int64(ldp),
          Int64(strideP), weight + first * bins.count * outputs, y + first * rows * outputs, CK_OVERWRITE),
        cost: thermometerCost(bins, members: count, rows: rows, outputs: outputs))
    }
  }

  /// dweight [members, bins, outputs] (=, +=) its gradient for dy [members, rows, outputs].
  static func thermometerBackward(
    _ bins: ThermometerBins, members: Int, rows: Int, outputs: Int, _ positions: FloatPointer, ldp: Int, strideP: Int,
    _ dy: FloatPointer, _ dweight: MutableFloatPointer, _ mode: WriteMode
  ) {
    withThermometer(bins, members: members) { thermometer, first, count in
      check(
        ck_thermometer_backward(
          &thermometer, Int64(count), Int64(rows), Int64(outputs), positions + first * strideP, Int64(ldp),
          Int64(strideP), dy + first * rows * outputs, dweight + first * bins.count * outputs, mode.c),
        cost: thermometerCost(bins, members: count, rows: rows, outputs: outputs))
    }
  }

  /// Calls `body` for the members of each scale: with the first of them, and how many there are.
  private static func withThermometer(
    _ bins: ThermometerBins, members: Int, _ body: (inout ck_thermometer, _ first: Int, _ count: Int) -> Void
  ) {
    let count = members / bins.scales.count
    bins.counts.withUnsafeBufferPointer { counts in
      bins.means.withUnsafeBufferPointer { means in
        for (index, scale) in bins.scales.enumerated() {
          var thermometer = ck_thermometer(
            columns: Int64(counts.count), bins: counts.baseAddress, means: means.baseAddress, scale: scale)
          body(&thermometer, index * count, count)
        }
      }
    }
  }

  private static func thermometerCost(_ bins: ThermometerBins, members: Int, rows: Int, outputs: Int) -> KernelCost {
    let sums = Double(bins.count) + 2 * Double(rows * bins.counts.count)
    return KernelCost(
      operations: 2 * sums * Double(members * outputs), bytes: 4 * Double(members * outputs * (bins.count + rows)))
  }
}
