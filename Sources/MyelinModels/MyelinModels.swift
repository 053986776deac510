import Foundation
import Myelin

/// The folder of the data files that the package ships; `NOTICE.md` in it tells origin and licence of each.
public var shippedDataFolder: URL {
  // Foundation may take the copied folder itself for the bundle's resources.
  let resources = Bundle.module.resourceURL!
  let copied = resources.appendingPathComponent("Resources")
  return FileManager.default.fileExists(atPath: copied.path) ? copied : resources
}
