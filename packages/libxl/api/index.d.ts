import { AutoConvergeOptions } from '@xen-migration/libxc';
import { ByteReader } from '@xen-migration/stream-format';
import { ByteSink } from '@xen-migration/stream-format';
import { ByteSource } from '@xen-migration/stream-format';
import { CpuDifference } from '@xen-migration/libxc';
import type { CpuPolicy } from '@xen-migration/libxc';
import { HostInfo } from '@xen-migration/libxc';
import { Hypervisor } from '@xen-migration/libxc';
import { IncrementalSave } from '@xen-migration/libxc';
import { PrecopyPolicy } from '@xen-migration/libxc';
import type { Readable } from 'node:stream';
import { RestoreProgress } from '@xen-migration/libxc';
import { RestoreResult } from '@xen-migration/libxc';
import { SaveProgress } from '@xen-migration/libxc';
import { SaveResult } from '@xen-migration/libxc';
import { SHUTDOWN } from '@xen-migration/libxc';
import { Socket } from 'node:net';
import { StreamError } from '@xen-migration/stream-format';
import type { VcpuInfo } from '@xen-migration/libxc';
import type { Writable } from 'node:stream';
import { XenstoreClient } from '@xen-migration/libxc/xenstore/client';
import { XlHeader } from '@xen-migration/stream-format';

export const ACTION_ON_SHUTDOWN: {
    readonly destroy: 1;
    readonly restart: 2;
    readonly restart_rename: 3;
    readonly preserve: 4;
    readonly coredump_destroy: 5;
    readonly coredump_restart: 6;
    readonly soft_reset: 7;
};

export type AfterSave = 'destroy' | 'resume' | 'resume-paused';

export const ALTP2M_MODE: {
    readonly disabled: 0;
    readonly mixed: 1;
    readonly external: 2;
    readonly limited: 3;
};

export function answerQuery(host: Host, question?: Readable): Promise<string>;

export interface AskOptions {
    readonly paths?: readonly string[];
    readonly reach: Reach;
    readonly signal?: AbortSignal;
}

export function askTarget(input: AskOptions): Promise<CheckTarget>;

export const awayName: (name: string) => string;

export const BIOS_TYPE: {
    readonly unknown: 0;
    readonly rombios: 1;
    readonly seabios: 2;
    readonly ovmf: 3;
};

export type Bitmap = readonly number[];

declare const BUILD_INFO: {
    max_vcpus: Member<number>;
    avail_vcpus: Member<Bitmap>;
    cpumap: Member<Bitmap>;
    nodemap: Member<Bitmap>;
    vcpu_hard_affinity: Member<readonly Bitmap[]>;
    vcpu_soft_affinity: Member<readonly Bitmap[]>;
    numa_placement: Member<Defbool>;
    tsc_mode: Member<"default" | "always_emulate" | "native" | "native_paravirt">;
    max_memkb: Member<Uint64>;
    target_memkb: Member<Uint64>;
    video_memkb: Member<Uint64>;
    shadow_memkb: Member<Uint64>;
    iommu_memkb: Member<Uint64>;
    rtc_timeoffset: Member<number>;
    exec_ssidref: Member<number>;
    exec_ssid_label: Member<string>;
    localtime: Member<Defbool>;
    disable_migrate: Member<Defbool>;
    cpuid: Member<CpuidPolicies>;
    blkdev_start: Member<string>;
    vnuma_nodes: Member<readonly Structure<{
    memkb: Member<Uint64>;
    distances: Member<readonly number[]>;
    pnode: Member<number>;
    vcpus: Member<Bitmap>;
    }>[]>;
    max_grant_frames: Member<number>;
    max_maptrack_frames: Member<number>;
    max_grant_version: Member<number>;
    device_model_version: Member<"unknown" | "qemu_xen_traditional" | "qemu_xen">;
    device_model_stubdomain: Member<Defbool>;
    stubdomain_memkb: Member<Uint64>;
    stubdomain_kernel: Member<string>;
    stubdomain_cmdline: Member<string>;
    stubdomain_ramdisk: Member<string>;
    device_model: Member<string>;
    device_model_ssidref: Member<number>;
    device_model_ssid_label: Member<string>;
    device_model_user: Member<string>;
    extra: Member<readonly string[]>;
    extra_pv: Member<readonly string[]>;
    extra_hvm: Member<readonly string[]>;
    sched_params: Member<Structure<{
    sched: Member<"null" | "unknown" | "sedf" | "credit" | "credit2" | "arinc653" | "rtds">;
    weight: Member<number>;
    cap: Member<number>;
    period: Member<number>;
    budget: Member<number>;
    extratime: Member<number>;
    slice: Member<number>;
    latency: Member<number>;
    }>>;
    ioports: Member<readonly Structure<{
    first: Member<number>;
    number: Member<number>;
    }>[]>;
    irqs: Member<readonly number[]>;
    iomem: Member<readonly Structure<{
    start: Member<Uint64>;
    number: Member<Uint64>;
    gfn: Member<Uint64>;
    }>[]>;
    claim_mode: Member<Defbool>;
    event_channels: Member<number>;
    kernel: Member<string>;
    cmdline: Member<string>;
    ramdisk: Member<string>;
    device_tree: Member<string>;
    acpi: Member<Defbool>;
    bootloader: Member<string>;
    bootloader_args: Member<readonly string[]>;
    timer_mode: Member<"unknown" | "delay_for_missed_ticks" | "no_delay_for_missed_ticks" | "no_missed_ticks_pending" | "one_missed_tick_pending">;
    nested_hvm: Member<Defbool>;
    apic: Member<Defbool>;
    dm_restrict: Member<Defbool>;
    tee: Member<"none" | "optee">;
    'type.hvm': Member<Structure<{
    firmware: Member<string>;
    bios: Member<"unknown" | "rombios" | "seabios" | "ovmf">;
    pae: Member<Defbool>;
    apic: Member<Defbool>;
    acpi: Member<Defbool>;
    acpi_s3: Member<Defbool>;
    acpi_s4: Member<Defbool>;
    acpi_laptop_slate: Member<Defbool>;
    nx: Member<Defbool>;
    viridian: Member<Defbool>;
    viridian_enable: Member<Bitmap>;
    viridian_disable: Member<Bitmap>;
    timeoffset: Member<string>;
    hpet: Member<Defbool>;
    vpt_align: Member<Defbool>;
    mmio_hole_memkb: Member<Uint64>;
    timer_mode: Member<"unknown" | "delay_for_missed_ticks" | "no_delay_for_missed_ticks" | "no_missed_ticks_pending" | "one_missed_tick_pending">;
    nested_hvm: Member<Defbool>;
    altp2m: Member<Defbool>;
    system_firmware: Member<string>;
    smbios_firmware: Member<string>;
    acpi_firmware: Member<string>;
    hdtype: Member<"ide" | "ahci">;
    nographic: Member<Defbool>;
    vga: Member<Structure<{
    kind: Member<"unknown" | "cirrus" | "std" | "none" | "qxl">;
    }>>;
    vnc: Member<Structure<{
    enable: Member<Defbool>;
    listen: Member<string>;
    passwd: Member<string>;
    display: Member<number>;
    findunused: Member<Defbool>;
    }>>;
    keymap: Member<string>;
    sdl: Member<Structure<{
    enable: Member<Defbool>;
    opengl: Member<Defbool>;
    display: Member<string>;
    xauthority: Member<string>;
    }>>;
    spice: Member<Structure<{
    enable: Member<Defbool>;
    port: Member<number>;
    tls_port: Member<number>;
    host: Member<string>;
    disable_ticketing: Member<Defbool>;
    passwd: Member<string>;
    agent_mouse: Member<Defbool>;
    vdagent: Member<Defbool>;
    clipboard_sharing: Member<Defbool>;
    usbredirection: Member<number>;
    image_compression: Member<string>;
    streaming_video: Member<string>;
    }>>;
    gfx_passthru: Member<Defbool>;
    gfx_passthru_kind: Member<"default" | "igd">;
    serial: Member<string>;
    boot: Member<string>;
    usb: Member<Defbool>;
    usbversion: Member<number>;
    usbdevice: Member<string>;
    vkb_device: Member<Defbool>;
    soundhw: Member<string>;
    xen_platform_pci: Member<Defbool>;
    usbdevice_list: Member<readonly string[]>;
    vendor_device: Member<"none" | "xenserver">;
    ms_vm_genid: Member<readonly number[]>;
    serial_list: Member<readonly string[]>;
    rdm: Member<Structure<{
    strategy: Member<"host" | "ignore" | null>;
    policy: Member<"invalid" | "strict" | "relaxed" | null>;
    }>>;
    rdm_mem_boundary_memkb: Member<Uint64>;
    mca_caps: Member<Uint64>;
    }>>;
    'type.pv': Member<Structure<{
    kernel: Member<string>;
    slack_memkb: Member<Uint64>;
    bootloader: Member<string>;
    bootloader_args: Member<readonly string[]>;
    cmdline: Member<string>;
    ramdisk: Member<string>;
    e820_host: Member<Defbool>;
    }>>;
    'type.pvh': Member<Structure<{
    pvshim: Member<Defbool>;
    pvshim_path: Member<string>;
    pvshim_cmdline: Member<string>;
    pvshim_extra: Member<string>;
    }>>;
    'type.invalid': Member<Structure<{}>>;
    arch_arm: Member<Structure<{
    gic_version: Member<"default" | "v2" | "v3">;
    vuart: Member<"unknown" | "sbsa_uart">;
    }>>;
    arch_x86: Member<Structure<{
    msr_relaxed: Member<Defbool>;
    }>>;
    altp2m: Member<"disabled" | "mixed" | "external" | "limited">;
    vmtrace_buf_kb: Member<number>;
    vpmu: Member<Defbool>;
};

export type ChainOption =
/** Nothing: it is a whole save, upon which others may build. */
    {
    readonly kind: 'base';
}
/** The domain's last save of the chain, by its path. */
| {
    readonly kind: 'delta';
    readonly parent: string;
};

export const CHANNEL_CONNECTION: {
    readonly unknown: 0;
    readonly pty: 1;
    readonly socket: 2;
};

export function checkMigration(options: CheckOptions): Promise<MigrationCheck>;

export function checkMigrationTo(options: CheckTargetOptions): Promise<TargetCheck>;

export interface CheckOptions {
    readonly config: LibxlDomainConfig;
    readonly domid: number;
    readonly downtimeMs?: number;
    readonly host: Host;
    readonly link?: LinkSpeed;
    readonly measureMs?: number;
    readonly signal?: AbortSignal;
    readonly target: CheckTarget;
}

type CheckpointedStream = 'none' | 'remus' | 'colo';

interface CheckpointOptions {
    readonly intervalMs: number;
    readonly onCheckpoint?: (count: number) => void;
}

export function checkRemusInfo(info: DomainRemusInfo): number;

export type CheckTarget = {
    readonly toolstack: 'ours';
    readonly description: HostDescription;
}
/** Of a stock xl: what its `xl info` says. */
| {
    readonly toolstack: 'other';
    readonly freeMemoryKib: number | undefined;
    readonly hardwareCapabilities: readonly number[] | undefined;
    readonly xen: {
        readonly major: number;
        readonly minor: number;
        readonly capabilities: string;
    } | undefined;
};

export interface CheckTargetOptions {
    readonly bytesPerSecond?: number;
    readonly config?: LibxlDomainConfig;
    readonly domid: number;
    readonly downtimeMs?: number;
    readonly host: Host;
    readonly reach: Reach;
    readonly signal?: AbortSignal;
}

export interface Command {
    readonly args: readonly string[];
    readonly command: string;
}

export type ConfigTextParser = (text: string) => Promise<LibxlDomainConfig>;

declare const CONNECTOR: {
    unique_id: Member<string>;
    width: Member<number>;
    height: Member<number>;
};

export function consolePath(host: Host, domid: number): Promise<string>;

export const CPUID_REGISTERS: readonly CpuidRegister[];

export interface CpuidLeaf {
    readonly eax?: string;
    readonly ebx?: string;
    readonly ecx?: string;
    readonly edx?: string;
    readonly leaf: number;
    readonly subleaf?: number;
}

export interface CpuidPolicies {
    readonly cpuid: readonly CpuidLeaf[];
    readonly msr: readonly MsrPolicy[];
}

export type CpuidRegister = 'eax' | 'ebx' | 'ecx' | 'edx';

