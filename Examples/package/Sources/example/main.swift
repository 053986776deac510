// XOR, the smallest thing that one layer cannot learn: a network of two layers, trained by hand.
import Myelin

struct XORNetwork: Module {
  let hidden = Dense(2, 8, activation: .tanh)
  let output = Dense(8, 2)
  func callAsFunction(_ x: Tensor) -> Tensor { output(hidden(x)) }
}

RandomGenerator.shared.reset(seed: 1)
let inputs = Tensor([0, 0, 0, 1, 1, 0, 1, 1], shape: [4, 2])
let labels = Indices([0, 1, 1, 0])
let model = XORNetwork()
let optimizer = Adam(model.parameters, learningRate: 0.05)
for step in 1...300 {
  let loss = softmaxCrossEntropy(model(inputs), labels)
  loss.backward()
  optimizer.step()
  if step % 100 == 0 { print("step \(step): loss \(loss.scalar)") }
}
let answers = withoutGradient { model(inputs).argmax() }
print("0 xor 0, 0 xor 1, 1 xor 0, 1 xor 1 = \(answers.values)")
guard answers == labels else { fatalError("XOR was not learned") }
