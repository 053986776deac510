// swift-tools-version: 6.2
// From 6.2 on, `unsafeFlags` in a target does not stop other packages from depending on this one by version.
// CKernels carries them: -O3 and OpenMP also in debug builds, so that `swift test` runs optimised kernels; CPictures, for
// where Homebrew has its libraries; and the tests' ReferenceKernels, which is in no product.

import Foundation
import PackageDescription

/// Where the OpenMP runtime is, if it is: without it everything builds and runs on one thread.
struct OpenMPRuntime {
  var compilerFlags: [String]
  var linkerFlags: [String]

  static func find() -> OpenMPRuntime? {
    let exists = FileManager.default.fileExists(atPath:)
    #if os(macOS)
      // Homebrew's libomp: Apple's clang has the pragmas but no runtime.
      for prefix in ["/opt/homebrew/opt/libomp", "/usr/local/opt/libomp"]
      where exists("\(prefix)/lib/libomp.dylib") {
        return OpenMPRuntime(
          compilerFlags: ["-Xclang", "-fopenmp"],
          linkerFlags: ["-L\(prefix)/lib", "-lomp"])
      }
    #else
      let folders = [
        "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib",
      ]
      for folder in folders {
        // Debian and Ubuntu name it libomp5.so, Fedora and self-built LLVM libomp.so.
        for name in ["omp5", "omp"] where exists("\(folder)/lib\(name).so") {
          return OpenMPRuntime(compilerFlags: ["-fopenmp"], linkerFlags: ["-L\(folder)", "-l\(name)"])
        }
      }
    #endif
    return nil
  }
}

/// libpng and libjpeg-turbo, each where it is: without them everything builds, and reading a picture says what to install.
struct PictureLibraries {
  var compilerFlags: [String] = []
  var linkerFlags: [String] = []

  static func find() -> PictureLibraries {
    var found = PictureLibraries()
    // What the code asks for, the header, the library, and its formula.
    for (define, header, library, formula) in [
      ("PICTURES_PNG", "png.h", "png16", "libpng"), ("PICTURES_JPEG", "jpeglib.h", "jpeg", "jpeg-turbo"),
    ] {
      let exists = FileManager.default.fileExists(atPath:)
      #if os(macOS)
        for prefix in ["/opt/homebrew/opt/\(formula)", "/usr/local/opt/\(formula)"]
        where exists("\(prefix)/include/\(header)") {
          found.compilerFlags += ["-D\(define)", "-I\(prefix)/include"]
          found.linkerFlags += ["-L\(prefix)/lib", "-l\(library)"]
          break
        }
      #else
        if exists("/usr/include/\(header)") {
          found.compilerFlags += ["-D\(define)"]
          found.linkerFlags += ["-l\(library)"]
        }
      #endif
    }
    return found
  }
}

let environment = ProcessInfo.processInfo.environment
let pictures = environment["MYELIN_NO_PICTURES"] == nil ? PictureLibraries.find() : PictureLibraries()
let openMP = environment["MYELIN_NO_OPENMP"] == nil ? OpenMPRuntime.find() : nil

/// Set in CI: a warning in any of our targets is an error.
let warningsAsErrors: [SwiftSetting] =
  environment["MYELIN_WARNINGS_AS_ERRORS"] == nil ? [] : [.treatAllWarnings(as: .error)]
let cWarnings = environment["MYELIN_WARNINGS_AS_ERRORS"] == nil ? [] : ["-Werror"]

/// Sanitizers want less inlining: at -O3 their build of the kernels takes minutes. `MYELIN_KERNEL_OPTIMIZATION=-O1`.
let optimization = environment["MYELIN_KERNEL_OPTIMIZATION"] ?? "-O3"