export function cpuPercent(domain: DomainSummary, sample: HostSample, before: HostSample | undefined): number;

declare const CREATE_INFO: {
    type: Member<"invalid" | "hvm" | "pv" | "pvh">;
    hap: Member<Defbool>;
    oos: Member<Defbool>;
    ssidref: Member<number>;
    ssid_label: Member<string>;
    name: Member<string>;
    domid: Member<number>;
    uuid: Member<string>;
    xsdata: Member<Readonly<Record<string, string | null>>>;
    platformdata: Member<Readonly<Record<string, string | null>>>;
    poolid: Member<number>;
    pool_name: Member<string>;
    run_hotplug_scripts: Member<Defbool>;
    driver_domain: Member<Defbool>;
    passthrough: Member<"default" | "disabled" | "enabled" | "sync_pt" | "share_pt">;
    xend_suspend_evtchn_compat: Member<Defbool>;
};

export function createDomain(options: CreateOptions): Promise<number>;

export type CreateEvent = {
    readonly kind: 'device-model';
    readonly report: DeviceModelReport;
};

export interface CreateOptions {
    readonly config: LibxlDomainConfig;
    readonly guarded?: boolean;
    readonly host: Host;
    readonly onEvent?: (event: CreateEvent) => void;
    readonly start?: boolean;
}

export function decodeText(bytes: Uint8Array): string;

export type Defbool = 'True' | 'False';

export function describeHost(host: Host, paths?: readonly string[]): Promise<HostDescription>;

export function descriptorConnection(fromPeer: number, toPeer: number, signal?: AbortSignal): MigrationConnection;

export function destroyDomain(host: Host, domid: number): Promise<void>;

declare const DEVICE_CHANNEL: {
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    name: Member<string>;
    'connection.unknown': Member<Structure<{}>>;
    'connection.pty': Member<Structure<{}>>;
    'connection.socket': Member<Structure<{
    path: Member<string>;
    }>>;
};

declare const DEVICE_DISK: {
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    pdev_path: Member<string>;
    vdev: Member<string>;
    backend: Member<"standalone" | "unknown" | "phy" | "tap" | "qdisk">;
    format: Member<"unknown" | "qcow" | "qcow2" | "vhd" | "raw" | "empty" | "qed">;
    script: Member<string>;
    removable: Member<number>;
    readwrite: Member<number>;
    is_cdrom: Member<number>;
    direct_io_safe: Member<boolean>;
    discard_enable: Member<Defbool>;
    specification: Member<"xen" | "unknown" | "virtio">;
    transport: Member<"unknown" | "mmio">;
    irq: Member<number>;
    base: Member<Uint64>;
    colo_enable: Member<Defbool>;
    colo_restore_enable: Member<Defbool>;
    colo_host: Member<string>;
    colo_port: Member<number>;
    colo_export: Member<string>;
    active_disk: Member<string>;
    hidden_disk: Member<string>;
    trusted: Member<Defbool>;
};

declare const DEVICE_DTDEV: {
    path: Member<string>;
};

export const DEVICE_MODEL_TIMEOUTS: {
    readonly stateTimeoutMs: 60000;
    readonly replyTimeoutMs: 10000;
};

export const DEVICE_MODEL_VERSION: {
    readonly unknown: 0;
    readonly qemu_xen_traditional: 1;
    readonly qemu_xen: 2;
};

declare const DEVICE_NIC: {
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    mtu: Member<number>;
    model: Member<string>;
    mac: Member<string>;
    ip: Member<string>;
    bridge: Member<string>;
    ifname: Member<string>;
    script: Member<string>;
    nictype: Member<"unknown" | "vif_ioemu" | "vif">;
    rate_bytes_per_interval: Member<Uint64>;
    rate_interval_usecs: Member<number>;
    gatewaydev: Member<string>;
    coloft_forwarddev: Member<string>;
    colo_sock_mirror_id: Member<string>;
    colo_sock_mirror_ip: Member<string>;
    colo_sock_mirror_port: Member<string>;
    colo_sock_compare_pri_in_id: Member<string>;
    colo_sock_compare_pri_in_ip: Member<string>;
    colo_sock_compare_pri_in_port: Member<string>;
    colo_sock_compare_sec_in_id: Member<string>;
    colo_sock_compare_sec_in_ip: Member<string>;
    colo_sock_compare_sec_in_port: Member<string>;
    colo_sock_compare_notify_id: Member<string>;
    colo_sock_compare_notify_ip: Member<string>;
    colo_sock_compare_notify_port: Member<string>;
    colo_sock_redirector0_id: Member<string>;
    colo_sock_redirector0_ip: Member<string>;
    colo_sock_redirector0_port: Member<string>;
    colo_sock_redirector1_id: Member<string>;
    colo_sock_redirector1_ip: Member<string>;
    colo_sock_redirector1_port: Member<string>;
    colo_sock_redirector2_id: Member<string>;
    colo_sock_redirector2_ip: Member<string>;
    colo_sock_redirector2_port: Member<string>;
    colo_filter_mirror_queue: Member<string>;
    colo_filter_mirror_outdev: Member<string>;
    colo_filter_redirector0_queue: Member<string>;
    colo_filter_redirector0_indev: Member<string>;
    colo_filter_redirector0_outdev: Member<string>;
    colo_filter_redirector1_queue: Member<string>;
    colo_filter_redirector1_indev: Member<string>;
    colo_filter_redirector1_outdev: Member<string>;
    colo_compare_pri_in: Member<string>;
    colo_compare_sec_in: Member<string>;
    colo_compare_out: Member<string>;
    colo_compare_notify_dev: Member<string>;
    colo_sock_sec_redirector0_id: Member<string>;
    colo_sock_sec_redirector0_ip: Member<string>;
    colo_sock_sec_redirector0_port: Member<string>;
    colo_sock_sec_redirector1_id: Member<string>;
    colo_sock_sec_redirector1_ip: Member<string>;
    colo_sock_sec_redirector1_port: Member<string>;
    colo_filter_sec_redirector0_queue: Member<string>;
    colo_filter_sec_redirector0_indev: Member<string>;
    colo_filter_sec_redirector0_outdev: Member<string>;
    colo_filter_sec_redirector1_queue: Member<string>;
    colo_filter_sec_redirector1_indev: Member<string>;
    colo_filter_sec_redirector1_outdev: Member<string>;
    colo_filter_sec_rewriter0_queue: Member<string>;
    colo_checkpoint_host: Member<string>;
    colo_checkpoint_port: Member<string>;
    trusted: Member<Defbool>;
};

declare const DEVICE_P9: {
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    tag: Member<string>;
    path: Member<string>;
    security_model: Member<string>;
    devid: Member<number>;
};

declare const DEVICE_PCI: {
    func: Member<number>;
    dev: Member<number>;
    bus: Member<number>;
    domain: Member<number>;
    vdevfn: Member<number>;
    vfunc_mask: Member<number>;
    msitranslate: Member<boolean>;
    power_mgmt: Member<boolean>;
    permissive: Member<boolean>;
    seize: Member<boolean>;
    rdm_policy: Member<"invalid" | "strict" | "relaxed" | null>;
    name: Member<string>;
};

declare const DEVICE_PVCALLSIF: {
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
};

declare const DEVICE_RDM: {
    start: Member<Uint64>;
    size: Member<Uint64>;
    policy: Member<"invalid" | "strict" | "relaxed">;
};

declare const DEVICE_USBCTRL: {
    type: Member<"pv" | "auto" | "devicemodel" | "qusb">;
    devid: Member<number>;
    version: Member<number>;
    ports: Member<number>;
    backend_domid: Member<number>;
    backend_domname: Member<string>;
};

declare const DEVICE_USBDEV: {
    ctrl: Member<number>;
    port: Member<number>;
    'type.hostdev': Member<Structure<{
    hostbus: Member<number>;
    hostaddr: Member<number>;
    }>>;
};

declare const DEVICE_VDISPL: {
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    be_alloc: Member<boolean>;
    connectors: Member<readonly Structure<{
    unique_id: Member<string>;
    width: Member<number>;
    height: Member<number>;
    }>[]>;
};

declare const DEVICE_VFB: {
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    vnc: Member<Structure<{
    enable: Member<Defbool>;
    listen: Member<string>;
    passwd: Member<string>;
    display: Member<number>;
    findunused: Member<Defbool>;
    }>>;
    sdl: Member<Structure<{
    enable: Member<Defbool>;
    opengl: Member<Defbool>;
    display: Member<string>;
    xauthority: Member<string>;
    }>>;
    keymap: Member<string>;
};

declare const DEVICE_VKB: {
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    backend_type: Member<"unknown" | "qemu" | "linux">;
    unique_id: Member<string>;
    feature_disable_keyboard: Member<boolean>;
    feature_disable_pointer: Member<boolean>;
    feature_abs_pointer: Member<boolean>;
    feature_raw_pointer: Member<boolean>;
    feature_multi_touch: Member<boolean>;
    width: Member<number>;
    height: Member<number>;
    multi_touch_width: Member<number>;
    multi_touch_height: Member<number>;
    multi_touch_num_contacts: Member<number>;
};

declare const DEVICE_VSND: {
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    short_name: Member<string>;
    long_name: Member<string>;
    params: Member<Structure<{
    sample_rates: Member<readonly number[]>;
    sample_formats: Member<readonly ("s8" | "u8" | "s16_le" | "s16_be" | "u16_le" | "u16_be" | "s24_le" | "s24_be" | "u24_le" | "u24_be" | "s32_le" | "s32_be" | "u32_le" | "u32_be" | "f32_le" | "f32_be" | "f64_le" | "f64_be" | "iec958_subframe_le" | "iec958_subframe_be" | "mu_law" | "a_law" | "ima_adpcm" | "mpeg" | "gsm")[]>;
    channels_min: Member<number>;
    channels_max: Member<number>;
    buffer_size: Member<number>;
    }>>;
    pcms: Member<readonly Structure<{
    name: Member<string>;
    params: Member<Structure<{
    sample_rates: Member<readonly number[]>;
    sample_formats: Member<readonly ("s8" | "u8" | "s16_le" | "s16_be" | "u16_le" | "u16_be" | "s24_le" | "s24_be" | "u24_le" | "u24_be" | "s32_le" | "s32_be" | "u32_le" | "u32_be" | "f32_le" | "f32_be" | "f64_le" | "f64_be" | "iec958_subframe_le" | "iec958_subframe_be" | "mu_law" | "a_law" | "ima_adpcm" | "mpeg" | "gsm")[]>;
    channels_min: Member<number>;
    channels_max: Member<number>;
    buffer_size: Member<number>;
    }>>;
    streams: Member<readonly Structure<{
    unique_id: Member<string>;
    type: Member<"p" | "c">;
    params: Member<Structure<{
    sample_rates: Member<readonly number[]>;
    sample_formats: Member<readonly ("s8" | "u8" | "s16_le" | "s16_be" | "u16_le" | "u16_be" | "s24_le" | "s24_be" | "u24_le" | "u24_be" | "s32_le" | "s32_be" | "u32_le" | "u32_be" | "f32_le" | "f32_be" | "f64_le" | "f64_be" | "iec958_subframe_le" | "iec958_subframe_be" | "mu_law" | "a_law" | "ima_adpcm" | "mpeg" | "gsm")[]>;
    channels_min: Member<number>;
    channels_max: Member<number>;
    buffer_size: Member<number>;
    }>>;
    }>[]>;
    }>[]>;
};

declare const DEVICE_VTPM: {
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    uuid: Member<string>;
};

export interface DeviceModelFiles {
    readonly command: string;
    readonly log: string;
    readonly process: string;
    readonly restore: string;
    readonly save: string;
    readonly statistics: string;
}

export function deviceModelFiles(input: {
    readonly state: string;
    readonly run: string;
}, domid: number): DeviceModelFiles;

interface DeviceModelReport {
    readonly notice?: string;
    readonly version: DeviceModelVersion;
}

export interface DeviceModelSettings {
    readonly machine: QemuMachine;
    readonly replyTimeoutMs: number;
    readonly runDirectory: string;
    readonly stateTimeoutMs: number;
}

export type DeviceModelVersion = 'none' | 'qemu_xen' | 'qemu_xen_traditional';

export interface DirtyRate {
    readonly overMs: number;
    readonly pages: number;
}

export interface DirtyRateOptions {
    readonly domid: number;
    readonly host: Host;
    readonly overMs?: number;
    readonly signal?: AbortSignal;
}

