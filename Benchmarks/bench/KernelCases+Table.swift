import CKernels

extension KernelCase {
  /// Four columns of 32 bins each, for layers of 64 outputs.
  private final class Thermometer {
    static let outputs = 64
    let bins = ScratchIndices(4, below: 1)
    let means = ScratchFloats(128)
    let weight = ScratchFloats(128 * outputs)
    let positions: ScratchFloats
    let rows: Int

    init(rows: Int) {
      self.rows = rows
      for column in 0..<4 { bins.start[column] = 32 }
      positions = ScratchFloats(4 * rows)
      let places = ScratchIndices(4 * rows, below: 3200)
      for i in 0..<4 * rows { positions.start[i] = Float(places.start[i]) / 100 }
    }

    var shape: ck_thermometer { ck_thermometer(columns: 4, bins: bins.start, means: means.start, scale: 1) }
  }

  static let table: [KernelCase] = [
    KernelCase("table", "thermometer_forward", arrays: 1, bytes: 4) { a, n in
      let t = Thermometer(rows: n / Thermometer.outputs)
      return {
        var shape = t.shape
        return ck_thermometer_forward(
          &shape, 1, Int64(t.rows), Int64(Thermometer.outputs), t.positions.start, 4, 0, t.weight.start, a[0],
          CK_OVERWRITE)
      }
    },
    KernelCase("table", "thermometer_backward", arrays: 1, bytes: 4) { a, n in
      let t = Thermometer(rows: n / Thermometer.outputs)
      return {
        var shape = t.shape
        return ck_thermometer_backward(
          &shape, 1, Int64(t.rows), Int64(Thermometer.outputs), t.positions.start, 4, 0, a[0], t.weight.start,
          CK_OVERWRITE)
      }
    },
  ]
}
