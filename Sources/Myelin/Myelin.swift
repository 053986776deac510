/// The version of the package, as in `CHANGELOG.md`.
public let myelinVersion = "0.1.0"