export const DISK_BACKEND: {
    readonly unknown: 0;
    readonly phy: 1;
    readonly tap: 2;
    readonly qdisk: 3;
    readonly standalone: 4;
};

export const DISK_FORMAT: {
    readonly unknown: 0;
    readonly qcow: 1;
    readonly qcow2: 2;
    readonly vhd: 3;
    readonly raw: 4;
    readonly empty: 5;
    readonly qed: 6;
};

export const DISK_SPECIFICATION: {
    readonly unknown: 0;
    readonly xen: 1;
    readonly virtio: 2;
};

export const DISK_TRANSPORT: {
    readonly unknown: 0;
    readonly mmio: 1;
};

export function diskPaths(config: LibxlDomainConfig): string[];

export const DOMAIN_CONFIG: {
    c_info: Member<Structure<{
    type: Member<"invalid" | "hvm" | "pv" | "pvh">;
    hap: Member<Defbool>;
    oos: Member<Defbool>;
    ssidref: Member<number>;
    ssid_label: Member<string>;
    name: Member<string>;
    domid: Member<number>;
    uuid: Member<string>;
    xsdata: Member<Readonly<Record<string, string | null>>>;
    platformdata: Member<Readonly<Record<string, string | null>>>;
    poolid: Member<number>;
    pool_name: Member<string>;
    run_hotplug_scripts: Member<Defbool>;
    driver_domain: Member<Defbool>;
    passthrough: Member<"default" | "disabled" | "enabled" | "sync_pt" | "share_pt">;
    xend_suspend_evtchn_compat: Member<Defbool>;
    }>>;
    b_info: Member<Structure<{
    max_vcpus: Member<number>;
    avail_vcpus: Member<Bitmap>;
    cpumap: Member<Bitmap>;
    nodemap: Member<Bitmap>;
    vcpu_hard_affinity: Member<readonly Bitmap[]>;
    vcpu_soft_affinity: Member<readonly Bitmap[]>;
    numa_placement: Member<Defbool>;
    tsc_mode: Member<"default" | "always_emulate" | "native" | "native_paravirt">;
    max_memkb: Member<Uint64>;
    target_memkb: Member<Uint64>;
    video_memkb: Member<Uint64>;
    shadow_memkb: Member<Uint64>;
    iommu_memkb: Member<Uint64>;
    rtc_timeoffset: Member<number>;
    exec_ssidref: Member<number>;
    exec_ssid_label: Member<string>;
    localtime: Member<Defbool>;
    disable_migrate: Member<Defbool>;
    cpuid: Member<CpuidPolicies>;
    blkdev_start: Member<string>;
    vnuma_nodes: Member<readonly Structure<{
    memkb: Member<Uint64>;
    distances: Member<readonly number[]>;
    pnode: Member<number>;
    vcpus: Member<Bitmap>;
    }>[]>;
    max_grant_frames: Member<number>;
    max_maptrack_frames: Member<number>;
    max_grant_version: Member<number>;
    device_model_version: Member<"unknown" | "qemu_xen_traditional" | "qemu_xen">;
    device_model_stubdomain: Member<Defbool>;
    stubdomain_memkb: Member<Uint64>;
    stubdomain_kernel: Member<string>;
    stubdomain_cmdline: Member<string>;
    stubdomain_ramdisk: Member<string>;
    device_model: Member<string>;
    device_model_ssidref: Member<number>;
    device_model_ssid_label: Member<string>;
    device_model_user: Member<string>;
    extra: Member<readonly string[]>;
    extra_pv: Member<readonly string[]>;
    extra_hvm: Member<readonly string[]>;
    sched_params: Member<Structure<{
    sched: Member<"null" | "unknown" | "sedf" | "credit" | "credit2" | "arinc653" | "rtds">;
    weight: Member<number>;
    cap: Member<number>;
    period: Member<number>;
    budget: Member<number>;
    extratime: Member<number>;
    slice: Member<number>;
    latency: Member<number>;
    }>>;
    ioports: Member<readonly Structure<{
    first: Member<number>;
    number: Member<number>;
    }>[]>;
    irqs: Member<readonly number[]>;
    iomem: Member<readonly Structure<{
    start: Member<Uint64>;
    number: Member<Uint64>;
    gfn: Member<Uint64>;
    }>[]>;
    claim_mode: Member<Defbool>;
    event_channels: Member<number>;
    kernel: Member<string>;
    cmdline: Member<string>;
    ramdisk: Member<string>;
    device_tree: Member<string>;
    acpi: Member<Defbool>;
    bootloader: Member<string>;
    bootloader_args: Member<readonly string[]>;
    timer_mode: Member<"unknown" | "delay_for_missed_ticks" | "no_delay_for_missed_ticks" | "no_missed_ticks_pending" | "one_missed_tick_pending">;
    nested_hvm: Member<Defbool>;
    apic: Member<Defbool>;
    dm_restrict: Member<Defbool>;
    tee: Member<"none" | "optee">;
    'type.hvm': Member<Structure<{
    firmware: Member<string>;
    bios: Member<"unknown" | "rombios" | "seabios" | "ovmf">;
    pae: Member<Defbool>;
    apic: Member<Defbool>;
    acpi: Member<Defbool>;
    acpi_s3: Member<Defbool>;
    acpi_s4: Member<Defbool>;
    acpi_laptop_slate: Member<Defbool>;
    nx: Member<Defbool>;
    viridian: Member<Defbool>;
    viridian_enable: Member<Bitmap>;
    viridian_disable: Member<Bitmap>;
    timeoffset: Member<string>;
    hpet: Member<Defbool>;
    vpt_align: Member<Defbool>;
    mmio_hole_memkb: Member<Uint64>;
    timer_mode: Member<"unknown" | "delay_for_missed_ticks" | "no_delay_for_missed_ticks" | "no_missed_ticks_pending" | "one_missed_tick_pending">;
    nested_hvm: Member<Defbool>;
    altp2m: Member<Defbool>;
    system_firmware: Member<string>;
    smbios_firmware: Member<string>;
    acpi_firmware: Member<string>;
    hdtype: Member<"ide" | "ahci">;
    nographic: Member<Defbool>;
    vga: Member<Structure<{
    kind: Member<"unknown" | "cirrus" | "std" | "none" | "qxl">;
    }>>;
    vnc: Member<Structure<{
    enable: Member<Defbool>;
    listen: Member<string>;
    passwd: Member<string>;
    display: Member<number>;
    findunused: Member<Defbool>;
    }>>;
    keymap: Member<string>;
    sdl: Member<Structure<{
    enable: Member<Defbool>;
    opengl: Member<Defbool>;
    display: Member<string>;
    xauthority: Member<string>;
    }>>;
    spice: Member<Structure<{
    enable: Member<Defbool>;
    port: Member<number>;
    tls_port: Member<number>;
    host: Member<string>;
    disable_ticketing: Member<Defbool>;
    passwd: Member<string>;
    agent_mouse: Member<Defbool>;
    vdagent: Member<Defbool>;
    clipboard_sharing: Member<Defbool>;
    usbredirection: Member<number>;
    image_compression: Member<string>;
    streaming_video: Member<string>;
    }>>;
    gfx_passthru: Member<Defbool>;
    gfx_passthru_kind: Member<"default" | "igd">;
    serial: Member<string>;
    boot: Member<string>;
    usb: Member<Defbool>;
    usbversion: Member<number>;
    usbdevice: Member<string>;
    vkb_device: Member<Defbool>;
    soundhw: Member<string>;
    xen_platform_pci: Member<Defbool>;
    usbdevice_list: Member<readonly string[]>;
    vendor_device: Member<"none" | "xenserver">;
    ms_vm_genid: Member<readonly number[]>;
    serial_list: Member<readonly string[]>;
    rdm: Member<Structure<{
    strategy: Member<"host" | "ignore" | null>;
    policy: Member<"invalid" | "strict" | "relaxed" | null>;
    }>>;
    rdm_mem_boundary_memkb: Member<Uint64>;
    mca_caps: Member<Uint64>;
    }>>;
    'type.pv': Member<Structure<{
    kernel: Member<string>;
    slack_memkb: Member<Uint64>;
    bootloader: Member<string>;
    bootloader_args: Member<readonly string[]>;
    cmdline: Member<string>;
    ramdisk: Member<string>;
    e820_host: Member<Defbool>;
    }>>;
    'type.pvh': Member<Structure<{
    pvshim: Member<Defbool>;
    pvshim_path: Member<string>;
    pvshim_cmdline: Member<string>;
    pvshim_extra: Member<string>;
    }>>;
    'type.invalid': Member<Structure<{}>>;
    arch_arm: Member<Structure<{
    gic_version: Member<"default" | "v2" | "v3">;
    vuart: Member<"unknown" | "sbsa_uart">;
    }>>;
    arch_x86: Member<Structure<{
    msr_relaxed: Member<Defbool>;
    }>>;
    altp2m: Member<"disabled" | "mixed" | "external" | "limited">;
    vmtrace_buf_kb: Member<number>;
    vpmu: Member<Defbool>;
    }>>;
    disks: Member<readonly Structure<{
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    pdev_path: Member<string>;
    vdev: Member<string>;
    backend: Member<"standalone" | "unknown" | "phy" | "tap" | "qdisk">;
    format: Member<"unknown" | "qcow" | "qcow2" | "vhd" | "raw" | "empty" | "qed">;
    script: Member<string>;
    removable: Member<number>;
    readwrite: Member<number>;
    is_cdrom: Member<number>;
    direct_io_safe: Member<boolean>;
    discard_enable: Member<Defbool>;
    specification: Member<"xen" | "unknown" | "virtio">;
    transport: Member<"unknown" | "mmio">;
    irq: Member<number>;
    base: Member<Uint64>;
    colo_enable: Member<Defbool>;
    colo_restore_enable: Member<Defbool>;
    colo_host: Member<string>;
    colo_port: Member<number>;
    colo_export: Member<string>;
    active_disk: Member<string>;
    hidden_disk: Member<string>;
    trusted: Member<Defbool>;
    }>[]>;
    nics: Member<readonly Structure<{
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    mtu: Member<number>;
    model: Member<string>;
    mac: Member<string>;
    ip: Member<string>;
    bridge: Member<string>;
    ifname: Member<string>;
    script: Member<string>;
    nictype: Member<"unknown" | "vif_ioemu" | "vif">;
    rate_bytes_per_interval: Member<Uint64>;
    rate_interval_usecs: Member<number>;
    gatewaydev: Member<string>;
    coloft_forwarddev: Member<string>;
    colo_sock_mirror_id: Member<string>;
    colo_sock_mirror_ip: Member<string>;
    colo_sock_mirror_port: Member<string>;
    colo_sock_compare_pri_in_id: Member<string>;
    colo_sock_compare_pri_in_ip: Member<string>;
    colo_sock_compare_pri_in_port: Member<string>;
    colo_sock_compare_sec_in_id: Member<string>;
    colo_sock_compare_sec_in_ip: Member<string>;
    colo_sock_compare_sec_in_port: Member<string>;
    colo_sock_compare_notify_id: Member<string>;
    colo_sock_compare_notify_ip: Member<string>;
    colo_sock_compare_notify_port: Member<string>;
    colo_sock_redirector0_id: Member<string>;
    colo_sock_redirector0_ip: Member<string>;
    colo_sock_redirector0_port: Member<string>;
    colo_sock_redirector1_id: Member<string>;
    colo_sock_redirector1_ip: Member<string>;
    colo_sock_redirector1_port: Member<string>;
    colo_sock_redirector2_id: Member<string>;
    colo_sock_redirector2_ip: Member<string>;
    colo_sock_redirector2_port: Member<string>;
    colo_filter_mirror_queue: Member<string>;
    colo_filter_mirror_outdev: Member<string>;
    colo_filter_redirector0_queue: Member<string>;
    colo_filter_redirector0_indev: Member<string>;
    colo_filter_redirector0_outdev: Member<string>;
    colo_filter_redirector1_queue: Member<string>;
    colo_filter_redirector1_indev: Member<string>;
    colo_filter_redirector1_outdev: Member<string>;
    colo_compare_pri_in: Member<string>;
    colo_compare_sec_in: Member<string>;
    colo_compare_out: Member<string>;
    colo_compare_notify_dev: Member<string>;
    colo_sock_sec_redirector0_id: Member<string>;
    colo_sock_sec_redirector0_ip: Member<string>;
    colo_sock_sec_redirector0_port: Member<string>;
    colo_sock_sec_redirector1_id: Member<string>;
    colo_sock_sec_redirector1_ip: Member<string>;
    colo_sock_sec_redirector1_port: Member<string>;
    colo_filter_sec_redirector0_queue: Member<string>;
    colo_filter_sec_redirector0_indev: Member<string>;
    colo_filter_sec_redirector0_outdev: Member<string>;
    colo_filter_sec_redirector1_queue: Member<string>;
    colo_filter_sec_redirector1_indev: Member<string>;
    colo_filter_sec_redirector1_outdev: Member<string>;
    colo_filter_sec_rewriter0_queue: Member<string>;
    colo_checkpoint_host: Member<string>;
    colo_checkpoint_port: Member<string>;
    trusted: Member<Defbool>;
    }>[]>;
    pcidevs: Member<readonly Structure<{
    func: Member<number>;
    dev: Member<number>;
    bus: Member<number>;
    domain: Member<number>;
    vdevfn: Member<number>;
    vfunc_mask: Member<number>;
    msitranslate: Member<boolean>;
    power_mgmt: Member<boolean>;
    permissive: Member<boolean>;
    seize: Member<boolean>;
    rdm_policy: Member<"invalid" | "strict" | "relaxed" | null>;
    name: Member<string>;
    }>[]>;
    rdms: Member<readonly Structure<{
    start: Member<Uint64>;
    size: Member<Uint64>;
    policy: Member<"invalid" | "strict" | "relaxed">;
    }>[]>;
    dtdevs: Member<readonly Structure<{
    path: Member<string>;
    }>[]>;
    vfbs: Member<readonly Structure<{
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    vnc: Member<Structure<{
    enable: Member<Defbool>;
    listen: Member<string>;
    passwd: Member<string>;
    display: Member<number>;
    findunused: Member<Defbool>;
    }>>;
    sdl: Member<Structure<{
    enable: Member<Defbool>;
    opengl: Member<Defbool>;
    display: Member<string>;
    xauthority: Member<string>;
    }>>;
    keymap: Member<string>;
    }>[]>;
    vkbs: Member<readonly Structure<{
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    backend_type: Member<"unknown" | "qemu" | "linux">;
    unique_id: Member<string>;
    feature_disable_keyboard: Member<boolean>;
    feature_disable_pointer: Member<boolean>;
    feature_abs_pointer: Member<boolean>;
    feature_raw_pointer: Member<boolean>;
    feature_multi_touch: Member<boolean>;
    width: Member<number>;
    height: Member<number>;
    multi_touch_width: Member<number>;
    multi_touch_height: Member<number>;
    multi_touch_num_contacts: Member<number>;
    }>[]>;
    vtpms: Member<readonly Structure<{
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    uuid: Member<string>;
    }>[]>;
    p9s: Member<readonly Structure<{
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    tag: Member<string>;
    path: Member<string>;
    security_model: Member<string>;
    devid: Member<number>;
    }>[]>;
    pvcallsifs: Member<readonly Structure<{
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    }>[]>;
    vdispls: Member<readonly Structure<{
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    be_alloc: Member<boolean>;
    connectors: Member<readonly Structure<{
    unique_id: Member<string>;
    width: Member<number>;
    height: Member<number>;
    }>[]>;
    }>[]>;
    vsnds: Member<readonly Structure<{
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    short_name: Member<string>;
    long_name: Member<string>;
    params: Member<Structure<{
    sample_rates: Member<readonly number[]>;
    sample_formats: Member<readonly ("s8" | "u8" | "s16_le" | "s16_be" | "u16_le" | "u16_be" | "s24_le" | "s24_be" | "u24_le" | "u24_be" | "s32_le" | "s32_be" | "u32_le" | "u32_be" | "f32_le" | "f32_be" | "f64_le" | "f64_be" | "iec958_subframe_le" | "iec958_subframe_be" | "mu_law" | "a_law" | "ima_adpcm" | "mpeg" | "gsm")[]>;
    channels_min: Member<number>;
    channels_max: Member<number>;
    buffer_size: Member<number>;
    }>>;
    pcms: Member<readonly Structure<{
    name: Member<string>;
    params: Member<Structure<{
    sample_rates: Member<readonly number[]>;
    sample_formats: Member<readonly ("s8" | "u8" | "s16_le" | "s16_be" | "u16_le" | "u16_be" | "s24_le" | "s24_be" | "u24_le" | "u24_be" | "s32_le" | "s32_be" | "u32_le" | "u32_be" | "f32_le" | "f32_be" | "f64_le" | "f64_be" | "iec958_subframe_le" | "iec958_subframe_be" | "mu_law" | "a_law" | "ima_adpcm" | "mpeg" | "gsm")[]>;
    channels_min: Member<number>;
    channels_max: Member<number>;
    buffer_size: Member<number>;
    }>>;
    streams: Member<readonly Structure<{
    unique_id: Member<string>;
    type: Member<"p" | "c">;
    params: Member<Structure<{
    sample_rates: Member<readonly number[]>;
    sample_formats: Member<readonly ("s8" | "u8" | "s16_le" | "s16_be" | "u16_le" | "u16_be" | "s24_le" | "s24_be" | "u24_le" | "u24_be" | "s32_le" | "s32_be" | "u32_le" | "u32_be" | "f32_le" | "f32_be" | "f64_le" | "f64_be" | "iec958_subframe_le" | "iec958_subframe_be" | "mu_law" | "a_law" | "ima_adpcm" | "mpeg" | "gsm")[]>;
    channels_min: Member<number>;
    channels_max: Member<number>;
    buffer_size: Member<number>;
    }>>;
    }>[]>;
    }>[]>;
    }>[]>;
    channels: Member<readonly Structure<{
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    devid: Member<number>;
    name: Member<string>;
    'connection.unknown': Member<Structure<{}>>;
    'connection.pty': Member<Structure<{}>>;
    'connection.socket': Member<Structure<{
    path: Member<string>;
    }>>;
    }>[]>;
    usbctrls: Member<readonly Structure<{
    type: Member<"pv" | "auto" | "devicemodel" | "qusb">;
    devid: Member<number>;
    version: Member<number>;
    ports: Member<number>;
    backend_domid: Member<number>;
    backend_domname: Member<string>;
    }>[]>;
    usbdevs: Member<readonly Structure<{
    ctrl: Member<number>;
    port: Member<number>;
    'type.hostdev': Member<Structure<{
    hostbus: Member<number>;
    hostaddr: Member<number>;
    }>>;
    }>[]>;
    on_poweroff: Member<"destroy" | "restart" | "restart_rename" | "preserve" | "coredump_destroy" | "coredump_restart" | "soft_reset">;
    on_reboot: Member<"destroy" | "restart" | "restart_rename" | "preserve" | "coredump_destroy" | "coredump_restart" | "soft_reset">;
    on_watchdog: Member<"destroy" | "restart" | "restart_rename" | "preserve" | "coredump_destroy" | "coredump_restart" | "soft_reset">;
    on_crash: Member<"destroy" | "restart" | "restart_rename" | "preserve" | "coredump_destroy" | "coredump_restart" | "soft_reset">;
    on_soft_reset: Member<"destroy" | "restart" | "restart_rename" | "preserve" | "coredump_destroy" | "coredump_restart" | "soft_reset">;
};

