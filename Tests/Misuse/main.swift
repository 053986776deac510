// Does one wrong thing, by the name of its argument, and ends as the library ends it. Tests look at what it says, in debug
// and in release builds.
import Foundation
import Myelin

/// Two threads go back into one parameter, at the same time sooner or later.
func twoBackwardPasses() {
  nonisolated(unsafe) let weight = Parameter(Tensor(ones: [64, 64]))
  let threads = (0..<2).map { _ in
    Thread {
      while true {
        var value = Tensor(ones: [8, 64])
        for _ in 0..<8 { value = matmul(value, weight.value) * 0.01 }
        value.sum().backward()
      }
    }
  }
  for thread in threads { thread.start() }
  sleep(60)
}

switch CommandLine.arguments.dropFirst().first {
case "matmul": _ = matmul(Tensor(ones: [4, 3]), Tensor(ones: [5, 2]))
case "broadcast": _ = Tensor(ones: [4, 3]) + Tensor(ones: [4, 2])
case "loss": _ = softmaxCrossEntropy(Tensor(ones: [4, 3]), Indices([0, 1]))
case "label": _ = softmaxCrossEntropy(Tensor(ones: [2, 3]), Indices([0, 3]))
case "dense": _ = Dense(3, 2)(Tensor(ones: [4, 5]))
case "backward": Tensor(1).backward()
case "data": _ = TensorDataset(inputs: Tensor(ones: [4, 3]), labels: Indices([1, 2]))
case "threads": twoBackwardPasses()
default:
  print("usage: misuse matmul|broadcast|loss|label|dense|backward|data|threads")
  exit(2)
}
