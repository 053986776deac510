internal import CKernels

extension Kernels {
  /// y [members, rows, outputs] = the bins of all positions times the weight [members, bins, outputs].
  static func thermometerForward(
    _ bins: ThermometerBins, members: Int, rows: Int, outputs: Int, _ positions: FloatPointer, ldp: Int, strideP: Int,
    _ weight: FloatPointer, _ y: MutableFloatPointer
  ) {
    withThermometer(bins) { thermometer in
      check(
        ck_thermometer_forward(
          &thermometer, Int64(members), Int64(rows), Int64(outputs), positions, Int64(ldp), Int64(strideP), weight, y,
          CK_OVERWRITE),
        cost: thermometerCost(bins, members: members, rows: rows, outputs: outputs))
    }
  }

  /// dweight [members, bins, outputs] (=, +=) its gradient for dy [members, rows, outputs].
  static func thermometerBackward(
    _ bins: ThermometerBins, members: Int, rows: Int, outputs: Int, _ positions: FloatPointer, ldp: Int, strideP: Int,
    _ dy: FloatPointer, _ dweight: MutableFloatPointer, _ mode: WriteMode
  ) {
    withThermometer(bins) { thermometer in
      check(
        ck_thermometer_backward(
          &thermometer, Int64(members), Int64(rows), Int64(outputs), positions, Int64(ldp), Int64(strideP), dy, dweight,
          mode.c),
        cost: thermometerCost(bins, members: members, rows: rows, outputs: outputs))
    }
  }

  private static func withThermometer(_ bins: ThermometerBins, _ body: (inout ck_thermometer) -> Void) {
    bins.counts.withUnsafeBufferPointer { counts in
      bins.means.withUnsafeBufferPointer { means in
        var thermometer = ck_thermometer(
          columns: Int64(counts.count), bins: counts.baseAddress, means: means.baseAddress, scale: bins.scale)
        body(&thermometer)
      }
    }
  }

  private static func thermometerCost(_ bins: ThermometerBins, members: Int, rows: Int, outputs: Int) -> KernelCost {
    let sums = Double(bins.count) + 2 * Double(rows * bins.counts.count)
    return KernelCost(
      operations: 2 * sums * Double(members * outputs), bytes: 4 * Double(members * outputs * (bins.count + rows)))
  }
}