export const DOMAIN_TYPE: {
    readonly invalid: -1;
    readonly hvm: 1;
    readonly pv: 2;
    readonly pvh: 3;
};

export class DomainConfigError extends Error {
    constructor(code: DomainConfigErrorCode, at: number | string, message: string);
    readonly at: number | string;
    readonly code: DomainConfigErrorCode;
    readonly name = "DomainConfigError";
}

export type DomainConfigErrorCode = 'NOT_JSON' | 'TOO_DEEP' | 'WRONG_TYPE' | 'OUT_OF_RANGE' | 'UNKNOWN_NAME';

export interface DomainKey {
    readonly domid: number;
    readonly uuid: string;
}

export interface DomainParameters {
    readonly domid: number;
    readonly maxEventChannels: number;
    readonly maxGrantFrames: number;
    readonly maxMemoryKib: number;
    readonly maxVcpus: number;
    readonly name: string;
    readonly onlineVcpus: readonly boolean[];
    readonly pagingMemoryKib: number;
    readonly passthrough: boolean;
    readonly targetMemoryKib: number;
    readonly type: DomainType;
    readonly uuid: string;
    readonly videoMemoryKib: number;
}

export function domainParameters(config: LibxlDomainConfig): DomainParameters;

export interface DomainRemusInfo {
    readonly allow_unsafe?: Defbool;
    readonly blackhole?: Defbool;
    readonly colo?: Defbool;
    readonly compression?: Defbool;
    readonly diskbuf?: Defbool;
    readonly interval?: number;
    readonly netbuf?: Defbool;
    readonly netbufscript?: string;
    readonly userspace_colo_proxy?: Defbool;
}

export interface DomainRestoreParams {
    readonly checkpointed_stream?: CheckpointedStream;
    readonly colo_proxy_script?: string;
    readonly stream_version: StreamVersion;
    readonly userspace_colo_proxy?: Defbool;
}

export interface DomainSummary {
    readonly blocked: boolean;
    readonly cpuSeconds: number;
    readonly domid: number;
    readonly dying: boolean;
    readonly heldBecause: string | undefined;
    readonly maxMemoryKib: number;
    readonly maxVcpus: number;
    readonly memoryKib: number;
    readonly name: string | undefined;
    readonly onlineVcpus: number;
    readonly paused: boolean;
    readonly running: boolean;
    readonly shutdown: boolean;
    readonly shutdownReason: ShutdownName | undefined;
    readonly uuid: string;
}

export function domainSummary(host: Host, domid: number): Promise<DomainSummary>;

export type DomainType = 'pv' | 'hvm' | 'pvh';

export function domidOfName(host: Host, name: string): Promise<number | undefined>;

export function encodeText(text: string): Uint8Array;

export function endProcess(identity: ProcessIdentity): Promise<void>;

export function ensureRunning(host: Host, domid: number, asked: boolean): Promise<string[]>;

export type Enumeration = Readonly<Record<string, number>>;

export function enumFromName<E extends Enumeration>(enumeration: E, name: string): (keyof E & string) | undefined;

export function enumFromNumber<E extends Enumeration>(enumeration: E, number: number): (keyof E & string) | undefined;

export interface Estimate {
    readonly converges: boolean;
    readonly downtimeMs: number;
    readonly passes: number;
    readonly totalMs: number;
}

export interface EstimateInput {
    readonly bytesPerSecond: number;
    readonly dirtyPerSecond: number;
    readonly downtimeMs?: number;
    readonly pages: number;
    readonly roundTripMs: number;
}

export function estimateMigration(input: EstimateInput): Estimate;

export function evacuate(options: EvacuateOptions): Promise<MoveOutcome[]>;

export type EvacuateEvent = {
    readonly kind: 'begins';
    readonly move: PlannedMove;
} | {
    readonly kind: 'ends';
    readonly outcome: MoveOutcome;
};

export interface EvacuateOptions {
    readonly migrate: (move: PlannedMove) => Promise<MigrateReport>;
    readonly onEvent?: (event: EvacuateEvent) => void;
    readonly parallel?: number;
    readonly plan: EvacuationPlan;
    readonly signal?: AbortSignal;
}

export function evacuateToTargets(options: EvacuateToTargetsOptions): Promise<MoveOutcome[]>;

export type EvacuateToTargetsEvent = EvacuateEvent
/** What happens to a migration that is under way. */
| {
    readonly kind: 'move';
    readonly move: PlannedMove;
    readonly event: MigrateToTargetEvent;
};

export interface EvacuateToTargetsOptions extends Omit<MigrateToTargetOptions, 'domid' | 'config' | 'reach' | 'onEvent' | 'onText'> {
    readonly onEvent?: (event: EvacuateToTargetsEvent) => void;
    readonly onText?: (move: PlannedMove, text: string) => void;
    readonly parallel?: number;
    readonly plan: EvacuationPlan;
    readonly targets: ReadonlyMap<string, Reach>;
}

export interface EvacuationGuest {
    readonly domid: number;
    readonly findings: ReadonlyMap<string, readonly Finding[]>;
    readonly memoryKib: number;
    readonly name: string;
    readonly priority: number;
}

