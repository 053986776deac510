import Myelin

print("myelin \(myelinVersion)")
