/// Compares the gradients of a scalar function by the tape with central differences (f(w + h) − f(w − h)) / 2h.
///
/// ```swift
/// let check = checkGradients(of: model) { softmaxCrossEntropy(model(x), y) }
/// XCTAssert(check.isWithin(2e-2))
/// ```
/// The model's buffers and ``RandomGenerator/shared`` are put back before each run and at the end, so that running
/// statistics stay as they were and dropout drops the same each time.
/// - Parameters:
///   - model: whose parameters are shifted, and whose buffers are put back.
///   - step: h; 32-bit floats want about 10⁻² times the size of the weights.
///   - limit: compares at most so many elements of each parameter, evenly spread.
///   - function: must compute the same each time.
public func checkGradients(
  of model: any Module, step: Float = 1e-2, limit: Int = 64, _ function: () -> Tensor
) -> GradientCheck {
  checkGradients(of: model.parameters, buffers: model.buffers, step: step, limit: limit, function)
}
