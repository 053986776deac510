// Puts the kernels of this translation unit into the table of its instruction set. Included by isa/SET/set.h
// after the kernels, with CK_SET, and with CK_GROUP and CK_GROUP_KERNELS from kernels/groups.inc.
#define CK_JOIN(set, group) ck_##set##_##group
#define CK_FILL(set, group) CK_JOIN(set, group)

void CK_FILL(CK_SET, CK_GROUP)(struct ck_kernel_table *table) {
  table->lanes = VL;
#define CK_ENTRY(name) table->name = name;
  CK_GROUP_KERNELS(CK_ENTRY)
#undef CK_ENTRY
}
