import { FXSAVE } from './fpu-state.js';
import { type Decoded, type Field, i64, list, padding, structure, u8, u16, u32, u64 } from './structure.js';

/** Magic of the HEADER record. */
export const HVM_FILE_MAGIC = 0x54381286;

const HEADER = structure({
  magic: u32,
  version: u32,
  changeset: u64,
  cpuid: u32,
  gtsc_khz: u32,
});

const CPU = structure({
  fpu_regs: FXSAVE,
  rax: u64,
  rbx: u64,
  rcx: u64,
  rdx: u64,
  rbp: u64,
  rsi: u64,
  rdi: u64,
  rsp: u64,
  r8: u64,
  r9: u64,
  r10: u64,
  r11: u64,
  r12: u64,
  r13: u64,
  r14: u64,
  r15: u64,
  rip: u64,
  rflags: u64,
  cr0: u64,
  cr2: u64,
  cr3: u64,
  cr4: u64,
  dr0: u64,
  dr1: u64,
  dr2: u64,
  dr3: u64,
  dr6: u64,
  dr7: u64,
  cs_sel: u32,
  ds_sel: u32,
  es_sel: u32,
  fs_sel: u32,
  gs_sel: u32,
  ss_sel: u32,
  tr_sel: u32,
  ldtr_sel: u32,
  cs_limit: u32,
  ds_limit: u32,
  es_limit: u32,
  fs_limit: u32,
  gs_limit: u32,
  ss_limit: u32,
  tr_limit: u32,
  ldtr_limit: u32,
  idtr_limit: u32,
  gdtr_limit: u32,
  cs_base: u64,
  ds_base: u64,
  es_base: u64,
  fs_base: u64,
  gs_base: u64,
  ss_base: u64,
  tr_base: u64,
  ldtr_base: u64,
  idtr_base: u64,
  gdtr_base: u64,
  cs_arbytes: u32,
  ds_arbytes: u32,
  es_arbytes: u32,
  fs_arbytes: u32,
  gs_arbytes: u32,
  ss_arbytes: u32,
  tr_arbytes: u32,
  ldtr_arbytes: u32,
  sysenter_cs: u64,
  sysenter_esp: u64,
  sysenter_eip: u64,
  shadow_gs: u64,
  msr_flags: u64,
  msr_lstar: u64,
  msr_star: u64,
  msr_cstar: u64,
  msr_syscall_mask: u64,
  msr_efer: u64,
  msr_tsc_aux: u64,
  tsc: u64,
  pending_event: u32,
  error_code: u32,
  flags: u32,
  _pad0: padding(4),
});

const PIC = structure({
  irr: u8,
  imr: u8,
  isr: u8,
  irq_base: u8,
  /** init_state in bits 0..3, priority_add in bits 4..7. */
  init_and_priority: u8,
  /**
   * From bit 0: readsel_isr, poll, auto_eoi, rotate_on_auto_eoi, special_fully_nested_mode, special_mask_mode,
   * is_master.
   */
  modes: u8,
  elcr: u8,
  int_output: u8,
});

const IOAPIC = structure({
  base_address: u64,
  ioregsel: u32,
  id: u32,
  redirtbl: list(u64, 48),
});

const LAPIC = structure({
  apic_base_msr: u64,
  disabled: u32,
  timer_divisor: u32,
  tdt_msr: u64,
  pending_esr: u32,
  _pad: padding(4),
});

/** A local APIC register: 32 bits at the start of 16 bytes. */
const apic: Field<number> = {
  size: 16,
  read: (view, at) => view.getUint32(at, true),
  write: (view, at, value) => {
    view.setUint32(at, value, true);
    padding(12).write(view, at + 4, undefined);
  },
};

/** The register page's first KiB; names by the Intel SDM vol. 3, table 11-1. */
const LAPIC_REGS = structure({
  _000: padding(0x20),
  id: apic,
  version: apic,
  _040: padding(0x40),
  tpr: apic,
  apr: apic,
  ppr: apic,
  eoi: apic,
  remote_read: apic,
  ldr: apic,
  dfr: apic,
  svr: apic,
  isr: list(apic, 8),
  tmr: list(apic, 8),
  irr: list(apic, 8),
  esr: apic,
  _290: padding(0x60),
  lvt_cmci: apic,
  icr_low: apic,
  icr_high: apic,
  lvt_timer: apic,
  lvt_thermal: apic,
  lvt_perf: apic,
  lvt_lint0: apic,
  lvt_lint1: apic,
  lvt_error: apic,
  timer_initial_count: apic,
  timer_current_count: apic,
  _3a0: padding(0x40),
  timer_divide: apic,
  self_ipi: apic,
});

const PCI_IRQ = structure({ i: list(u64, 2) });

const ISA_IRQ = structure({ i: u64 });