export interface EvacuationPlan {
    readonly left: readonly LeftGuest[];
    readonly moves: readonly PlannedMove[];
    readonly targets: readonly {
        readonly name: string;
        readonly freeKib: number | undefined;
        readonly afterKib: number | undefined;
    }[];
}

export interface EvacuationTarget {
    readonly freeKib: number | undefined;
    readonly name: string;
}

interface FileFacts {
    readonly found: FoundFile | undefined;
    readonly path: string;
}

export function findDomain(host: Host, qualifier: string): Promise<number>;

export interface Finding {
    readonly about: 'state' | 'device' | 'disk' | 'memory' | 'cpu' | 'version' | 'type' | 'name' | 'measurement';
    readonly severity: 'problem' | 'warning';
    readonly text: string;
}

export function findQemu(override?: string, environment?: NodeJS.ProcessEnv): FoundProgram;

export function findTraditional(override?: string, environment?: NodeJS.ProcessEnv): FoundProgram;

export function formatDomainConfig(config: LibxlDomainConfig): string;

export function formatHostDescription(description: HostDescription): string;

interface FoundFile {
    readonly fileSystem: number;
    readonly inode: number;
    readonly kind: 'file' | 'block' | 'other';
    readonly size: number;
}

export type FoundProgram = {
    readonly binary: string;
} | {
    readonly missing: string;
};

export function gatherEvacuation(options: GatherOptions): Promise<{
    readonly guests: EvacuationGuest[];
    readonly targets: EvacuationTarget[];
}>;

export interface GatherOptions {
    readonly host: Host;
    readonly priorityOf?: (name: string) => number;
    readonly reserveKib?: number;
    readonly signal?: AbortSignal;
    readonly targets: ReadonlyMap<string, CheckTarget>;
    readonly wanted?: (domain: DomainSummary) => boolean;
}

export const GFX_PASSTHRU_KIND: {
    readonly default: 0;
    readonly igd: 1;
};

export const GIC_VERSION: {
    readonly default: 0;
    readonly v2: 32;
    readonly v3: 48;
};

export type HandOverEvent = {
    readonly step: 'giving-permission';
} | {
    readonly step: 'target-started';
}
/** The target could not start it, with this status, and has given it back. */
| {
    readonly step: 'given-back';
    readonly status: number;
} | {
    readonly step: 'resumed';
};

export const HDTYPE: {
    readonly ide: 1;
    readonly ahci: 2;
};

export interface Host {
    readonly buildsGuests: boolean;
    close(): Promise<void>;
    readonly deviceModels: DeviceModelSettings;
    readonly directory: string;
    readonly hypervisor: Hypervisor;
    readonly stateDirectory: string;
    readonly xenstore: XenstoreClient;
}

export function hostAndPort(text: string): {
    host: string;
    port: number;
};

export interface HostDescription {
    readonly bootId: string;
    readonly cpuPolicies: Readonly<Record<'pv' | 'hvm', CpuPolicy>>;
    readonly cpus: number;
    readonly files: readonly FileFacts[];
    readonly freeMemoryKib: number;
    readonly hostId: string;
    readonly hostname: string;
    readonly link: {
        readonly encodings: readonly string[];
        readonly maxStreams: number;
    };
    readonly names: readonly string[];
    readonly toolstack: string;
    readonly totalMemoryKib: number;
    readonly version: string;
    readonly xen: {
        readonly major: number;
        readonly minor: number;
        readonly extra: string;
        readonly capabilities: string;
    };
}

export { HostInfo }

export function hostInfo(host: Host): Promise<HostInfo>;

export interface HostSample {
    readonly at: number;
    readonly domains: readonly DomainSummary[];
    readonly host: HostInfo;
    readonly vcpus: ReadonlyMap<number, readonly VcpuSummary[]>;
}

declare const HVM_INFO: {
    firmware: Member<string>;
    bios: Member<"unknown" | "rombios" | "seabios" | "ovmf">;
    pae: Member<Defbool>;
    apic: Member<Defbool>;
    acpi: Member<Defbool>;
    acpi_s3: Member<Defbool>;
    acpi_s4: Member<Defbool>;
    acpi_laptop_slate: Member<Defbool>;
    nx: Member<Defbool>;
    viridian: Member<Defbool>;
    viridian_enable: Member<Bitmap>;
    viridian_disable: Member<Bitmap>;
    timeoffset: Member<string>;
    hpet: Member<Defbool>;
    vpt_align: Member<Defbool>;
    mmio_hole_memkb: Member<Uint64>;
    timer_mode: Member<"unknown" | "delay_for_missed_ticks" | "no_delay_for_missed_ticks" | "no_missed_ticks_pending" | "one_missed_tick_pending">;
    nested_hvm: Member<Defbool>;
    altp2m: Member<Defbool>;
    system_firmware: Member<string>;
    smbios_firmware: Member<string>;
    acpi_firmware: Member<string>;
    hdtype: Member<"ide" | "ahci">;
    nographic: Member<Defbool>;
    vga: Member<Structure<{
    kind: Member<"unknown" | "cirrus" | "std" | "none" | "qxl">;
    }>>;
    vnc: Member<Structure<{
    enable: Member<Defbool>;
    listen: Member<string>;
    passwd: Member<string>;
    display: Member<number>;
    findunused: Member<Defbool>;
    }>>;
    keymap: Member<string>;
    sdl: Member<Structure<{
    enable: Member<Defbool>;
    opengl: Member<Defbool>;
    display: Member<string>;
    xauthority: Member<string>;
    }>>;
    spice: Member<Structure<{
    enable: Member<Defbool>;
    port: Member<number>;
    tls_port: Member<number>;
    host: Member<string>;
    disable_ticketing: Member<Defbool>;
    passwd: Member<string>;
    agent_mouse: Member<Defbool>;
    vdagent: Member<Defbool>;
    clipboard_sharing: Member<Defbool>;
    usbredirection: Member<number>;
    image_compression: Member<string>;
    streaming_video: Member<string>;
    }>>;
    gfx_passthru: Member<Defbool>;
    gfx_passthru_kind: Member<"default" | "igd">;
    serial: Member<string>;
    boot: Member<string>;
    usb: Member<Defbool>;
    usbversion: Member<number>;
    usbdevice: Member<string>;
    vkb_device: Member<Defbool>;
    soundhw: Member<string>;
    xen_platform_pci: Member<Defbool>;
    usbdevice_list: Member<readonly string[]>;
    vendor_device: Member<"none" | "xenserver">;
    ms_vm_genid: Member<readonly number[]>;
    serial_list: Member<readonly string[]>;
    rdm: Member<Structure<{
    strategy: Member<"host" | "ignore" | null>;
    policy: Member<"invalid" | "strict" | "relaxed" | null>;
    }>>;
    rdm_mem_boundary_memkb: Member<Uint64>;
    mca_caps: Member<Uint64>;
};

export function hypervisorMessages(host: Host): Promise<string>;

export const incomingName: (name: string) => string;

export function installedXl(): string | undefined;

declare const IOMEM_RANGE: {
    start: Member<Uint64>;
    number: Member<Uint64>;
    gfn: Member<Uint64>;
};

declare const IOPORT_RANGE: {
    first: Member<number>;
    number: Member<number>;
};

export function isLibxlError(e: unknown, ...codes: LibxlErrorCode[]): e is LibxlError;

export function joinLink(input: JoinLinkOptions): Promise<void>;

export interface JoinLinkOptions {
    readonly host: Host;
    readonly id: string;
    readonly signal?: AbortSignal;
}

export function keyOfDomain(host: Host, domid: number): Promise<DomainKey>;

export interface LeftGuest {
    readonly domid: number;
    readonly name: string;
    readonly reasons: readonly {
        readonly target: string;
        readonly why: readonly string[];
    }[];
}

export const LIBXL_ERROR: {
    readonly ERROR_NONSPECIFIC: -1;
    readonly ERROR_VERSION: -2;
    readonly ERROR_FAIL: -3;
    readonly ERROR_NI: -4;
    readonly ERROR_NOMEM: -5;
    readonly ERROR_INVAL: -6;
    readonly ERROR_BADFAIL: -7;
    readonly ERROR_GUEST_TIMEDOUT: -8;
    readonly ERROR_TIMEDOUT: -9;
    readonly ERROR_NOPARAVIRT: -10;
    readonly ERROR_NOT_READY: -11;
    readonly ERROR_OSEVENT_REG_FAIL: -12;
    readonly ERROR_BUFFERFULL: -13;
    readonly ERROR_UNKNOWN_CHILD: -14;
    readonly ERROR_LOCK_FAIL: -15;
    readonly ERROR_JSON_CONFIG_EMPTY: -16;
    readonly ERROR_DEVICE_EXISTS: -17;
    readonly ERROR_CHECKPOINT_DEVOPS_DOES_NOT_MATCH: -18;
    readonly ERROR_CHECKPOINT_DEVICE_NOT_SUPPORTED: -19;
    readonly ERROR_VNUMA_CONFIG_INVALID: -20;
    readonly ERROR_DOMAIN_NOTFOUND: -21;
    readonly ERROR_ABORTED: -22;
    readonly ERROR_NOTFOUND: -23;
    readonly ERROR_DOMAIN_DESTROYED: -24;
    readonly ERROR_FEATURE_REMOVED: -25;
    readonly ERROR_PROTOCOL_ERROR_QMP: -26;
    readonly ERROR_UNKNOWN_QMP_ERROR: -27;
    readonly ERROR_QMP_GENERIC_ERROR: -28;
    readonly ERROR_QMP_COMMAND_NOT_FOUND: -29;
    readonly ERROR_QMP_DEVICE_NOT_ACTIVE: -30;
    readonly ERROR_QMP_DEVICE_NOT_FOUND: -31;
    readonly ERROR_QEMU_API: -32;
};

export const LIBXL_HAVE_SRM_V1 = 1;

export const LIBXL_HAVE_SRM_V2 = 1;

export type LibxlConnectorParam = Structure<typeof CONNECTOR>;

export type LibxlDeviceChannel = Structure<typeof DEVICE_CHANNEL>;

export type LibxlDeviceDisk = Structure<typeof DEVICE_DISK>;

export type LibxlDeviceDtdev = Structure<typeof DEVICE_DTDEV>;

export type LibxlDeviceNic = Structure<typeof DEVICE_NIC>;

export type LibxlDeviceP9 = Structure<typeof DEVICE_P9>;

export type LibxlDevicePci = Structure<typeof DEVICE_PCI>;

export type LibxlDevicePvcallsif = Structure<typeof DEVICE_PVCALLSIF>;

export type LibxlDeviceRdm = Structure<typeof DEVICE_RDM>;

export type LibxlDeviceUsbctrl = Structure<typeof DEVICE_USBCTRL>;

export type LibxlDeviceUsbdev = Structure<typeof DEVICE_USBDEV>;

export type LibxlDeviceVdispl = Structure<typeof DEVICE_VDISPL>;

export type LibxlDeviceVfb = Structure<typeof DEVICE_VFB>;

export type LibxlDeviceVkb = Structure<typeof DEVICE_VKB>;

export type LibxlDeviceVsnd = Structure<typeof DEVICE_VSND>;

export type LibxlDeviceVtpm = Structure<typeof DEVICE_VTPM>;

export type LibxlDomainBuildInfo = Structure<typeof BUILD_INFO>;

export interface LibxlDomainConfig extends Structure<typeof DOMAIN_CONFIG> {
    readonly b_info: LibxlDomainBuildInfo;
    readonly c_info: LibxlDomainCreateInfo;
}

export type LibxlDomainCreateInfo = Structure<typeof CREATE_INFO>;

export type LibxlDomainSchedParams = Structure<typeof SCHED_PARAMS>;

export class LibxlError extends Error {
    constructor(code: LibxlErrorCode, message: string, details?: LibxlErrorDetails);
    readonly code: LibxlErrorCode;
    readonly details: LibxlErrorDetails;
    readonly name = "LibxlError";
    readonly rc: number;
}

export type LibxlErrorCode = keyof typeof LIBXL_ERROR;

export interface LibxlErrorDetails {
    readonly cause?: unknown;
    readonly cleanup?: readonly string[];
    readonly domid?: number;
}

export type LibxlHvmInfo = Structure<typeof HVM_INFO>;

export type LibxlIomemRange = Structure<typeof IOMEM_RANGE>;

export type LibxlIoportRange = Structure<typeof IOPORT_RANGE>;

export type LibxlPvhInfo = Structure<typeof PVH_INFO>;

