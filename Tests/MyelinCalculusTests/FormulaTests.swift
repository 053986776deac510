import Foundation
import MyelinCalculus
import XCTest

final class FormulaTests: XCTestCase {
  private func value(_ text: String, _ x: Double = 0, _ y: Double = 0) throws -> Double {
    try Formula(text, variables: ["x", "y"])([x, y])
  }

  func testPrecedence() throws {
    XCTAssertEqual(try value("1 + 2 * 3 - 4 / 8"), 6.5)
    XCTAssertEqual(try value("-x^2", 3), -9)
    XCTAssertEqual(try value("(-x)^2", 3), 9)
    XCTAssertEqual(try value("2^3^2"), 512)
    XCTAssertEqual(try value("2^-1"), 0.5)
    XCTAssertEqual(try value("8 - 4 - 2"), 2)
    XCTAssertEqual(try value("16 / 4 / 2"), 2)
    XCTAssertEqual(try value("--x", 5), 5)
    XCTAssertEqual(try value(" sin( pi/2 ) * x*y ", 3, 4), 12)
    XCTAssertEqual(try value("x^y", 2, 0.5), 2.0.squareRoot(), accuracy: 1e-15)
    XCTAssertEqual(try value("(-8)^x", 3).isNaN, true, "a variable exponent needs a positive base")
    XCTAssertEqual(try value("e^x", 1), exp(1.0), accuracy: 1e-15)
  }

  func testEveryFunctionMatchesItsName() throws {
    let functions: [(String, (Double) -> Double)] = [
      ("exp", Foundation.exp), ("log", Foundation.log), ("sqrt", { $0.squareRoot() }), ("sin", Foundation.sin),
      ("cos", Foundation.cos), ("tan", Foundation.tan), ("sinh", Foundation.sinh), ("cosh", Foundation.cosh),
      ("tanh", Foundation.tanh), ("atan", Foundation.atan), ("abs", { Swift.abs($0) }),
      ("sigmoid", { 1 / (1 + Foundation.exp(-$0)) }), ("relu", { max(0, $0) }),
    ]
    for (name, function) in functions {
      XCTAssertEqual(try value("\(name)(x)", 0.7), function(0.7), accuracy: 1e-15, name)
    }
  }

  func testDerivativesComeAlong() throws {
    let f = try Formula("(x^4 + 2) * cos(x)", variables: ["x"])
    let x = 1.3
    XCTAssertEqual(
      derivative(at: x) { f([$0]) },
      4 * x * x * x * Foundation.cos(x) - (x * x * x * x + 2) * Foundation.sin(x), accuracy: 1e-14)
    let g = try Formula("2*x^2 + 4*y", variables: ["x", "y"])
    XCTAssertEqual(gradient(at: [3, 7]) { g($0) }, [12, 4])
    XCTAssertTrue(g.uses("y"))
    XCTAssertFalse(try Formula("x", variables: ["x", "y"]).uses("y"))
    XCTAssertFalse(g.uses("z"))
  }

  func testWrongTextNamesThePlace() {
    func message(_ text: String) -> String {
      do {
        _ = try Formula(text, variables: ["x"])
        return ""
      } catch { return "\(error)" }
    }
    XCTAssertEqual(
      message(""), "\"\", character 1: expected a number, x or a function such as sin(x), found the end")
    XCTAssertEqual(message("(x"), "\"(x\", character 3: expected \")\", found the end")
    XCTAssertEqual(message("x x"), "\"x x\", character 3: expected an operator or the end, found \"x\"")
    XCTAssertEqual(message("sin x"), "\"sin x\", character 5: expected \"(\" after sin, found \"x\"")
    XCTAssertEqual(
      message("2 + foo(x)"),
      "\"2 + foo(x)\", character 5: expected a number, x or a function such as sin(x), found \"f\"")
    XCTAssertEqual(message("1.2.3"), "\"1.2.3\", character 1: expected a number, found \"1\"")
    let deep = String(repeating: "(", count: 100_000)
    XCTAssertTrue(message(deep).contains("fewer than 200 nested parentheses"))
  }
}
