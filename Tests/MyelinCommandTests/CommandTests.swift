import XCTest

final class CommandTests: XCTestCase {
}