export type LibxlPvInfo = Structure<typeof PV_INFO>;

export type LibxlRdmReserve = Structure<typeof RDM_RESERVE>;

export type LibxlSdlInfo = Structure<typeof SDL_INFO>;

export type LibxlSpiceInfo = Structure<typeof SPICE_INFO>;

export type LibxlVncInfo = Structure<typeof VNC_INFO>;

export type LibxlVnodeInfo = Structure<typeof VNODE>;

export type LibxlVsndParams = Structure<typeof VSND_PARAMS>;

export type LibxlVsndPcm = Structure<typeof VSND_PCM>;

export type LibxlVsndStream = Structure<typeof VSND_STREAM>;

export function linkCommand(plan: LinkPlan): Command;

export type LinkEvent =
/** All connections work (again). */
    {
    readonly kind: 'link-up';
    readonly connections: number;
    readonly again: boolean;
}
/** No connection is left; `forMs`: so long it is tried to be taken up again. */
| {
    readonly kind: 'link-broken';
    readonly reason: string;
    readonly forMs: number;
}
/** Bytes of the migration, and what went over the connections for them. */
| {
    readonly kind: 'link-totals';
    readonly rawBytes: number;
    readonly wireBytes: number;
};

export interface LinkPlan {
    readonly bytesPerSecond?: number;
    readonly compress: boolean;
    readonly first: Command;
    readonly id: string;
    readonly join: Command;
    readonly patienceMs: number;
    readonly streams: number;
}

export interface LinkSpeed {
    readonly bytesPerSecond: number;
    readonly roundTripMs: number;
}

export interface LinkSpeedOptions {
    readonly command: Command;
    readonly overMs?: number;
    readonly signal?: AbortSignal;
}

export interface LinkTotals {
    readonly rawBytes: number;
    readonly takenUpAgain: number;
    readonly wireBytes: number;
}

export interface LinkWish {
    readonly compress?: boolean;
    readonly patienceMs?: number;
    readonly streams?: number;
}

export function listDomains(host: Host): Promise<DomainSummary[]>;

export interface MachineStatus {
    readonly running: boolean;
    readonly status: string;
}

export interface MakeWitness {
    aboutToMake?(uuid: string, others: readonly number[]): void;
    made?(domid: number): void;
}

export const MAX_STREAMS = 16;

export function measureDirtyRate(input: DirtyRateOptions): Promise<DirtyRate>;

export function measureLink(input: LinkSpeedOptions): Promise<LinkSpeed | undefined>;

type Member<V> = MemberKind & {
    readonly holds?: V;
};

type MemberKind = {
    readonly kind: 'integer';
    readonly bits: 8 | 16 | 32 | 64;
    readonly signed: boolean;
    readonly initial: bigint;
} | {
    readonly kind: 'boolean';
} | {
    readonly kind: 'string';
} | {
    readonly kind: 'defbool';
} | {
    readonly kind: 'enumeration';
    readonly values: Enumeration;
    readonly initial: string | undefined;
    readonly nullable: boolean;
} | {
    readonly kind: 'bitmap';
} | {
    readonly kind: 'uuid';
} | {
    readonly kind: 'mac';
} | {
    readonly kind: 'string-list';
} | {
    readonly kind: 'key-value-list';
} | {
    readonly kind: 'cpuid-policies';
} | {
    readonly kind: 'generation-id';
} | {
    readonly kind: 'array';
    readonly of: MemberKind;
} | {
    readonly kind: 'structure';
    readonly members: Members;
}
/** One of the structures that may stand in a union: written where present, at most one. */
| {
    readonly kind: 'alternative';
    readonly members: Members;
};

type Members = Readonly<Record<string, Member<unknown>>>;

export function migrateDomain(options: MigrateOptions): Promise<MigrateReport>;

export type MigrateEvent = {
    readonly kind: 'state';
    readonly state: SenderState;
} | {
    readonly kind: 'sending';
    readonly header: XlHeader;
}
/** The transfer failed and the target was told so: the source is being resumed. */
| {
    readonly kind: 'resuming-source';
    readonly error: LibxlError;
} | {
    readonly kind: 'hand-over';
    readonly event: HandOverEvent;
} | SaveEvent;

export interface MigrateOptions {
    readonly autoConverge?: AutoConvergeOptions;
    readonly bytesPerSecond?: number;
    readonly config?: LibxlDomainConfig;
    readonly connection: MigrationConnection;
    readonly debug?: boolean;
    readonly domid: number;
    readonly host: Host;
    readonly live?: boolean;
    readonly onEvent?: (event: MigrateEvent) => void;
    readonly policy?: PrecopyPolicy;
    readonly preserveDomid?: boolean;
    readonly signal?: AbortSignal;
    readonly suspendTimeoutMs?: number;
}

export interface MigrateReport {
    readonly domid: number;
    readonly downtimeMs: number;
    readonly name: string | undefined;
    readonly problems: readonly string[];
    readonly totalMs: number;
    readonly transfer: TransferSummary;
    readonly uuid: string;
}

export function migrateToTarget(options: MigrateToTargetOptions): Promise<MigrateToTargetReport>;

export type MigrateToTargetEvent = MigrateEvent | LinkEvent
/** The target can't do all that is wished for: it goes on without. */
| {
    readonly kind: 'without';
    readonly what: 'link' | 'compression';
}
/** How the transport's process ended; the last event. */
| {
    readonly kind: 'transport-end';
    readonly pid: number | undefined;
    readonly end: TransportOutcome;
};

export interface MigrateToTargetOptions extends Omit<MigrateOptions, 'connection' | 'onEvent'> {
    readonly downtimeMs?: number;
    readonly link?: LinkWish;
    readonly onEvent?: (event: MigrateToTargetEvent) => void;
    readonly onText?: (text: string) => void;
    readonly reach: Reach;
    readonly receiver?: ReceiverRequest;
}

export interface MigrateToTargetReport extends MigrateReport {
    readonly link: LinkTotals | undefined;
}

export interface MigrationCheck {
    readonly cpuDifferences: readonly CpuDifference[] | undefined;
    readonly dirty: DirtyRate | undefined;
    readonly estimate: Estimate | undefined;
    readonly findings: readonly Finding[];
    readonly memoryKib: number;
    readonly possible: boolean;
}

export interface MigrationConnection {
    close(): void;
    phase?(phase: MigrationPhase): void;
    readonly shared?: SharedConnection;
    readonly sink: ByteSink;
    readonly source: ByteSource;
}

export class MigrationError extends LibxlError {
    constructor(code: LibxlErrorCode, message: string,
    at: SenderState, source: SourceFate, details: {
        domid: number;
        cause?: unknown;
        cleanup?: readonly string[];
    },
    targetStatus?: number | undefined);
    readonly at: SenderState;
    readonly source: SourceFate;
    readonly targetStatus?: number | undefined;
}

export type MigrationPhase = 'suspended' | 'given';

export type MigrationStatus = {
    readonly status: string | undefined;
    readonly error: string | undefined;
};

export type MissingCpuFeatures = 'refuse' | 'force';

export function monitorDomain(input: MonitorOptions): Promise<void>;

export interface MonitorOptions {
    readonly domain: DomainKey;
    readonly host: Host;
    readonly log: (text: string) => void;
    readonly signal?: AbortSignal;
}

export type MoveOutcome = {
    readonly kind: 'migrated';
    readonly move: PlannedMove;
    readonly report: MigrateReport;
} | {
    readonly kind: 'failed';
    readonly move: PlannedMove;
    readonly error: unknown;
    readonly why: string;
}
/** It was not begun. */
| {
    readonly kind: 'not-begun';
    readonly move: PlannedMove;
};

export interface MsrPolicy {
    readonly index: number;
    readonly policy: string;
}

export function nameOfDomain(host: Host, domid: number): Promise<string | undefined>;

export function newLinkId(): string;

export const NIC_TYPE: {
    readonly unknown: 0;
    readonly vif_ioemu: 1;
    readonly vif: 2;
};

export function openConsole(host: Host, domid: number): Promise<Socket>;

export function openHost(options?: OpenHostOptions): Promise<Host>;

export interface OpenHostOptions {
    readonly deviceModelTimeouts?: Partial<Pick<DeviceModelSettings, 'stateTimeoutMs' | 'replyTimeoutMs'>>;
    readonly directory?: string;
}

export function openLink(input: OpenLinkOptions): Promise<void>;

export interface OpenLinkOptions extends JoinLinkOptions {
    readonly receiver: Command;
}

export function parseDomainConfig(text: string): LibxlDomainConfig;

export function parseHostDescription(text: string): HostDescription;

export function parseReceiverArguments(words: readonly string[]): ReceiverRequest | undefined;

export const PASSTHROUGH: {
    readonly default: 0;
    readonly disabled: 1;
    readonly enabled: 2;
    readonly sync_pt: 3;
    readonly share_pt: 4;
};

export function pauseDomain(host: Host, domid: number): Promise<void>;

export function planEvacuation(guests: readonly EvacuationGuest[], targets: readonly EvacuationTarget[]): EvacuationPlan;

export interface PlannedMove {
    readonly domid: number;
    readonly memoryKib: number;
    readonly name: string;
    readonly priority: number;
    readonly target: string;
}

export function prepareEvacuation(options: PrepareEvacuationOptions): Promise<EvacuationPlan>;

export interface PrepareEvacuationOptions {
    readonly except?: readonly string[];
    readonly host: Host;
    readonly only?: readonly string[];
    readonly onUnreachable?: (target: string, error: LibxlError) => void;
    readonly priorities?: ReadonlyMap<string, number>;
    readonly reserveKib?: number;
    readonly signal?: AbortSignal;
    readonly targets: ReadonlyMap<string, Reach>;
}

export interface ProcessIdentity {
    readonly pid: number;
    readonly started: string | undefined;
}

declare const PV_INFO: {
    kernel: Member<string>;
    slack_memkb: Member<Uint64>;
    bootloader: Member<string>;
    bootloader_args: Member<readonly string[]>;
    cmdline: Member<string>;
    ramdisk: Member<string>;
    e820_host: Member<Defbool>;
};

declare const PVH_INFO: {
    pvshim: Member<Defbool>;
    pvshim_path: Member<string>;
    pvshim_cmdline: Member<string>;
    pvshim_extra: Member<string>;
};

export const QEMU_VARIABLE = "XEN_QEMU";

export function qemuArguments(invocation: QemuInvocation): string[];

export interface QemuInvocation {
    readonly config: LibxlDomainConfig;
    readonly domid: number;
    readonly incoming: number | undefined;
    readonly machine: QemuMachine;
    readonly sockets: {
        readonly command: string;
        readonly statistics: string;
    };
}

export type QemuMachine = 'xen' | 'standalone';

export interface QemuVersion {
    readonly major: number;
    readonly micro: number;
    readonly minor: number;
    readonly package: string;
}

export class QmpClient {
    close(): void;
    static connect(path: string, options?: QmpOptions): Promise<QmpClient>;
    get ended(): AbortSignal;
    execute(request: QmpRequest, options?: QmpOptions): Promise<unknown>;
    migration(options?: QmpOptions): Promise<MigrationStatus>;
    onEvent(listener: (event: QmpEvent) => void): () => void;
    status(options?: QmpOptions): Promise<MachineStatus>;
    get version(): QemuVersion;
}

export interface QmpEvent {
    readonly data: Readonly<Record<string, unknown>>;
    readonly name: string;
}

export interface QmpOptions {
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
}

export type QmpRequest = {
    readonly execute: 'query-status' | 'query-migrate';
}
/** Stop the machine, let it go on, end QEMU. */
| {
    readonly execute: 'stop' | 'cont' | 'quit';
}
/** Write the state of all devices, without memory. `live`: the disks are left to the other side's QEMU. */
| {
    readonly execute: 'xen-save-devices-state';
    readonly arguments: {
        readonly filename: string;
        readonly live?: boolean;
    };
}
/** QEMU 7.2 aborts on this one unless it serves COLO: a saved state is loaded by `-incoming`, as libxl does. */
| {
    readonly execute: 'xen-load-devices-state';
    readonly arguments: {
        readonly filename: string;
    };
}
/** Report your own writes to the guest's memory, or no longer. */
| {
    readonly execute: 'xen-set-global-dirty-log';
    readonly arguments: {
        readonly enable: boolean;
    };
};

export interface QueryOptions {
    readonly command: Command;
    readonly paths?: readonly string[];
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
}

