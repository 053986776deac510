import ArgumentParser
import Foundation
import Myelin
import MyelinLessons

/// `myelin learn`: the lessons, in the terminal or as pages.
struct LearnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learn",
    abstract: "Lessons from the perceptron to back-propagation, computed and drawn.",
    usage: """
      myelin learn
      myelin learn NAME [--OPTION VALUE ...] [--html FILE]
      myelin learn --all --html DIRECTORY
      """,
    discussion: """
      Without a name, the lessons are listed with the options that change their numbers. For example:

        myelin learn perceptron --gate or --eta 0.25
        myelin learn derivatives --function "sin(x)" --html sine.html
      """)

  @Argument(help: "The lesson.", completion: .lessons)
  var name: String?

  @Option(help: "Write a self-contained page to this file; with --all, a book to this directory.", completion: .file())
  var html: String?

  @Flag(help: "All lessons, with a contents page.")
  var all = false

  @Argument(parsing: .allUnrecognized, help: ArgumentHelp("Options of the lesson.", visibility: .hidden))
  var values: [String] = []

  func run() throws {
    do {
      try teach()
    } catch let error as LessonError {
      Console.complain("error: \(error)")
      Foundation.exit(2)
    }
  }

  private func teach() throws {
    if all {
      guard name == nil, values.isEmpty else { throw LessonError("--all takes no lesson and none of its options") }
      try html == nil ? printAll() : writeBook(html!)
    } else if let name {
      let lesson = try Lessons.named(name)
      let document = try lesson.document(lesson.parse(values))
      if let html {
        try DataFile.check(output: html, isNoneOf: values)
        try write(document.html(), to: html)
        print("wrote \(html)")
      } else {
        print(document.terminal(width: Terminal.width, style: Terminal.style))
      }
    } else {
      guard values.isEmpty, html == nil else { throw LessonError("expected the name of a lesson, or --all") }
      list()
    }
  }

  private func list() {
    let style = Terminal.style
    for (index, lesson) in Lessons.all.enumerated() {
      print("\(index + 1 < 10 ? " " : "")\(index + 1). \(style.bold(lesson.name)): \(lesson.summary)")
      guard !lesson.options.isEmpty else { continue }
      let table = TextTable(
        [], rows: lesson.options.map { ["", "--\($0.name)", $0.initial, $0.help] })
      print(table.terminal(width: Terminal.width, style: style), terminator: "")
    }
    print("\nmyelin learn NAME runs one; --html FILE writes it as a page; --all --html DIRECTORY writes a book.")
  }

  private func printAll() throws {
    for lesson in Lessons.all {
      print(try lesson.document().terminal(width: Terminal.width, style: Terminal.style) + "\n")
    }
  }

  private func writeBook(_ directory: String) throws {
    try DataFile.makeFolder(URL(fileURLWithPath: directory))
    let pages = try Lessons.book()
    for page in pages { try write(page.html, to: "\(directory)/\(page.file)") }
    print("wrote \(pages.count) pages; begin with \(directory)/index.html")
  }

  private func write(_ text: String, to path: String) throws {
    try DataFile.write(Array(text.utf8), to: URL(fileURLWithPath: path))
  }
}

/// Where the output goes.
private enum Terminal {
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  static var style: TerminalStyle { .detect(isTerminal: isTerminal) }

  /// Columns of the terminal; 80 where there is none.
  static var width: Int {
    var size = winsize()
    guard isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return min(120, Int(size.ws_col))
  }
}