const PCI_LINK = structure({ route: list(u8, 4), _pad0: padding(4) });

const PIT = structure({
  channels: list(
    structure({
      count: u32,
      latched_count: u16,
      count_latched: u8,
      status_latched: u8,
      status: u8,
      read_state: u8,
      write_state: u8,
      write_latch: u8,
      rw_mode: u8,
      mode: u8,
      bcd: u8,
      gate: u8,
    }),
    3,
  ),
  speaker_data_on: u32,
  _pad0: padding(4),
});

/** The 14 bytes of cmos_data by their names on a PC: time, alarm, registers A to D. */
const RTC = structure({
  seconds: u8,
  seconds_alarm: u8,
  minutes: u8,
  minutes_alarm: u8,
  hours: u8,
  hours_alarm: u8,
  day_of_week: u8,
  day_of_month: u8,
  month: u8,
  year: u8,
  register_a: u8,
  register_b: u8,
  register_c: u8,
  register_d: u8,
  cmos_index: u8,
  _pad0: padding(1),
  rtc_offset: i64,
});

const HPET = structure({
  capability: u64,
  _res0: padding(8),
  config: u64,
  _res1: padding(8),
  isr: u64,
  _res2: padding(25 * 8),
  mc64: u64,
  _res3: padding(8),
  timers: list(structure({ config: u64, cmp: u64, fsb: u64, _res4: padding(8) }), 3),
  _res5: padding(84 * 8),
  period: list(u64, 3),
});

const PMTIMER = structure({ tmr_val: u32, pm1a_sts: u16, pm1a_en: u16 });

const MTRR = structure({
  msr_pat_cr: u64,
  msr_mtrr_var: list(u64, 16),
  msr_mtrr_fixed: list(u64, 11),
  msr_mtrr_cap: u64,
  msr_mtrr_def_type: u64,
});

const VIRIDIAN_DOMAIN = structure({ hypercall_gpa: u64, guest_os_id: u64, time_ref_count: u64, reference_tsc: u64 });

const VIRIDIAN_VCPU = structure({
  vp_assist_msr: u64,
  apic_assist_pending: u8,
  _pad: padding(7),
  simp_msr: u64,
  sint_msr: list(u64, 16),
  stimer_config_msr: list(u64, 4),
  stimer_count_msr: list(u64, 4),
});

const VMCE_VCPU = structure({ caps: u64, mci_ctl2_bank0: u64, mci_ctl2_bank1: u64, mcg_ext_ctl: u64 });

const TSC_ADJUST = structure({ tsc_adjust: u64 });

/**
 * The save records with a fixed layout, by the header's names. `shorter`: older Xen wrote fewer fields, and Xen takes
 * such a record with zeros for the rest.
 */
export const HVM_SAVE_TYPES = {
  HEADER: { code: 1, layout: HEADER, shorter: false },
  CPU: { code: 2, layout: CPU, shorter: true },
  PIC: { code: 3, layout: PIC, shorter: false },
  IOAPIC: { code: 4, layout: IOAPIC, shorter: false },
  LAPIC: { code: 5, layout: LAPIC, shorter: true },
  LAPIC_REGS: { code: 6, layout: LAPIC_REGS, shorter: false },
  PCI_IRQ: { code: 7, layout: PCI_IRQ, shorter: false },
  ISA_IRQ: { code: 8, layout: ISA_IRQ, shorter: false },
  PCI_LINK: { code: 9, layout: PCI_LINK, shorter: false },
  PIT: { code: 10, layout: PIT, shorter: false },
  RTC: { code: 11, layout: RTC, shorter: true },
  HPET: { code: 12, layout: HPET, shorter: false },
  PMTIMER: { code: 13, layout: PMTIMER, shorter: false },
  MTRR: { code: 14, layout: MTRR, shorter: false },
  VIRIDIAN_DOMAIN: { code: 15, layout: VIRIDIAN_DOMAIN, shorter: true },
  VIRIDIAN_VCPU: { code: 17, layout: VIRIDIAN_VCPU, shorter: true },
  VMCE_VCPU: { code: 18, layout: VMCE_VCPU, shorter: true },
  TSC_ADJUST: { code: 19, layout: TSC_ADJUST, shorter: false },
} as const;

export type FixedHvmSaveType = keyof typeof HVM_SAVE_TYPES;

/** Typecodes of the records whose length varies, and of the last. */
export const HVM_SAVE_END = 0;
export const HVM_SAVE_CPU_XSAVE = 16;
export const HVM_SAVE_CPU_MSR = 20;

/** Before Xen 3.4 the CPU record lacked msr_tsc_aux, in its middle. */
export const CPU_WITHOUT_TSC_AUX = { length: CPU.size - 16, at: CPU.size - 8 - 8 - 8 - 8 } as const;

export type HvmCpu = Decoded<typeof CPU>;
