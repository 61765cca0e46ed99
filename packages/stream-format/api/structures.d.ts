type Decoded<F> = F extends Field<infer T> ? T : never;

export interface Field<T> {
    read(view: DataView, at: number): T;
    readonly size: number;
    write(view: DataView, at: number, value: T): void;
}

export const HVM_SAVE_END = 0;

export const HVM_SAVE_TYPES: {
    readonly HEADER: {
        readonly code: 1;
        readonly layout: Structure<    {
        magic: Field<number>;
        version: Field<number>;
        changeset: Field<bigint>;
        cpuid: Field<number>;
        gtsc_khz: Field<number>;
        }>;
        readonly shorter: false;
    };
    readonly CPU: {
        readonly code: 2;
        readonly layout: Structure<    {
        fpu_regs: Structure<    {
        fcw: Field<number>;
        fsw: Field<number>;
        ftw: Field<number>;
        _reserved: Field<undefined>;
        fop: Field<number>;
        fip: Field<bigint>;
        fdp: Field<bigint>;
        mxcsr: Field<number>;
        mxcsr_mask: Field<number>;
        st: Field<Uint8Array<ArrayBufferLike>[]>;
        xmm: Field<Uint8Array<ArrayBufferLike>[]>;
        software: Field<Uint8Array<ArrayBufferLike>>;
        }>;
        rax: Field<bigint>;
        rbx: Field<bigint>;
        rcx: Field<bigint>;
        rdx: Field<bigint>;
        rbp: Field<bigint>;
        rsi: Field<bigint>;
        rdi: Field<bigint>;
        rsp: Field<bigint>;
        r8: Field<bigint>;
        r9: Field<bigint>;
        r10: Field<bigint>;
        r11: Field<bigint>;
        r12: Field<bigint>;
        r13: Field<bigint>;
        r14: Field<bigint>;
        r15: Field<bigint>;
        rip: Field<bigint>;
        rflags: Field<bigint>;
        cr0: Field<bigint>;
        cr2: Field<bigint>;
        cr3: Field<bigint>;
        cr4: Field<bigint>;
        dr0: Field<bigint>;
        dr1: Field<bigint>;
        dr2: Field<bigint>;
        dr3: Field<bigint>;
        dr6: Field<bigint>;
        dr7: Field<bigint>;
        cs_sel: Field<number>;
        ds_sel: Field<number>;
        es_sel: Field<number>;
        fs_sel: Field<number>;
        gs_sel: Field<number>;
        ss_sel: Field<number>;
        tr_sel: Field<number>;
        ldtr_sel: Field<number>;
        cs_limit: Field<number>;
        ds_limit: Field<number>;
        es_limit: Field<number>;
        fs_limit: Field<number>;
        gs_limit: Field<number>;
        ss_limit: Field<number>;
        tr_limit: Field<number>;
        ldtr_limit: Field<number>;
        idtr_limit: Field<number>;
        gdtr_limit: Field<number>;
        cs_base: Field<bigint>;
        ds_base: Field<bigint>;
        es_base: Field<bigint>;
        fs_base: Field<bigint>;
        gs_base: Field<bigint>;
        ss_base: Field<bigint>;
        tr_base: Field<bigint>;
        ldtr_base: Field<bigint>;
        idtr_base: Field<bigint>;
        gdtr_base: Field<bigint>;
        cs_arbytes: Field<number>;
        ds_arbytes: Field<number>;
        es_arbytes: Field<number>;
        fs_arbytes: Field<number>;
        gs_arbytes: Field<number>;
        ss_arbytes: Field<number>;
        tr_arbytes: Field<number>;
        ldtr_arbytes: Field<number>;
        sysenter_cs: Field<bigint>;
        sysenter_esp: Field<bigint>;
        sysenter_eip: Field<bigint>;
        shadow_gs: Field<bigint>;
        msr_flags: Field<bigint>;
        msr_lstar: Field<bigint>;
        msr_star: Field<bigint>;
        msr_cstar: Field<bigint>;
        msr_syscall_mask: Field<bigint>;
        msr_efer: Field<bigint>;
        msr_tsc_aux: Field<bigint>;
        tsc: Field<bigint>;
        pending_event: Field<number>;
        error_code: Field<number>;
        flags: Field<number>;
        _pad0: Field<undefined>;
        }>;
        readonly shorter: true;
    };
    readonly PIC: {
        readonly code: 3;
        readonly layout: Structure<    {
        irr: Field<number>;
        imr: Field<number>;
        isr: Field<number>;
        irq_base: Field<number>;
        init_and_priority: Field<number>;
        modes: Field<number>;
        elcr: Field<number>;
        int_output: Field<number>;
        }>;
        readonly shorter: false;
    };
    readonly IOAPIC: {
        readonly code: 4;
        readonly layout: Structure<    {
        base_address: Field<bigint>;
        ioregsel: Field<number>;
        id: Field<number>;
        redirtbl: Field<bigint[]>;
        }>;
        readonly shorter: false;
    };
    readonly LAPIC: {
        readonly code: 5;
        readonly layout: Structure<    {
        apic_base_msr: Field<bigint>;
        disabled: Field<number>;
        timer_divisor: Field<number>;
        tdt_msr: Field<bigint>;
        pending_esr: Field<number>;
        _pad: Field<undefined>;
        }>;
        readonly shorter: true;
    };
    readonly LAPIC_REGS: {
        readonly code: 6;
        readonly layout: Structure<    {
        _000: Field<undefined>;
        id: Field<number>;
        version: Field<number>;
        _040: Field<undefined>;
        tpr: Field<number>;
        apr: Field<number>;
        ppr: Field<number>;
        eoi: Field<number>;
        remote_read: Field<number>;
        ldr: Field<number>;
        dfr: Field<number>;
        svr: Field<number>;
        isr: Field<number[]>;
        tmr: Field<number[]>;
        irr: Field<number[]>;
        esr: Field<number>;
        _290: Field<undefined>;
        lvt_cmci: Field<number>;
        icr_low: Field<number>;
        icr_high: Field<number>;
        lvt_timer: Field<number>;
        lvt_thermal: Field<number>;
        lvt_perf: Field<number>;
        lvt_lint0: Field<number>;
        lvt_lint1: Field<number>;
        lvt_error: Field<number>;
        timer_initial_count: Field<number>;
        timer_current_count: Field<number>;
        _3a0: Field<undefined>;
        timer_divide: Field<number>;
        self_ipi: Field<number>;
        }>;
        readonly shorter: false;
    };
    readonly PCI_IRQ: {
        readonly code: 7;
        readonly layout: Structure<    {
        i: Field<bigint[]>;
        }>;
        readonly shorter: false;
    };
    readonly ISA_IRQ: {
        readonly code: 8;
        readonly layout: Structure<    {
        i: Field<bigint>;
        }>;
        readonly shorter: false;
    };
    readonly PCI_LINK: {
        readonly code: 9;
        readonly layout: Structure<    {
        route: Field<number[]>;
        _pad0: Field<undefined>;
        }>;
        readonly shorter: false;
    };
    readonly PIT: {
        readonly code: 10;
        readonly layout: Structure<    {
        channels: Field<StructureValue<    {
        count: Field<number>;
        latched_count: Field<number>;
        count_latched: Field<number>;
        status_latched: Field<number>;
        status: Field<number>;
        read_state: Field<number>;
        write_state: Field<number>;
        write_latch: Field<number>;
        rw_mode: Field<number>;
        mode: Field<number>;
        bcd: Field<number>;
        gate: Field<number>;
        }>[]>;
        speaker_data_on: Field<number>;
        _pad0: Field<undefined>;
        }>;
        readonly shorter: false;
    };
    readonly RTC: {
        readonly code: 11;
        readonly layout: Structure<    {
        seconds: Field<number>;
        seconds_alarm: Field<number>;
        minutes: Field<number>;
        minutes_alarm: Field<number>;
        hours: Field<number>;
        hours_alarm: Field<number>;
        day_of_week: Field<number>;
        day_of_month: Field<number>;
        month: Field<number>;
        year: Field<number>;
        register_a: Field<number>;
        register_b: Field<number>;
        register_c: Field<number>;
        register_d: Field<number>;
        cmos_index: Field<number>;
        _pad0: Field<undefined>;
        rtc_offset: Field<bigint>;
        }>;
        readonly shorter: true;
    };
    readonly HPET: {
        readonly code: 12;
        readonly layout: Structure<    {
        capability: Field<bigint>;
        _res0: Field<undefined>;
        config: Field<bigint>;
        _res1: Field<undefined>;
        isr: Field<bigint>;
        _res2: Field<undefined>;
        mc64: Field<bigint>;
        _res3: Field<undefined>;
        timers: Field<StructureValue<    {
        config: Field<bigint>;
        cmp: Field<bigint>;
        fsb: Field<bigint>;
        _res4: Field<undefined>;
        }>[]>;
        _res5: Field<undefined>;
        period: Field<bigint[]>;
        }>;
        readonly shorter: false;
    };
    readonly PMTIMER: {
        readonly code: 13;
        readonly layout: Structure<    {
        tmr_val: Field<number>;
        pm1a_sts: Field<number>;
        pm1a_en: Field<number>;
        }>;
        readonly shorter: false;
    };
    readonly MTRR: {
        readonly code: 14;
        readonly layout: Structure<    {
        msr_pat_cr: Field<bigint>;
        msr_mtrr_var: Field<bigint[]>;
        msr_mtrr_fixed: Field<bigint[]>;
        msr_mtrr_cap: Field<bigint>;
        msr_mtrr_def_type: Field<bigint>;
        }>;
        readonly shorter: false;
    };
    readonly VIRIDIAN_DOMAIN: {
        readonly code: 15;
        readonly layout: Structure<    {
        hypercall_gpa: Field<bigint>;
        guest_os_id: Field<bigint>;
        time_ref_count: Field<bigint>;
        reference_tsc: Field<bigint>;
        }>;
        readonly shorter: true;
    };
    readonly VIRIDIAN_VCPU: {
        readonly code: 17;
        readonly layout: Structure<    {
        vp_assist_msr: Field<bigint>;
        apic_assist_pending: Field<number>;
        _pad: Field<undefined>;
        simp_msr: Field<bigint>;
        sint_msr: Field<bigint[]>;
        stimer_config_msr: Field<bigint[]>;
        stimer_count_msr: Field<bigint[]>;
        }>;
        readonly shorter: true;
    };
    readonly VMCE_VCPU: {
        readonly code: 18;
        readonly layout: Structure<    {
        caps: Field<bigint>;
        mci_ctl2_bank0: Field<bigint>;
        mci_ctl2_bank1: Field<bigint>;
        mcg_ext_ctl: Field<bigint>;
        }>;
        readonly shorter: true;
    };
    readonly TSC_ADJUST: {
        readonly code: 19;
        readonly layout: Structure<    {
        tsc_adjust: Field<bigint>;
        }>;
        readonly shorter: false;
    };
};

