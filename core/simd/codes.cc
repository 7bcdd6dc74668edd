#include "core/simd/codes.h"

#include <cstring>

#include "core/simd/enabled_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd/codes.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"

#if HWY_ARCH_ARM_A64
#include <sys/auxv.h>
#endif

HWY_BEFORE_NAMESPACE();
namespace annod {
namespace HWY_NAMESPACE {

#include "core/simd/codes_kernels_inl.h"

const CodeKernels* CodeTable() {
  static constexpr CodeKernels kTable = {
      &HWY_STR(HWY_NAMESPACE)[2],  // without the leading "N_"
      SquaredL2,
      WideSquaredL2,
      SquaredL2Rows,
      PackedRows4,
      PackedRows2,
      PackedRows1,
      WideRows,
      L1Rows,
      NegativeDotRows,
      FourRowsAgainstBlocks,
      SelectSmallest,
      KeepNearest};
  return &kTable;
}

}  // namespace HWY_NAMESPACE
}  // namespace annod
HWY_AFTER_NAMESPACE();

// AVX-512 with VNNI is no target of Highway's; it selects as AVX3 does.
#if HWY_TARGET == HWY_AVX3
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR_AVX3 ",avx512vnni")
namespace annod {
namespace N_VNNI {

#include "core/simd/codes_kernels_inl.h"

const CodeKernels kTable = {"AVX3_VNNI",
                            SquaredL2,
                            WideSquaredL2,
                            SquaredL2Rows,
                            PackedRows4,
                            PackedRows2,
                            PackedRows1,
                            WideRows,
                            L1Rows,
                            NegativeDotRows,
                            FourRowsAgainstBlocks,
                            HWY_NAMESPACE::SelectSmallest,
                            HWY_NAMESPACE::KeepNearest};

}  // namespace N_VNNI
}  // namespace annod
HWY_POP_ATTRIBUTES
#define ANNOD_HAVE_VNNI 1
#endif

// Nor is NEON with its dot product.
#if ANNOD_NEON_CODES
HWY_PUSH_ATTRIBUTES("arch=armv8.2-a" HWY_TARGET_STR "+dotprod")
namespace annod {
namespace N_NEON_DOT {

#include "core/simd/codes_kernels_inl.h"

const CodeKernels kTable = {"NEON_DOT",
                            SquaredL2,
                            WideSquaredL2,
                            SquaredL2Rows,
                            PackedRows4,
                            PackedRows2,
                            PackedRows1,
                            WideRows,
                            L1Rows,
                            NegativeDotRows,
                            FourRowsAgainstBlocks,
                            HWY_NAMESPACE::SelectSmallest,
                            HWY_NAMESPACE::KeepNearest};

}  // namespace N_NEON_DOT
}  // namespace annod
HWY_POP_ATTRIBUTES
#define ANNOD_HAVE_NEON_DOT 1
#endif

#if HWY_ONCE
namespace annod {

HWY_EXPORT(CodeTable);

namespace {

#ifdef ANNOD_HAVE_VNNI
bool CpuHasVnni() {
  static const bool has = __builtin_cpu_supports("avx512vnni") != 0;
  return has;
}
#endif

#ifdef ANNOD_HAVE_NEON_DOT
bool CpuHasDotProduct() {
  static const bool has = (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
  return has;
}
#endif

}  // namespace

const CodeKernels& CodeDistances() {
  const CodeKernels* const table = HWY_DYNAMIC_DISPATCH(CodeTable)();
#ifdef ANNOD_HAVE_VNNI
  if (CpuHasVnni() && std::strcmp(table->target, "AVX3") == 0) {
    return N_VNNI::kTable;
  }
#endif
#ifdef ANNOD_HAVE_NEON_DOT
  if (CpuHasDotProduct() && std::strcmp(table->target, "NEON") == 0) {
    return N_NEON_DOT::kTable;
  }
#endif
  return *table;
}

}  // namespace annod
#endif  // HWY_ONCE
