internal import CKernels

/// What the kernels run on: instruction set, threads, caches.
public enum Runtime {
  /// The instruction set in use: "avx512", "avx2", "neon" or "portable". The environment variable `CK_ISA` forces a lower one.
  public static var instructionSet: String { String(cString: ck_isa_name(ck_active_isa())) }

  /// Threads that a large operation uses. Setting 0 restores the default: `MYELIN_THREADS`, else the processors that the
  /// affinity mask and the container's quota grant. Results have the same bits with any number.
  public static var threadCount: Int {
    get { Int(ck_thread_count()) }
    set {
      require(ck_set_thread_count(Int32(clamping: newValue)) == CK_OK, "a thread count of \(newValue)")
    }
  }

  /// "libomp", or "none" where the package was built without OpenMP and runs on one thread.
  public static var openMP: String { String(cString: ck_openmp_runtime()) }
  /// The processor as it names itself; "unknown" where it does not.
  public static var processorName: String { String(cString: ck_processor_name()) }
  /// Bytes of the data cache at level 1, 2 or 3.
  public static func cacheSize(level: Int) -> Int { Int(ck_cache_size(Int32(level))) }
  /// Floats in one vector register.
  public static var vectorLanes: Int { Int(ck_vector_lanes()) }
  /// The version of the kernels, as `0.1.0`.
  public static var kernelVersion: String { String(cString: ck_version()) }
}