type Members = Readonly<Record<string, Field<unknown>>>;

export const SHARED_INFO_32: Structure<    {
vcpu_info: Field<StructureValue<    {
evtchn_upcall_pending: Field<number>;
evtchn_upcall_mask: Field<number>;
_pad: Field<undefined>;
evtchn_pending_sel: Field<number>;
arch: Structure<    {
cr2: Field<number>;
_pad: Field<undefined>;
}>;
time: Structure<    {
version: Field<number>;
_pad0: Field<undefined>;
tsc_timestamp: Field<bigint>;
system_time: Field<bigint>;
tsc_to_system_mul: Field<number>;
tsc_shift: Field<number>;
flags: Field<number>;
_pad1: Field<undefined>;
}>;
}>[]>;
evtchn_pending: Field<number[]>;
evtchn_mask: Field<number[]>;
wc_version: Field<number>;
wc_sec: Field<number>;
wc_nsec: Field<number>;
arch: Structure<    {
max_pfn: Field<number>;
pfn_to_mfn_frame_list_list: Field<number>;
nmi_reason: Field<number>;
p2m_cr3: Field<number>;
p2m_vaddr: Field<number>;
p2m_generation: Field<number>;
wc_sec_hi: Field<number>;
}>;
}>;

export const SHARED_INFO_64: Structure<    {
vcpu_info: Field<StructureValue<    {
evtchn_upcall_pending: Field<number>;
evtchn_upcall_mask: Field<number>;
_pad: Field<undefined>;
evtchn_pending_sel: Field<bigint>;
arch: Structure<    {
cr2: Field<bigint>;
_pad: Field<undefined>;
}>;
time: Structure<    {
version: Field<number>;
_pad0: Field<undefined>;
tsc_timestamp: Field<bigint>;
system_time: Field<bigint>;
tsc_to_system_mul: Field<number>;
tsc_shift: Field<number>;
flags: Field<number>;
_pad1: Field<undefined>;
}>;
}>[]>;
evtchn_pending: Field<bigint[]>;
evtchn_mask: Field<bigint[]>;
wc_version: Field<number>;
wc_sec: Field<number>;
wc_nsec: Field<number>;
wc_sec_hi: Field<number>;
arch: Structure<    {
max_pfn: Field<bigint>;
pfn_to_mfn_frame_list_list: Field<bigint>;
nmi_reason: Field<bigint>;
p2m_cr3: Field<bigint>;
p2m_vaddr: Field<bigint>;
p2m_generation: Field<bigint>;
}>;
}>;