export type QueryResult =
/** The same toolstack answers. */
    {
    readonly kind: 'ours';
    readonly description: HostDescription;
}
/** The host was reached, and another toolstack is there, or none. */
| {
    readonly kind: 'other';
    readonly said: string;
    readonly status: number;
} | {
    readonly kind: 'unreachable';
    readonly said: string;
};

export function queryTarget(input: QueryOptions): Promise<QueryResult>;

declare const RDM_RESERVE: {
    strategy: Member<"host" | "ignore" | null>;
    policy: Member<"invalid" | "strict" | "relaxed" | null>;
};

export const RDM_RESERVE_POLICY: {
    readonly invalid: -1;
    readonly strict: 0;
    readonly relaxed: 1;
};

export const RDM_RESERVE_STRATEGY: {
    readonly ignore: 0;
    readonly host: 1;
};

export interface Reach {
    (xlArguments: readonly string[]): Command;
    readonly fixed?: boolean;
    readonly shell?: (script: string) => Command;
}

export function reachTarget(input: TargetOptions): Reach;

export function readSaveFileHeader(reader: ByteReader, options?: SaveFileHeaderOptions): Promise<SaveFileStart>;

export function readTlsCredentials(directory: string): TlsCredentials;

export function readUserdata(host: Host, key: DomainKey, kind: UserdataKind): Promise<Uint8Array | undefined>;

export function rebootDomain(host: Host, domid: number, options?: RequestOptions): Promise<void>;

export interface ReceivedDomain {
    readonly domid: number;
    readonly name: string;
    readonly uuid: string;
}

export type ReceiveEvent = {
    readonly kind: 'state';
    readonly state: ReceiverState;
} | {
    readonly kind: 'header';
    readonly header: XlHeader;
    readonly config: LibxlDomainConfig;
}
/** The domain could not be started: our copy is being destroyed. */
| {
    readonly kind: 'giving-back';
    readonly error: LibxlError;
} | RestoreEvent;

export function receiveMigration(options: ReceiveOptions): Promise<ReceivedDomain>;

export interface ReceiveOptions {
    readonly connection: MigrationConnection;
    readonly host: Host;
    readonly missingCpuFeatures?: MissingCpuFeatures;
    readonly onEvent?: (event: ReceiveEvent) => void;
    readonly parseConfigText?: ConfigTextParser;
    readonly paused?: boolean;
    readonly remus?: boolean;
    readonly signal?: AbortSignal;
}

export const RECEIVER: {
    readonly listening: {
        readonly '!banner': "ready";
        readonly lost: "dropped";
        readonly failed: "dropped";
    };
    readonly ready: {
        readonly '?header': "receiving";
        readonly lost: "dropped";
        readonly failed: "dropped";
    };
    readonly receiving: {
        readonly '?stream': "complete";
        readonly lost: "dropped";
        readonly failed: "dropped";
    };
    readonly complete: {
        readonly '!ready': "waiting";
        readonly 'taken over': "running";
        readonly lost: "dropped";
        readonly failed: "dropped";
    };
    readonly waiting: {
        readonly '?permissionToGo': "starting";
        readonly lost: "failing";
        readonly failed: "failing";
    };
    readonly starting: {
        readonly '!report 0': "running";
        readonly lost: "failing";
        readonly failed: "failing";
    };
    readonly failing: {
        readonly '!report n': "destroying";
        readonly lost: "dropped";
        readonly failed: "dropped";
    };
    readonly destroying: {
        readonly '!permissionToGo': "givenBack";
        readonly lost: "dropped";
        readonly failed: "dropped";
    };
    readonly running: {};
    readonly givenBack: {};
    readonly dropped: {};
};

export function receiverArguments(request: ReceiverRequest): string[];

export function receiverCommand(xl: Command): (words: readonly string[]) => Command | undefined;

export interface ReceiverRequest {
    readonly capabilities?: boolean;
    readonly carriageReturn?: boolean;
    readonly debug?: boolean;
    readonly forceCpu?: boolean;
    readonly join?: string;
    readonly link?: string;
    readonly noMonitor?: boolean;
    readonly paused?: boolean;
    readonly remus?: boolean;
    readonly sink?: boolean;
    readonly timestamps?: boolean;
    readonly verbosity?: number;
}

export type ReceiverState = keyof typeof RECEIVER;

export function recentConsoleOutput(host: Host, domid: number): Promise<string>;

export function renameDomain(host: Host, domid: number, name: string, expected?: string): Promise<void>;

export function replicateDomain(options: ReplicateOptions): Promise<ReplicationEnd>;

export type ReplicateEvent = {
    readonly kind: 'checkpoint';
    readonly count: number;
} | SaveEvent;

export interface ReplicateOptions {
    readonly connection?: MigrationConnection;
    readonly domid: number;
    readonly host: Host;
    readonly info: DomainRemusInfo;
    readonly onEvent?: (event: ReplicateEvent) => void;
    readonly signal?: AbortSignal;
    readonly suspendTimeoutMs?: number;
}

export function replicateToTarget(options: ReplicateToTargetOptions): Promise<ReplicationEnd>;

export interface ReplicateToTargetOptions extends Omit<ReplicateOptions, 'connection'> {
    readonly reach: Reach;
    readonly receiver?: ReceiverRequest;
}

export interface ReplicationEnd {
    readonly checkpoints: number;
    readonly error: LibxlError;
    readonly kind: 'source-destroyed' | 'source-kept';
    readonly problems: readonly string[];
}

export interface RequestOptions {
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
}

export function requireAuthenticatedInput(fd: number): void;

export function requireMovable(host: Host, domid: number, input: {
    readonly live: boolean;
}): Promise<void>;

export interface RestoredDomain {
    readonly domid: number;
    readonly result: RestoreResult;
    readonly uuid: string;
}

export function restoreDomainStream(options: RestoreStreamOptions): Promise<RestoredDomain>;

export type RestoreEvent = {
    readonly kind: 'made';
    readonly domid: number;
} | {
    readonly kind: 'progress';
    readonly progress: RestoreProgress;
} | {
    readonly kind: 'device-model';
    readonly report: DeviceModelReport;
} | {
    readonly kind: 'restored';
    readonly result: RestoreResult;
};

export type RestoreFileEvent = {
    readonly kind: 'header';
    readonly header: XlHeader;
    readonly config: LibxlDomainConfig;
} | RestoreEvent;

export function restoreFromFile(options: RestoreOptions): Promise<RestoreReport>;

export interface RestoreOptions extends SaveFileHeaderOptions {
    readonly from: string | number | readonly string[];
    readonly host: Host;
    readonly missingCpuFeatures?: MissingCpuFeatures;
    readonly onEvent?: (event: RestoreFileEvent) => void;
    readonly paused?: boolean;
    readonly signal?: AbortSignal;
}

export interface RestoreReport extends RestoredDomain {
    readonly name: string;
    readonly totalMs: number;
}

export interface RestoreStreamOptions {
    readonly config: LibxlDomainConfig;
    readonly host: Host;
    readonly missingCpuFeatures?: MissingCpuFeatures;
    readonly onEvent?: (event: RestoreEvent) => void;
    readonly params?: DomainRestoreParams;
    readonly reader: ByteReader;
    readonly signal?: AbortSignal;
    readonly witness?: MakeWitness;
}

export function resumeDomain(host: Host, domid: number): Promise<void>;

export function retrieveConfiguration(host: Host, domid: number): Promise<LibxlDomainConfig>;

export function runInstalledXl(path: string, args: readonly string[], signal: AbortSignal): Promise<number>;

export interface RunningTransport {
    readonly connection: MigrationConnection;
    readonly ended: Promise<TransportEnd>;
    kill(): void;
    readonly pid: number | undefined;
}

export function sampleHost(host: Host, withVcpus?: boolean): Promise<HostSample>;

export type SaveEvent = {
    readonly kind: 'progress';
    readonly progress: SaveProgress;
    readonly statistics: TransferStatistics;
} | {
    readonly kind: 'suspending';
    readonly by: SuspendRequest;
} | {
    readonly kind: 'suspended';
    readonly afterMs: number;
};

export type SaveFileEvent = {
    readonly kind: 'saving';
    readonly header: XlHeader;
}
/** It failed: the domain is being resumed. */
| {
    readonly kind: 'resuming-source';
    readonly error: LibxlError;
} | SaveEvent;

export function saveFileHeader(config: LibxlDomainConfig, domid: number): XlHeader;

export interface SaveFileHeaderOptions {
    readonly config?: LibxlDomainConfig;
    readonly parseConfigText?: ConfigTextParser;
}

interface SaveFileStart {
    readonly config: LibxlDomainConfig;
    readonly header: XlHeader;
    readonly params: DomainRestoreParams;
}

export interface SaveOptions {
    readonly after?: AfterSave;
    readonly chain?: ChainOption;
    readonly config?: LibxlDomainConfig;
    readonly domid: number;
    readonly host: Host;
    readonly onEvent?: (event: SaveFileEvent) => void;
    readonly preserveDomid?: boolean;
    readonly signal?: AbortSignal;
    readonly suspendTimeoutMs?: number;
    readonly to: string | number;
}

export interface SaveReport {
    readonly bytes: number;
    readonly domid: number;
    readonly problems: readonly string[];
    readonly totalMs: number;
    readonly transfer: TransferSummary;
}

export interface SaveStreamOptions {
    readonly autoConverge?: AutoConvergeOptions;
    readonly beforeSuspend?: () => Promise<void>;
    readonly bytesPerSecond?: number;
    readonly checkpoints?: CheckpointOptions;
    readonly debug?: boolean;
    readonly domid: number;
    readonly host: Host;
    readonly incremental?: IncrementalSave;
    readonly live: boolean;
    readonly onEvent?: (event: SaveEvent) => void;
    readonly policy?: PrecopyPolicy;
    readonly signal?: AbortSignal;
    readonly sink: ByteSink;
    readonly suspendTimeoutMs?: number;
}

export function saveToFile(options: SaveOptions): Promise<SaveReport>;

declare const SCHED_PARAMS: {
    sched: Member<"null" | "unknown" | "sedf" | "credit" | "credit2" | "arinc653" | "rtds">;
    weight: Member<number>;
    cap: Member<number>;
    period: Member<number>;
    budget: Member<number>;
    extratime: Member<number>;
    slice: Member<number>;
    latency: Member<number>;
};

export const SCHEDULER: {
    readonly unknown: 0;
    readonly sedf: 4;
    readonly credit: 5;
    readonly credit2: 6;
    readonly arinc653: 7;
    readonly rtds: 8;
    readonly null: 9;
};

declare const SDL_INFO: {
    enable: Member<Defbool>;
    opengl: Member<Defbool>;
    display: Member<string>;
    xauthority: Member<string>;
};

export const SENDER: {
    readonly connected: {
        readonly '?banner': "greeted";
        readonly lost: "kept";
        readonly failed: "kept";
    };
    readonly greeted: {
        readonly '!header': "sending";
        readonly lost: "kept";
        readonly failed: "kept";
    };
    readonly sending: {
        readonly '!stream': "sent";
        readonly lost: "kept";
        readonly failed: "kept";
    };
    readonly sent: {
        readonly '?ready': "acknowledged";
        readonly lost: "kept";
        readonly failed: "kept";
    };
    readonly acknowledged: {
        readonly '!permissionToGo': "given";
        readonly lost: "kept";
        readonly failed: "kept";
    };
    readonly given: {
        readonly '?report 0': "moved";
        readonly '?report n': "refused";
        readonly lost: "unknown";
        readonly failed: "unknown";
    };
    readonly refused: {
        readonly '?permissionToGo': "returned";
        readonly lost: "unknown";
        readonly failed: "unknown";
    };
    readonly kept: {};
    readonly returned: {};
    readonly moved: {};
    readonly unknown: {};
};

export type SenderState = keyof typeof SENDER;

export function serveTls(options: TlsServerOptions): Promise<void>;

interface SharedConnection {
    readonly fromPeer?: Readable | number;
    readonly toPeer?: Writable | number;
}

export function shutdownDomain(host: Host, domid: number, options?: RequestOptions): Promise<void>;

export type ShutdownName = keyof typeof SHUTDOWN;

export const SINK_SCRIPT = "echo ready; dd bs=1 count=1 >/dev/null 2>&1; echo first; rest=$(wc -c); echo $((rest + 1))";

export function sinkBytes(input: Readable, answer: (line: string) => void): Promise<void>;