let package = Package(
  name: "Myelin",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Myelin", targets: ["Myelin", "MyelinModels"]),
    .library(name: "MyelinCalculus", targets: ["MyelinCalculus"]),
    .library(name: "CKernels", targets: ["CKernels"]),
    .executable(name: "myelin", targets: ["MyelinCommand"]),
    .executable(name: "bench", targets: ["bench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    // For `swift package generate-documentation`. No target uses it, so that packages which depend on this one do not
    // fetch it.
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
  ],
  targets: [
    .target(
      name: "CKernels",
      path: "CKernels",
      exclude: ["kernels"],
      sources: ["runtime", "isa"],
      publicHeadersPath: "include",
      cSettings: [
        .headerSearchPath("."),
        .unsafeFlags(
          [
            optimization, "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", "-Werror=switch",
            "-Werror=switch-enum", "-fvisibility=hidden",
          ]
            + cWarnings + (openMP?.compilerFlags ?? [])),
      ],
      linkerSettings: openMP.map { [.unsafeFlags($0.linkerFlags)] } ?? []
    ),
    .systemLibrary(
      name: "CZlib",
      path: "Sources/CZlib",
      providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]
    ),
    // No library: names of ThreadSanitizer's runtime, for Myelin's locks in a build with `--sanitize=thread`.
    .systemLibrary(name: "CThreadSanitizer", path: "Sources/CThreadSanitizer"),
    .target(
      name: "CPictures",
      cSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra"] + cWarnings + pictures.compilerFlags)],
      linkerSettings: pictures.linkerFlags.isEmpty ? [] : [.unsafeFlags(pictures.linkerFlags)]
    ),
    .target(
      name: "Myelin",
      dependencies: ["CKernels", "CPictures", "CZlib", "CThreadSanitizer"],
      swiftSettings: warningsAsErrors
    ),
    .target(
      name: "MyelinModels",
      dependencies: ["Myelin", "CProcess"],
      resources: [.copy("Resources")],
      swiftSettings: warningsAsErrors
    ),
    .target(
      name: "MyelinCalculus",
      swiftSettings: warningsAsErrors
    ),
    .target(
      name: "MyelinLessons",
      dependencies: ["Myelin", "MyelinCalculus"],
      swiftSettings: warningsAsErrors
    ),
    .target(name: "CProcess"),
    .executableTarget(
      name: "MyelinCommand",
      dependencies: [
        "Myelin", "MyelinModels", "MyelinLessons", "CProcess",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: warningsAsErrors
    ),
    .executableTarget(
      name: "bench",
      dependencies: [
        "Myelin", "MyelinModels", "CKernels",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/bench",
      swiftSettings: warningsAsErrors
    ),
    .target(
      name: "ReferenceKernels",
      path: "Tests/ReferenceKernels",
      // Optimised in debug builds too: unoptimised, the oracle takes most of the time of the tests.
      swiftSettings: warningsAsErrors + [.unsafeFlags(["-O"])]
    ),
    .target(
      name: "PictureChecks",
      dependencies: ["Myelin"],
      path: "Tests/PictureChecks",
      swiftSettings: warningsAsErrors
    ),
    .testTarget(
      name: "CKernelsTests",
      dependencies: ["CKernels", "ReferenceKernels"],
      // Optimised like the reference: they compare millions of numbers.
      swiftSettings: warningsAsErrors + [.unsafeFlags(["-O"])]
    ),
    .executableTarget(
      name: "misuse",
      dependencies: ["Myelin"],
      path: "Tests/Misuse",
      swiftSettings: warningsAsErrors
    ),
    .testTarget(
      name: "MyelinTests",
      dependencies: ["Myelin", "MyelinModels", "ReferenceKernels", "PictureChecks", "misuse"],
      exclude: ["Pictures"],
      swiftSettings: warningsAsErrors
    ),
    // Without what is `package`: it compiles the documentation's code as a user of the package does.
    .testTarget(
      name: "DocumentationTests",
      dependencies: ["Myelin", "MyelinModels", "MyelinCalculus"],
      packageAccess: false,
      swiftSettings: warningsAsErrors
    ),
    .testTarget(
      name: "MyelinCalculusTests",
      dependencies: ["Myelin", "MyelinCalculus"],
      swiftSettings: warningsAsErrors
    ),
    .testTarget(
      name: "MyelinLessonsTests",
      dependencies: ["Myelin", "MyelinCalculus", "MyelinLessons", "PictureChecks"],
      swiftSettings: warningsAsErrors
    ),
    .testTarget(
      name: "MyelinCommandTests",
      dependencies: ["MyelinCommand", "bench", "Myelin", "MyelinLessons"],
      swiftSettings: warningsAsErrors
    ),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)

/// The C kernels and their tests alone, for a sanitizer's build of them: `MYELIN_KERNELS_ONLY=1`.
if environment["MYELIN_KERNELS_ONLY"] != nil {
  let kernels: Set = ["CKernels", "ReferenceKernels", "CKernelsTests"]
  package.targets.removeAll { !kernels.contains($0.name) }
  package.products.removeAll { !kernels.contains($0.name) }
  package.dependencies = []
}
