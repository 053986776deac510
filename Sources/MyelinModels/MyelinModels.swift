import Foundation
import Myelin

/// The folder of the data files that the package ships; `NOTICE.md` in it tells origin and licence of each.
public var shippedDataFolder: URL { Bundle.module.resourceURL!.appendingPathComponent("Resources") }
