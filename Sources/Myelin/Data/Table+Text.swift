extension Table.Column {
  /// The value of a row as text: a date as `2024-03-05` or `2024-03-05 14:07`; nil for a missing one.
  package func text(_ row: Int) -> String? {
    switch values {
    case .numbers(let numbers): return Table.text(of: numbers[row])
    case .categories(let levels, let codes): return codes[row] < 0 ? nil : levels[Int(codes[row])]
    case .dates(let dates):
      let seconds = dates[row]
      guard abs(seconds) < 1e14 else { return nil }
      let days = (seconds / 86400).rounded(.down)
      let (year, month, day) = DateEncoding.civil(days)
      let minutes = Int((seconds - 86400 * days) / 60)
      func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
      let date = "\(year)-\(two(month))-\(two(day))"
      return minutes == 0 ? date : "\(date) \(two(minutes / 60)):\(two(minutes % 60))"
    }
  }
}