export const START_INFO_32: Structure<    {
magic: Field<string>;
nr_pages: Field<number>;
shared_info: Field<number>;
flags: Field<number>;
store_mfn: Field<number>;
store_evtchn: Field<number>;
console_mfn: Field<number>;
console_evtchn: Field<number>;
pt_base: Field<number>;
nr_pt_frames: Field<number>;
mfn_list: Field<number>;
mod_start: Field<number>;
mod_len: Field<number>;
cmd_line: Field<string>;
first_p2m_pfn: Field<number>;
nr_p2m_frames: Field<number>;
}>;

export const START_INFO_64: Structure<    {
magic: Field<string>;
nr_pages: Field<bigint>;
shared_info: Field<bigint>;
flags: Field<number>;
_pad0: Field<undefined>;
store_mfn: Field<bigint>;
store_evtchn: Field<number>;
_pad1: Field<undefined>;
console_mfn: Field<bigint>;
console_evtchn: Field<number>;
_pad2: Field<undefined>;
pt_base: Field<bigint>;
nr_pt_frames: Field<bigint>;
mfn_list: Field<bigint>;
mod_start: Field<bigint>;
mod_len: Field<bigint>;
cmd_line: Field<string>;
first_p2m_pfn: Field<bigint>;
nr_p2m_frames: Field<bigint>;
}>;

