// The table of one instruction set: isa/*.c defines CK_TABLE and CK_TABLE_ISA and includes this after the
// kernels.
const struct ck_kernel_table CK_TABLE = {.isa = CK_TABLE_ISA,
                                         .lanes = VL,
#define CK_ENTRY(name) .name = name,
                                         CK_KERNELS(CK_ENTRY)
#undef CK_ENTRY
};
