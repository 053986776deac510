// Backward pass and step in one.

extension Optimizer {
  /// `loss.backward()` and `step()` in one: the same bits, in less time.
  ///
  /// The gradient of a large dense weight is one product. Its step is taken piece by piece while the product is being
  /// computed, so that neither the gradient nor a second pass over weight and state goes through memory. What it costs
  /// is that the layer's input and the derivative of its output live until the end of the backward pass. Gradients
  /// cannot be looked at or clipped in between: for that, call the two.
  /// Preconditions as for ``Tensor/backward()``.
  public func minimize(_ loss: Tensor, gradientScale: Float = 1) {
    guard let step = kernelStep(gradientScale: gradientScale) else {
      loss.backward()
      return self.step(gradientScale: gradientScale)
    }
    let pass = BackwardPass(deferringProductsFrom: leastFusedCount)
    loss.backward(by: pass)
    stepCount += 1
    for product in pass.takeDeferredProducts() {
      let index = parameters.firstIndex { $0.node === product.node }
      guard let index, parameters[index].isTrainable, !options[index].movesTouchedRowsOnly,
        let gradient = product.node.gradient
      else {
        product.addToGradient(by: pass)
        continue
      }
      table.removeAll()
      states[index].step += 1
      addToTable(index, gradient)
      withPrecision(product.precision) {
        Kernels.update(
          table, step, rows: product.rows, inputs: product.inputs, outputs: product.outputs, x: product.x.pointer,
          dz: product.dz.pointer, gradient: gradient.floats)
      }
    }
    fillTable(forStep: true)
    Kernels.update(table, step)
    clearGradients()
  }
}