export interface Structure<M extends Members> extends Field<StructureValue<M>> {
    readonly members: M;
    readonly offsets: Readonly<Record<keyof M, number>>;
}

export type StructureValue<M extends Members> = {
    -readonly [Name in keyof M as M[Name] extends Field<undefined> ? never : Name]: Decoded<M[Name]>;
};

export const USER_REGS_32: Structure<    {
ebx: Field<number>;
ecx: Field<number>;
edx: Field<number>;
esi: Field<number>;
edi: Field<number>;
ebp: Field<number>;
eax: Field<number>;
error_code: Field<number>;
entry_vector: Field<number>;
eip: Field<number>;
cs: Field<number>;
saved_upcall_mask: Field<number>;
_pad0: Field<undefined>;
eflags: Field<number>;
esp: Field<number>;
ss: Field<number>;
_pad1: Field<undefined>;
es: Field<number>;
_pad2: Field<undefined>;
ds: Field<number>;
_pad3: Field<undefined>;
fs: Field<number>;
_pad4: Field<undefined>;
gs: Field<number>;
_pad5: Field<undefined>;
}>;

export const USER_REGS_64: Structure<    {
r15: Field<bigint>;
r14: Field<bigint>;
r13: Field<bigint>;
r12: Field<bigint>;
rbp: Field<bigint>;
rbx: Field<bigint>;
r11: Field<bigint>;
r10: Field<bigint>;
r9: Field<bigint>;
r8: Field<bigint>;
rax: Field<bigint>;
rcx: Field<bigint>;
rdx: Field<bigint>;
rsi: Field<bigint>;
rdi: Field<bigint>;
error_code: Field<number>;
entry_vector: Field<number>;
rip: Field<bigint>;
cs: Field<number>;
_pad0: Field<undefined>;
saved_upcall_mask: Field<number>;
_pad1: Field<undefined>;
rflags: Field<bigint>;
rsp: Field<bigint>;
ss: Field<number>;
_pad2: Field<undefined>;
es: Field<number>;
_pad3: Field<undefined>;
ds: Field<number>;
_pad4: Field<undefined>;
fs: Field<number>;
_pad5: Field<undefined>;
gs: Field<number>;
_pad6: Field<undefined>;
}>;

