/// Kernels in plain Swift and `Double`: short enough to be seen to be right. The oracle for every C kernel.
public enum Reference {}
