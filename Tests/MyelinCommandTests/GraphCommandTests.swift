import Foundation
import XCTest

/// Graphs and ratings of one's own, as a user has them learned.
final class GraphCommandTests: XCTestCase {
  /// Two groups of people who know each other, one tie between the groups; p3 and p12 are of no known club.
  private func writePeople(_ shell: Shell) throws {
    var nodes = "id,club,age\n"
    for person in 0..<20 {
      let club = person == 3 || person == 12 ? "" : person < 10 ? "red" : "blue"
      nodes += "p\(person),\(club),\(20 + person * 7 % 11)\n"
    }
    try shell.write("people.csv", nodes)
    var edges = "from,to\n"
    for group in [0, 10] {
      for a in 0..<10 { for b in 0..<a where (a + b) % 3 != 0 { edges += "p\(group + a),p\(group + b)\n" } }
    }
    try shell.write("friends.csv", edges + "p2,p15\n")
  }

  func testNodesAndEdges() throws {
    let shell = try Shell(self)
    try writePeople(shell)
    let train = ["train", "--nodes", "people.csv", "--edges", "friends.csv", "--target", "club", "--epochs", "60"]
    let trained = try shell.start(train + ["--output", "run"]).finish()
    XCTAssertEqual(trained.status, 0, trained.complaints)
    XCTAssertTrue(trained.output.contains("20: 14 to learn from, 4 for the test; 2 without club"), trained.output)
    let answers = try shell.run("predict", "run", "--input", "people.csv", "--id", "id")
    XCTAssertEqual(answers.status, 0, answers.complaints)
    let lines = answers.output.split(separator: "\n")
    XCTAssertEqual(lines.count, 21)
    XCTAssertTrue(lines[4].hasPrefix("p3,red,"), answers.output)
    XCTAssertTrue(lines[13].hasPrefix("p12,blue,"), answers.output)
    let scores = try shell.run("evaluate", "run", "--json")
    XCTAssertEqual(scores.status, 0, scores.complaints)
    XCTAssertTrue(try shell.text("run/report.html").contains("The graph"))

    // One line for each mistake, and nothing left behind.
    func fail(_ arguments: [String], _ words: String..., status: Int32 = 1, line: UInt = #line) throws {
      let result = try shell.start(arguments).finish()
      XCTAssertEqual(result.status, status, result.complaints, line: line)
      for word in words {
        XCTAssertTrue(result.complaints.contains(word), "\(word) in \(result.complaints)", line: line)
      }
    }
    try fail(["train", "--nodes", "people.csv", "--target", "club"], "--nodes needs --edges", status: 2)
    try fail(["train", "iris", "--edges", "friends.csv"], "--edges does nothing with iris", status: 2)
    try shell.write("strange.csv", "from,to\np1,p2\np1,nobody\n")
    try fail(
      ["train", "--nodes", "people.csv", "--edges", "strange.csv", "--target", "club"], "strange.csv", "line 3",
      "a node of people.csv", "\"nobody\"")
    try shell.write("twice.csv", "id,club\na,x\na,y\n")
    try fail(
      ["train", "--nodes", "twice.csv", "--edges", "friends.csv", "--target", "club"], "twice.csv", "line 3",
      "each node once")
  }

  /// The same weights after an interruption, bit for bit.
  func testResumedKarate() throws {
    let shell = try Shell(self)
    let whole = try shell.run("train", "karate", "--epochs", "30", "--output", "whole")
    XCTAssertEqual(whole.status, 0, whole.complaints)
    XCTAssertEqual(try shell.run("train", "karate", "--epochs", "12", "--output", "parts").status, 0)
    let resumed = try shell.run("train", "--resume", "parts", "--epochs", "30")
    XCTAssertEqual(resumed.status, 0, resumed.complaints)
    func weights(_ run: String) throws -> Data {
      let bytes = try shell.bytes("\(run)/model.safetensors")
      let length = bytes.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
      return bytes.dropFirst(8 + length)
    }
    XCTAssertEqual(try weights("parts"), try weights("whole"))
  }