export const VCPU_CONTEXT_32: Structure<    {
fpu_ctxt: Structure<    {
fcw: Field<number>;
fsw: Field<number>;
ftw: Field<number>;
_reserved: Field<undefined>;
fop: Field<number>;
fip: Field<bigint>;
fdp: Field<bigint>;
mxcsr: Field<number>;
mxcsr_mask: Field<number>;
st: Field<Uint8Array<ArrayBufferLike>[]>;
xmm: Field<Uint8Array<ArrayBufferLike>[]>;
software: Field<Uint8Array<ArrayBufferLike>>;
}>;
flags: Field<number>;
user_regs: Structure<    {
ebx: Field<number>;
ecx: Field<number>;
edx: Field<number>;
esi: Field<number>;
edi: Field<number>;
ebp: Field<number>;
eax: Field<number>;
error_code: Field<number>;
entry_vector: Field<number>;
eip: Field<number>;
cs: Field<number>;
saved_upcall_mask: Field<number>;
_pad0: Field<undefined>;
eflags: Field<number>;
esp: Field<number>;
ss: Field<number>;
_pad1: Field<undefined>;
es: Field<number>;
_pad2: Field<undefined>;
ds: Field<number>;
_pad3: Field<undefined>;
fs: Field<number>;
_pad4: Field<undefined>;
gs: Field<number>;
_pad5: Field<undefined>;
}>;
trap_ctxt: Field<StructureValue<    {
vector: Field<number>;
flags: Field<number>;
cs: Field<number>;
address: Field<number>;
}>[]>;
ldt_base: Field<number>;
ldt_ents: Field<number>;
gdt_frames: Field<number[]>;
gdt_ents: Field<number>;
kernel_ss: Field<number>;
kernel_sp: Field<number>;
ctrlreg: Field<number[]>;
debugreg: Field<number[]>;
event_callback_cs: Field<number>;
event_callback_eip: Field<number>;
failsafe_callback_cs: Field<number>;
failsafe_callback_eip: Field<number>;
vm_assist: Field<number>;
}>;

