/** One register of a CPUID leaf whose bits are features. */
export interface FeatureWord {
  readonly leaf: number;
  /** Undefined for a leaf without subleaves. */
  readonly subleaf: number | undefined;
  readonly register: 'a' | 'b' | 'c' | 'd';
  /** Name of each bit, from bit 0 up; '-' where a bit has none. */
  readonly names: readonly string[];
}

const word = (
  leaf: number,
  subleaf: number | undefined,
  register: FeatureWord['register'],
  names: string,
): FeatureWord => ({ leaf, subleaf, register, names: names.split(/\s+/) });

/** Names and places of the features that Xen knows (public/arch-x86/cpufeatureset.h, August 2026). */
export const CPU_FEATURES: readonly FeatureWord[] = [
  word(
    0x1,
    undefined,
    'd',
    `FPU VME DE PSE TSC MSR PAE MCE CX8 APIC - SEP MTRR PGE MCA CMOV PAT PSE36 - CLFLUSH - DS ACPI MMX FXSR SSE
     SSE2 SS HTT TM1 - PBE`,
  ),
  word(
    0x1,
    undefined,
    'c',
    `SSE3 PCLMULQDQ DTES64 MONITOR DSCPL VMX SMX EIST TM2 SSSE3 - SDBG FMA CX16 XTPR PDCM - PCID DCA SSE4_1 SSE4_2
     X2APIC MOVBE POPCNT TSC_DEADLINE AESNI XSAVE OSXSAVE AVX F16C RDRAND HYPERVISOR`,
  ),
  word(
    0x80000001,
    undefined,
    'd',
    '- - - - - - - - - - - SYSCALL - - - - - - - - NX - MMXEXT - - FFXSR PAGE1GB RDTSCP - LM 3DNOWEXT 3DNOW',
  ),
  word(
    0x80000001,
    undefined,
    'c',
    `LAHF_LM CMP_LEGACY SVM EXTAPIC CR8_LEGACY ABM SSE4A MISALIGNSSE 3DNOWPREFETCH OSVW IBS XOP SKINIT WDT - LWP
     FMA4 - - NODEID_MSR - TBM TOPOEXT - - - DBEXT - - MONITORX ADDR_MSK_EXT`,
  ),
  word(0xd, 1, 'a', 'XSAVEOPT XSAVEC XGETBV1 XSAVES XFD'),
  word(
    0x7,
    0,
    'b',
    `FSGSBASE TSC_ADJUST SGX BMI1 HLE AVX2 FDP_EXCP_ONLY SMEP BMI2 ERMS INVPCID RTM PQM NO_FPU_SEL MPX PQE AVX512F
     AVX512DQ RDSEED ADX SMAP AVX512_IFMA - CLFLUSHOPT CLWB PROC_TRACE AVX512PF AVX512ER AVX512CD SHA AVX512BW
     AVX512VL`,
  ),
  word(
    0x7,
    0,
    'c',
    `PREFETCHWT1 AVX512_VBMI UMIP PKU OSPKE WAITPKG AVX512_VBMI2 CET_SS GFNI VAES VPCLMULQDQ AVX512_VNNI
     AVX512_BITALG TME AVX512_VPOPCNTDQ - LA57 - - - - - RDPID - BLD CLDEMOTE - MOVDIRI MOVDIR64B ENQCMD SGX_LC PKS`,
  ),
  word(0x80000007, undefined, 'd', '- - - - - - - HW_PSTATE ITSC CPB EFRO'),
  word(
    0x80000008,
    undefined,
    'b',
    `CLZERO - RSTR_FP_ERR_PTRS - - - - - - WBNOINVD - - IBPB - IBRS AMD_STIBP IBRS_ALWAYS STIBP_ALWAYS IBRS_FAST
     IBRS_SAME_MODE NO_LMSL - - AMD_PPIN AMD_SSBD VIRT_SSBD SSB_NO CPPC PSFD BTC_NO IBPB_RET`,
  ),
  word(
    0x7,
    0,
    'd',
    `- SGX_KEYS AVX512_4VNNIW AVX512_4FMAPS FSRM UINTR - - AVX512_VP2INTERSECT SRBDS_CTRL MD_CLEAR RTM_ALWAYS_ABORT
     - TSX_FORCE_ABORT SERIALIZE HYBRID TSXLDTRK - PCONFIG ARCH_LBR CET_IBT - AMX_BF16 AVX512_FP16 AMX_TILE
     AMX_INT8 IBRSB STIBP L1D_FLUSH ARCH_CAPS CORE_CAPS SSBD`,
  ),
  word(
    0x7,
    1,
    'a',
    `SHA512 SM3 SM4 - AVX_VNNI AVX512_BF16 LASS CMPCCXADD ARCH_PERF_MON - FZRM FSRS FSRCS - - - - FRED LKGS WRMSRNS
     NMI_SRC AMX_FP16 - AVX_IFMA - - LAM MSRLIST - - NO_INVD MOVRS`,
  ),
  word(
    0x80000021,
    undefined,
    'a',
    `NO_NEST_BP FS_GS_NS LFENCE_DISPATCH - - VERW_CLEAR NSCB - AUTO_IBRS - AMD_FSRS AMD_FSRC - - - - -
     CPUID_USER_DIS EPSF FSRSC AMD_PREFETCHI - - AVX512_BMM - - - SBPB IBPB_BRTYPE SRSO_NO SRSO_US_NO SRSO_MSR_FIX`,
  ),
  word(0x7, 1, 'b', 'INTEL_PPIN'),
  word(0x7, 2, 'd', 'INTEL_PSFD IPRED_CTRL RRSBA_CTRL DDP_CTRL BHI_CTRL MCDT_NO UC_LOCK_DIS'),
  word(
    0x7,
    1,
    'd',
    `- - - - AVX_VNNI_INT8 AVX_NE_CONVERT - - AMX_COMPLEX - AVX_VNNI_INT16 - - - PREFETCHI - - UIRET_UIF CET_SSS -
     - - - - SLSM`,
  ),
  word(0x80000021, undefined, 'c', '- TSA_SQ_NO TSA_L1_NO'),
];

/** Bits of MSR_ARCH_CAPABILITIES (0x10a), low word and high word. */
export const ARCH_CAPABILITIES: readonly [low: readonly string[], high: readonly string[]] = [
  `RDCL_NO EIBRS RSBA SKIP_L1DFL INTEL_SSB_NO MDS_NO IF_PSCHANGE_MC_NO TSX_CTRL TAA_NO MCU_CTRL MISC_PKG_CTRL
     ENERGY_FILTERING DOITM SBDR_SSDP_NO FBSDP_NO PSDP_NO MCU_EXT FB_CLEAR FB_CLEAR_CTRL RRSBA BHI_NO XAPIC_STATUS
     - OVRCLK_STATUS PBRSB_NO GDS_CTRL GDS_NO RFDS_NO RFDS_CLEAR IGN_UMONITOR MON_UMON_MITG`.split(/\s+/),
  'PB_OPT_CTRL - - - - - - - - - - - - - - - - - - - - - - - - - - - - - ITS_NO'.split(/\s+/),
];
