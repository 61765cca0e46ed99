/** Names of X86_TSC_INFO's modes (asm-x86/time.h of Xen; `tsc_mode` of xl.cfg). */
export const TSC_MODES: Readonly<Record<number, string>> = {
  0: 'default',
  1: 'always_emulate',
  2: 'native',
  // Taken away in Xen 4.13; older streams have it.
  3: 'native_paravirt',
};