export const VCPU_CONTEXT_64: Structure<    {
fpu_ctxt: Structure<    {
fcw: Field<number>;
fsw: Field<number>;
ftw: Field<number>;
_reserved: Field<undefined>;
fop: Field<number>;
fip: Field<bigint>;
fdp: Field<bigint>;
mxcsr: Field<number>;
mxcsr_mask: Field<number>;
st: Field<Uint8Array<ArrayBufferLike>[]>;
xmm: Field<Uint8Array<ArrayBufferLike>[]>;
software: Field<Uint8Array<ArrayBufferLike>>;
}>;
flags: Field<bigint>;
user_regs: Structure<    {
r15: Field<bigint>;
r14: Field<bigint>;
r13: Field<bigint>;
r12: Field<bigint>;
rbp: Field<bigint>;
rbx: Field<bigint>;
r11: Field<bigint>;
r10: Field<bigint>;
r9: Field<bigint>;
r8: Field<bigint>;
rax: Field<bigint>;
rcx: Field<bigint>;
rdx: Field<bigint>;
rsi: Field<bigint>;
rdi: Field<bigint>;
error_code: Field<number>;
entry_vector: Field<number>;
rip: Field<bigint>;
cs: Field<number>;
_pad0: Field<undefined>;
saved_upcall_mask: Field<number>;
_pad1: Field<undefined>;
rflags: Field<bigint>;
rsp: Field<bigint>;
ss: Field<number>;
_pad2: Field<undefined>;
es: Field<number>;
_pad3: Field<undefined>;
ds: Field<number>;
_pad4: Field<undefined>;
fs: Field<number>;
_pad5: Field<undefined>;
gs: Field<number>;
_pad6: Field<undefined>;
}>;
trap_ctxt: Field<StructureValue<    {
vector: Field<number>;
flags: Field<number>;
cs: Field<number>;
_pad: Field<undefined>;
address: Field<bigint>;
}>[]>;
ldt_base: Field<bigint>;
ldt_ents: Field<bigint>;
gdt_frames: Field<bigint[]>;
gdt_ents: Field<bigint>;
kernel_ss: Field<bigint>;
kernel_sp: Field<bigint>;
ctrlreg: Field<bigint[]>;
debugreg: Field<bigint[]>;
event_callback_eip: Field<bigint>;
failsafe_callback_eip: Field<bigint>;
syscall_callback_eip: Field<bigint>;
vm_assist: Field<bigint>;
fs_base: Field<bigint>;
gs_base_kernel: Field<bigint>;
gs_base_user: Field<bigint>;
}>;

export const VCPU_INFO_32: Structure<    {
evtchn_upcall_pending: Field<number>;
evtchn_upcall_mask: Field<number>;
_pad: Field<undefined>;
evtchn_pending_sel: Field<number>;
arch: Structure<    {
cr2: Field<number>;
_pad: Field<undefined>;
}>;
time: Structure<    {
version: Field<number>;
_pad0: Field<undefined>;
tsc_timestamp: Field<bigint>;
system_time: Field<bigint>;
tsc_to_system_mul: Field<number>;
tsc_shift: Field<number>;
flags: Field<number>;
_pad1: Field<undefined>;
}>;
}>;

export const VCPU_INFO_64: Structure<    {
evtchn_upcall_pending: Field<number>;
evtchn_upcall_mask: Field<number>;
_pad: Field<undefined>;
evtchn_pending_sel: Field<bigint>;
arch: Structure<    {
cr2: Field<bigint>;
_pad: Field<undefined>;
}>;
time: Structure<    {
version: Field<number>;
_pad0: Field<undefined>;
tsc_timestamp: Field<bigint>;
system_time: Field<bigint>;
tsc_to_system_mul: Field<number>;
tsc_shift: Field<number>;
flags: Field<number>;
_pad1: Field<undefined>;
}>;
}>;

export const VGCF: {
    readonly i387_valid: number;
    readonly in_kernel: number;
    readonly failsafe_disables_events: number;
    readonly syscall_disables_events: number;
    readonly online: number;
    readonly in_syscall: number;
};