  /// Two kinds of people and of films: what is recommended is of one's own kind.
  private func writeRatings(_ shell: Shell) throws {
    var lines = "user,movie,rating,time\n"
    for user in 0..<40 {
      for place in 0..<12 where (user * 7 + place * 5) % 4 != 0 {
        let film = user % 2 == 0 ? place : 12 + place
        lines += "u\(user),f\(film),\(6 + (user + film) % 3),\(1_400_000_000 + 1000 * place + user)\n"
      }
    }
    try shell.write("ratings.csv", lines)
  }

  func testRatings() throws {
    let shell = try Shell(self)
    try writeRatings(shell)
    let trained = try shell.run(
      "train", "ratings.csv", "--task", "recommend", "--epochs", "5", "--output", "run")
    XCTAssertEqual(trained.status, 0, trained.complaints)
    XCTAssertTrue(trained.output.contains("NDCG@10"), trained.output)
    let found = try shell.run("recommend", "run", "--user", "u4", "--count", "3", "--json")
    XCTAssertEqual(found.status, 0, found.complaints)
    let items = try XCTUnwrap(
      try JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [[String: Any]])
    XCTAssertEqual(items.count, 3)
    for item in items {
      let film = try XCTUnwrap(Int((item["item"] as? String ?? "").dropFirst()))
      XCTAssertLessThan(film, 12, "even users have the first twelve")
    }
    let stranger = try shell.run("recommend", "run", "--user", "nobody", "--count", "2")
    XCTAssertEqual(stranger.status, 0)
    XCTAssertTrue(stranger.complaints.contains("no user \"nobody\""), stranger.complaints)
    try shell.write("pairs.csv", "user,movie\nu4,f1\nu4,new\nnobody,new\n")
    let rated = try shell.run("predict", "run", "--input", "pairs.csv")
    XCTAssertEqual(rated.status, 0, rated.complaints)
    let ratings = rated.output.split(separator: "\n").dropFirst().map { Double($0) }
    XCTAssertEqual(ratings.count, 3)
    XCTAssertTrue(ratings.allSatisfy { (5...9).contains($0 ?? 0) }, rated.output)
    XCTAssertTrue(rated.complaints.contains("2 of 3 pairs"), rated.complaints)
    XCTAssertEqual(try shell.run("evaluate", "run").status, 0)
  }

  /// MovieLens's other two forms, and pairs without ratings.
  func testFormsOfRatings() throws {
    let shell = try Shell(self)
    try writeRatings(shell)
    let rows = try shell.text("ratings.csv").split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
    try shell.write(
      "u.data", rows.map { "\($0[0].dropFirst())\t\($0[1].dropFirst())\t\($0[2])\t\($0[3])\n" }.joined())
    try shell.write(
      "ratings.dat", rows.map { "\($0[0].dropFirst())::\($0[1].dropFirst())::\($0[2])::\($0[3])\n" }.joined())
    try shell.write("pairs.csv", "user,item\n" + rows.map { "\($0[0]),\($0[1])\n" }.joined())
    var scores: [String] = []
    for file in ["ratings.csv", "u.data", "ratings.dat", "pairs.csv"] {
      let trained = try shell.run(
        "train", file, "--task", "recommend", "--epochs", "2", "--output", "run-\(file)")
      XCTAssertEqual(trained.status, 0, trained.complaints)
      let line = trained.output.split(separator: "\n").first { $0.contains("users and items") }
      XCTAssertTrue(line?.contains("40 and 24") == true, trained.output)
      scores.append(trained.output.contains("root mean squared error") ? "rated" : "plain")
    }
    XCTAssertEqual(scores, ["rated", "rated", "rated", "plain"])
    try shell.write("bad.csv", "user,item,rating\na,b,3\na,c,much\n")
    let bad = try shell.run("train", "bad.csv", "--task", "recommend")
    XCTAssertEqual(bad.status, 1)
    XCTAssertTrue(
      bad.complaints.contains("line 3") && bad.complaints.contains("\"much\""), bad.complaints)
  }
}
