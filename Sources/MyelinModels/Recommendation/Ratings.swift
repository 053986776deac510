import Foundation
import Myelin

/// Who rated what, as it stands in a file: users and things by number, ratings and times where there are any.
struct Ratings: Sendable {
  /// Names, in the order of their numbers.
  var users: [String]
  var items: [String]
  /// Of each rating.
  var user: [Int32]
  var item: [Int32]
  /// nil where it is only known that somebody had something.
  var value: [Float]?
  var time: [Double]?

  private static let userNames = ["user", "userid", "user_id", "customer", "reader"]
  private static let itemNames = [
    "item", "itemid", "item_id", "movie", "movieid", "movie_id", "product", "book", "song",
  ]
  private static let valueNames = ["rating", "stars", "score", "value", "count"]
  private static let timeNames = ["time", "timestamp", "date", "unix"]

  /// A CSV or TSV file; MovieLens's `ratings.csv`, `u.data` (tabs, no header) and `ratings.dat` (`::`) among them. Columns
  /// are found by name (user, item or movie, rating, time), else they are the first, second, third and fourth.
  ///
  /// - Throws: `DataError` with the line of a value that is missing or no number.
  init(_ url: URL, named path: String) throws {
    var bytes = try DataFile.read(url, isText: true)
    let head = bytes.prefix { $0 != 10 }
    let isDoubleColon = String(decoding: head, as: UTF8.self).contains("::")
    if isDoubleColon {
      // One byte in the place of two; a title that holds a colon alone stays.
      var plain: [UInt8] = []
      plain.reserveCapacity(bytes.count)
      var index = 0
      while index < bytes.count {
        if bytes[index] == 58, index + 1 < bytes.count, bytes[index + 1] == 58 {
          plain.append(9)
          index += 2
        } else {
          plain.append(bytes[index])
          index += 1
        }
      }
      bytes = plain
    }
    var options = CSVOptions()
    options.readsTexts = true
    options.missing = [""]
    if isDoubleColon { options.delimiter = 9 }
    let first = String(decoding: bytes.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
    // A header has no field that is a number.
    let fields = first.split { $0 == "," || $0 == "\t" || $0 == ";" }
    options.hasHeader = !fields.contains { Double($0.trimmingCharacters(in: CharacterSet(charactersIn: "\" "))) != nil }
    let table = try Table(csv: bytes, source: path, options: options)
    let hasNames = options.hasHeader == true
    var taken: Set<String> = []
    func column(_ names: [String], _ place: Int) -> Table.Column? {
      let known = hasNames ? table.columns.first { names.contains($0.name.lowercased()) } : nil
      let found = known ?? (place < table.columns.count ? table.columns[place] : nil)
      guard let found, known != nil || !Ratings.isNamed(found.name, hasNames), taken.insert(found.name).inserted else {
        return nil
      }
      return found
    }
    guard let userColumn = column(Ratings.userNames, 0), let itemColumn = column(Ratings.itemNames, 1) else {
      throw DataError(path, "columns of users and items", expected: "two, as user and item")
    }
    (users, user) = try Ratings.numbered(userColumn, table)
    (items, item) = try Ratings.numbered(itemColumn, table)
    value = try column(Ratings.valueNames, 2).map { try Ratings.numbers($0, table).map(Float.init) }
    time = try column(Ratings.timeNames, 3).map { try Ratings.times($0, table) }
  }

  /// Whether a column has a name that says that it is another one.
  private static func isNamed(_ name: String, _ hasNames: Bool) -> Bool {
    hasNames && [userNames, itemNames, valueNames, timeNames].contains { $0.contains(name.lowercased()) }
  }

  private static func numbered(_ column: Table.Column, _ table: Table) throws -> ([String], [Int32]) {
    guard case .categories(let levels, let codes) = column.values else {
      throw DataError(table.source, "column \(DataError.quoted(column.name))", expected: "names")
    }
    if let row = codes.firstIndex(of: -1) {
      throw DataError(
        table.source, line: table.lines[row], "column \(DataError.quoted(column.name))", expected: "a name",
        found: "nothing")
    }
    return (levels, codes)
  }

  private static func numbers(_ column: Table.Column, _ table: Table) throws -> [Double] {
    let (levels, codes) = try numbered(column, table)
    let values = levels.map { Double($0) }
    return try codes.enumerated().map { row, code in
      guard let value = values[Int(code)], value.isFinite, abs(value) < 1e9 else {
        throw DataError(
          table.source, line: table.lines[row], "column \(DataError.quoted(column.name))", expected: "a number",
          found: DataError.quoted(levels[Int(code)]))
      }
      return value
    }
  }

  /// Numbers, or texts whose order is that of time, as of ISO 8601: their rank.
  private static func times(_ column: Table.Column, _ table: Table) throws -> [Double] {
    let (levels, codes) = try numbered(column, table)
    let values = levels.map { Double($0) }
    if values.allSatisfy({ $0 != nil }) { return codes.map { values[Int($0)]! } }
    let order = levels.indices.sorted { levels[$0] < levels[$1] }
    var rank = [Double](repeating: 0, count: levels.count)
    for (place, level) in order.enumerated() { rank[level] = Double(place) }
    return codes.map { rank[Int($0)] }
  }

  /// The last share of what each user rated is held out, at least one of two or more; without times, what stands last in an
  /// order drawn by the seed.
  func divided(validation: Double, test: Double, seed: UInt64) -> Split {
    var byUser = [[Int]](repeating: [], count: users.count)
    let order: [Int]
    if let time {
      order = user.indices.sorted { (time[$0], $0) < (time[$1], $1) }
    } else {
      order = RandomGenerator(seed: seed).permutation(user.count).map(Int.init)
    }
    for row in order { byUser[Int(user[row])].append(row) }
    var split = Split(count: 1, test: 0, seed: 0)
    (split.training, split.validation, split.test) = ([], [], [])
    for rows in byUser {
      func share(_ part: Double, of count: Int) -> Int {
        part > 0 && count >= 2 ? max(1, Int((Double(count) * part).rounded())) : 0
      }
      let testCount = share(test, of: rows.count)
      let left = rows.count - testCount
      let validationCount = share(validation, of: left)
      split.training += rows[..<(left - validationCount)]
      split.validation += rows[(left - validationCount)..<left]
      split.test += rows[left...]
    }
    split.training.sort()
    split.validation.sort()
    split.test.sort()
    return split
  }
}