export type SourceFate =
/** It runs here; it never stopped, or was resumed. `cleanup` says what it lacks, as a device model that has died. */
'runs'
/** It is suspended here, called NAME--migratedaway: the target may run it. */
| 'suspended'
/** It should run here, but could not be made to; `cleanup` says why. */
| 'stuck';

declare const SPICE_INFO: {
    enable: Member<Defbool>;
    port: Member<number>;
    tls_port: Member<number>;
    host: Member<string>;
    disable_ticketing: Member<Defbool>;
    passwd: Member<string>;
    agent_mouse: Member<Defbool>;
    vdagent: Member<Defbool>;
    clipboard_sharing: Member<Defbool>;
    usbredirection: Member<number>;
    image_compression: Member<string>;
    streaming_video: Member<string>;
};

export interface StartedQemu {
    readonly identity: ProcessIdentity;
    readonly version: QemuVersion;
}

export function startMonitor(host: Host, input: DomainKey): void;

export function startQemu(options: StartQemuOptions): Promise<StartedQemu>;

export interface StartQemuOptions {
    readonly binary: string;
    readonly directory: string;
    readonly files: DeviceModelFiles;
    readonly invocation: Pick<QemuInvocation, 'domid' | 'config' | 'machine'>;
    readonly record: (identity: ProcessIdentity) => Promise<void>;
    readonly saved?: string;
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
}

export function startTime(host: Host, domid: number): Promise<number | undefined>;

export function startTransport(input: Command, options?: TransportOptions): RunningTransport;

export function storeConfiguration(host: Host, key: DomainKey, config: LibxlDomainConfig): Promise<void>;

export function storeUserdata(host: Host, key: DomainKey, kind: UserdataKind, data: Uint8Array | string): Promise<void>;

export function streamConnection(fromPeer: Readable, toPeer: Writable): MigrationConnection;

export { StreamError }

export type StreamVersion = 1 | 2;

type Structure<M extends Members> = {
    readonly [K in keyof M]?: M[K] extends {
        readonly holds?: infer V;
    } ? V : never;
};

export function suspendDomain(options: SuspendOptions): Promise<void>;

export interface SuspendOptions {
    readonly beforeAsking?: () => Promise<void>;
    readonly domid: number;
    readonly host: Host;
    readonly onAsked?: (by: SuspendRequest) => void;
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
}

export type SuspendRequest = 'event-channel' | 'xenstore' | 'remote';

export function takeAsked(env?: NodeJS.ProcessEnv): ReceiverRequest;

export interface TargetCheck extends MigrationCheck {
    readonly link: LinkSpeed | undefined;
    readonly target: CheckTarget;
}

export interface TargetOptions {
    readonly host: string;
    readonly sshCommand?: string;
    readonly tlsDirectory?: string;
    readonly xl?: Command;
}

export const TEE_TYPE: {
    readonly none: 0;
    readonly optee: 1;
};

export const TIMER_MODE: {
    readonly unknown: -1;
    readonly delay_for_missed_ticks: 0;
    readonly no_delay_for_missed_ticks: 1;
    readonly no_missed_ticks_pending: 2;
    readonly one_missed_tick_pending: 3;
};

export const TLS_FILES: {
    readonly cert: "cert.pem";
    readonly key: "key.pem";
    readonly ca: "ca.pem";
};

export const TLS_PORT = 8002;

export function tlsCommand(target: TlsTarget, args: readonly string[]): Command;

export interface TlsCredentials {
    readonly ca: Buffer;
    readonly cert: Buffer;
    readonly key: Buffer;
}

export type TlsServerEvent = {
    readonly kind: 'listening';
    readonly port: number;
}
/** Nothing is known of it yet but where it comes from. */
| {
    readonly kind: 'connected';
    readonly from: string;
} | {
    readonly kind: 'accepted';
    readonly peer: string;
    readonly from: string;
    readonly args: readonly string[];
} | {
    readonly kind: 'refused';
    readonly from: string | undefined;
    readonly why: string;
} | {
    readonly kind: 'ended';
    readonly peer: string;
    readonly status: number;
};

export interface TlsServerOptions {
    readonly address?: string;
    readonly commandFor: (args: readonly string[]) => Command | undefined;
    readonly credentials: TlsCredentials;
    readonly onEvent?: (event: TlsServerEvent) => void;
    readonly port: number;
    readonly signal?: AbortSignal;
}

export interface TlsTarget {
    readonly directory: string;
    readonly host: string;
    readonly port: number;
}

export const TRADITIONAL_VARIABLE = "XEN_QEMU_TRADITIONAL";

export interface TransferPass {
    readonly bytes: number;
    readonly ms: number;
    readonly pages: number;
    readonly suspended: boolean;
}

export interface TransferStatistics {
    readonly bytes: number;
    readonly dirtyRate: number | undefined;
    readonly elapsedMs: number;
    readonly expectedDowntimeMs: number | undefined;
    readonly pagesDone: number;
    readonly pagesTotal: number;
    readonly pass: number;
    readonly remainingBytes: number;
    readonly throttle: number;
    readonly throughput: number;
}

export interface TransferSummary extends Omit<SaveResult, 'cleanupErrors'> {
    readonly passes: readonly TransferPass[];
}

export type TransportEnd = {
    readonly kind: 'exit';
    readonly status: number;
} | {
    readonly kind: 'signal';
    readonly signal: NodeJS.Signals;
} | {
    readonly kind: 'not-started';
    readonly error: Error;
};

export interface TransportOptions {
    readonly onLink?: (event: LinkEvent) => void;
    readonly onText?: (text: string) => void;
    readonly patienceMs?: number;
}

export type TransportOutcome = TransportEnd | {
    readonly kind: 'late';
};

export const TSC_MODE: {
    readonly default: 0;
    readonly always_emulate: 1;
    readonly native: 2;
    readonly native_paravirt: 3;
};

export type Uint64 = number | bigint;

export function unpauseDomain(host: Host, domid: number): Promise<void>;

export function updateConfiguration(host: Host, domid: number, config: LibxlDomainConfig): Promise<void>;

export const USBCTRL_TYPE: {
    readonly auto: 0;
    readonly pv: 1;
    readonly devicemodel: 2;
    readonly qusb: 3;
};

export const USBDEV_TYPE: {
    readonly hostdev: 1;
};

export type UserdataKind = 'libxl-json' | 'emulator' | 'xl' | 'snapshot';

export function vcpusOfDomain(host: Host, domid: number): Promise<VcpuSummary[]>;

export interface VcpuSummary extends VcpuInfo {
    readonly vcpu: number;
}

export const VENDOR_DEVICE: {
    readonly none: 0;
    readonly xenserver: 1;
};

export const VGA_INTERFACE_TYPE: {
    readonly unknown: 0;
    readonly cirrus: 1;
    readonly std: 2;
    readonly none: 3;
    readonly qxl: 4;
};

export const VIRIDIAN_ENLIGHTENMENT: {
    readonly base: 0;
    readonly freq: 1;
    readonly time_ref_count: 2;
    readonly reference_tsc: 3;
    readonly hcall_remote_tlb_flush: 4;
    readonly apic_assist: 5;
    readonly crash_ctl: 6;
    readonly synic: 7;
    readonly stimer: 8;
    readonly hcall_ipi: 9;
    readonly ex_processor_masks: 10;
    readonly no_vp_limit: 11;
    readonly cpu_hotplug: 12;
};

export const VKB_BACKEND: {
    readonly unknown: 0;
    readonly qemu: 1;
    readonly linux: 2;
};

declare const VNC_INFO: {
    enable: Member<Defbool>;
    listen: Member<string>;
    passwd: Member<string>;
    display: Member<number>;
    findunused: Member<Defbool>;
};

declare const VNODE: {
    memkb: Member<Uint64>;
    distances: Member<readonly number[]>;
    pnode: Member<number>;
    vcpus: Member<Bitmap>;
};

declare const VSND_PARAMS: {
    sample_rates: Member<readonly number[]>;
    sample_formats: Member<readonly ("s8" | "u8" | "s16_le" | "s16_be" | "u16_le" | "u16_be" | "s24_le" | "s24_be" | "u24_le" | "u24_be" | "s32_le" | "s32_be" | "u32_le" | "u32_be" | "f32_le" | "f32_be" | "f64_le" | "f64_be" | "iec958_subframe_le" | "iec958_subframe_be" | "mu_law" | "a_law" | "ima_adpcm" | "mpeg" | "gsm")[]>;
    channels_min: Member<number>;
    channels_max: Member<number>;
    buffer_size: Member<number>;
};

declare const VSND_PCM: {
    name: Member<string>;
    params: Member<Structure<{
    sample_rates: Member<readonly number[]>;
    sample_formats: Member<readonly ("s8" | "u8" | "s16_le" | "s16_be" | "u16_le" | "u16_be" | "s24_le" | "s24_be" | "u24_le" | "u24_be" | "s32_le" | "s32_be" | "u32_le" | "u32_be" | "f32_le" | "f32_be" | "f64_le" | "f64_be" | "iec958_subframe_le" | "iec958_subframe_be" | "mu_law" | "a_law" | "ima_adpcm" | "mpeg" | "gsm")[]>;
    channels_min: Member<number>;
    channels_max: Member<number>;
    buffer_size: Member<number>;
    }>>;
    streams: Member<readonly Structure<{
    unique_id: Member<string>;
    type: Member<"p" | "c">;
    params: Member<Structure<{
    sample_rates: Member<readonly number[]>;
    sample_formats: Member<readonly ("s8" | "u8" | "s16_le" | "s16_be" | "u16_le" | "u16_be" | "s24_le" | "s24_be" | "u24_le" | "u24_be" | "s32_le" | "s32_be" | "u32_le" | "u32_be" | "f32_le" | "f32_be" | "f64_le" | "f64_be" | "iec958_subframe_le" | "iec958_subframe_be" | "mu_law" | "a_law" | "ima_adpcm" | "mpeg" | "gsm")[]>;
    channels_min: Member<number>;
    channels_max: Member<number>;
    buffer_size: Member<number>;
    }>>;
    }>[]>;
};

export const VSND_PCM_FORMAT: {
    readonly s8: 1;
    readonly u8: 2;
    readonly s16_le: 3;
    readonly s16_be: 4;
    readonly u16_le: 5;
    readonly u16_be: 6;
    readonly s24_le: 7;
    readonly s24_be: 8;
    readonly u24_le: 9;
    readonly u24_be: 10;
    readonly s32_le: 11;
    readonly s32_be: 12;
    readonly u32_le: 13;
    readonly u32_be: 14;
    readonly f32_le: 15;
    readonly f32_be: 16;
    readonly f64_le: 17;
    readonly f64_be: 18;
    readonly iec958_subframe_le: 19;
    readonly iec958_subframe_be: 20;
    readonly mu_law: 21;
    readonly a_law: 22;
    readonly ima_adpcm: 23;
    readonly mpeg: 24;
    readonly gsm: 25;
};

declare const VSND_STREAM: {
    unique_id: Member<string>;
    type: Member<"p" | "c">;
    params: Member<Structure<{
    sample_rates: Member<readonly number[]>;
    sample_formats: Member<readonly ("s8" | "u8" | "s16_le" | "s16_be" | "u16_le" | "u16_be" | "s24_le" | "s24_be" | "u24_le" | "u24_be" | "s32_le" | "s32_be" | "u32_le" | "u32_be" | "f32_le" | "f32_be" | "f64_le" | "f64_be" | "iec958_subframe_le" | "iec958_subframe_be" | "mu_law" | "a_law" | "ima_adpcm" | "mpeg" | "gsm")[]>;
    channels_min: Member<number>;
    channels_max: Member<number>;
    buffer_size: Member<number>;
    }>>;
};

export const VSND_STREAM_TYPE: {
    readonly p: 1;
    readonly c: 2;
};

export const VUART_TYPE: {
    readonly unknown: 0;
    readonly sbsa_uart: 1;
};

export function waitForDeath(host: Host, domid: number, options?: {
    readonly signal?: AbortSignal;
}): Promise<ShutdownName | 'gone'>;

export function waitUntilSuspendable(host: Host, domid: number, input?: {
    readonly timeoutMs?: number;
    readonly signal?: AbortSignal;
}): Promise<void>;

export function withArguments(input: Command, more: readonly string[]): Command;

export function writeDomainStream(options: SaveStreamOptions): Promise<TransferSummary>;

export { XlHeader }
