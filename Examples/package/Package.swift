// swift-tools-version: 6.2
// A package of its own that depends on Myelin by version, as yours would.

import Foundation
import PackageDescription

// CI sets this to a tagged clone of the repository.
let myelin = ProcessInfo.processInfo.environment["MYELIN_REPOSITORY"] ?? "https://github.com/myelin/myelin"

let package = Package(
  name: "example",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: myelin, from: "0.1.0")
  ],
  targets: [
    .executableTarget(
      name: "example",
      dependencies: [.product(name: "Myelin", package: String(myelin.split(separator: "/").last!))])
  ],
  swiftLanguageModes: [.v6]
)
