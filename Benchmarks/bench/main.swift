import CKernels

print("instruction set: \(String(cString: ck_isa_name(ck_active_isa())))")
