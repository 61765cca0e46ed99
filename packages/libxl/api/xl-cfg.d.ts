import { Hypervisor } from '@xen-migration/libxc';
import { XenstoreClient } from '@xen-migration/libxc/xenstore/client';

type Bitmap = readonly number[];

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

interface CpuidLeaf {
    readonly eax?: string;
    readonly ebx?: string;
    readonly ecx?: string;
    readonly edx?: string;
    readonly leaf: number;
    readonly subleaf?: number;
}

interface CpuidPolicies {
    readonly cpuid: readonly CpuidLeaf[];
    readonly msr: readonly MsrPolicy[];
}

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

type Defbool = 'True' | 'False';

interface DeviceModelSettings {
    readonly machine: QemuMachine;
    readonly replyTimeoutMs: number;
    readonly runDirectory: string;
    readonly stateTimeoutMs: number;
}

declare const DOMAIN_CONFIG: {
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

type Enumeration = Readonly<Record<string, number>>;

interface Host {
    readonly buildsGuests: boolean;
    close(): Promise<void>;
    readonly deviceModels: DeviceModelSettings;
    readonly directory: string;
    readonly hypervisor: Hypervisor;
    readonly stateDirectory: string;
    readonly xenstore: XenstoreClient;
}

export interface HostFacts {
    readonly maxCpus: number;
    readonly nodes: readonly (readonly number[])[];
    readonly onlineCpus: number;
}

type LibxlDomainBuildInfo = Structure<typeof BUILD_INFO>;

interface LibxlDomainConfig extends Structure<typeof DOMAIN_CONFIG> {
    readonly b_info: LibxlDomainBuildInfo;
    readonly c_info: LibxlDomainCreateInfo;
}

type LibxlDomainCreateInfo = Structure<typeof CREATE_INFO>;

export class Lookup {
    constructor(settings: XlSettings, report: Report);
    boundedLong(name: string, min: bigint, max: bigint): bigint | Missing;
    defbool(name: string): 'True' | 'False' | undefined;
    list(name: string): readonly XlValue[] | undefined;
    long(name: string): bigint | undefined;
    quietList(name: string): readonly XlValue[] | Missing;
    quietLong(name: string): bigint | undefined;
    quietString(name: string): string | undefined;
    readonly report: Report;
    readonly settings: XlSettings;
    string(name: string): string | undefined;
}

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

type Missing = 'absent' | 'unusable';

interface MsrPolicy {
    readonly index: number;
    readonly policy: string;
}

export function parseXlConf(text: string | Uint8Array, source: string, host: HostFacts): XlConf;

export function parseXlConfig(text: string | Uint8Array, source: string): XlSettings;

export function printDomainConfig(config: LibxlDomainConfig): string;

export function printXlConfig(settings: Iterable<Pick<XlSetting, 'name' | 'operator' | 'value'>>): string;

type QemuMachine = 'xen' | 'standalone';

export interface RandomSource {
    bytes(count: number): Uint8Array;
    uuid(): string;
}

export type ReadConfigEvent =
/** xl.conf has been read, and the text follows. */
    {
    readonly kind: 'parsing';
}
/** A warning in stock's words, or of our own; a whole line. */
| {
    readonly kind: 'message';
    readonly text: string;
};

export function readDomainConfig(options: ReadDomainConfigOptions): Promise<LibxlDomainConfig>;

export interface ReadDomainConfigOptions {
    readonly applyCpuMasks?: boolean;
    readonly extraWarnings?: boolean;
    readonly host?: Host;
    readonly onEvent?: (event: ReadConfigEvent) => void;
    readonly settings?: readonly string[];
    readonly source: string;
    readonly text: Uint8Array;
}

declare class Report {
    line(text: string): void;
    readonly messages: string[];
    unfinished(text: string): void;
}

type Structure<M extends Members> = {
    readonly [K in keyof M]?: M[K] extends {
        readonly holds?: infer V;
    } ? V : never;
};

export function toDomainConfig(settings: XlSettings, options: ToDomainConfigOptions): TranslatedConfig;

export interface ToDomainConfigOptions {
    readonly applyCpuMasks?: boolean;
    readonly defaults?: XlDefaults;
    readonly extraWarnings?: boolean;
    readonly host: HostFacts;
    readonly random?: RandomSource;
}

export interface TranslatedConfig {
    readonly config: LibxlDomainConfig;
    readonly messages: readonly string[];
}

type Uint64 = number | bigint;

export interface XlConf {
    readonly defaults: XlDefaults;
    readonly messages: readonly string[];
}

export class XlConfigError extends Error {
    constructor(messages: readonly string[], rc: number, problems?: readonly XlSyntaxProblem[]);
    readonly messages: readonly string[];
    readonly name = "XlConfigError";
    readonly problems: readonly XlSyntaxProblem[];
    readonly rc: number;
}

export interface XlDefaults {
    readonly blkdevStart?: string;
    readonly claimMode?: boolean;
    readonly cpuMasks?: {
        readonly vm?: Bitmap;
        readonly pv?: Bitmap;
        readonly hvm?: Bitmap;
    };
    readonly maxGrantFrames?: number;
    readonly maxGrantVersion?: number;
    readonly maxMaptrackFrames?: number;
    readonly runHotplugScripts?: boolean;
    readonly vif?: {
        readonly script?: string;
        readonly bridge?: string;
        readonly gatewaydev?: string;
        readonly backend?: string;
    };
}

export interface XlList {
    readonly column: number;
    readonly items: readonly XlValue[];
    readonly kind: 'list';
    readonly line: number;
}

export interface XlSetting {
    readonly line: number;
    readonly name: string;
    readonly operator: '=' | '+=';
    readonly value: XlValue;
}

export class XlSettings {
    constructor(source: string);
    add(setting: XlSetting): boolean;
    get(name: string): XlSetting | undefined;
    names(): readonly string[];
    readonly source: string;
}

export interface XlString {
    readonly column: number;
    readonly kind: 'string';
    readonly line: number;
    readonly text: string;
}

export interface XlSyntaxProblem {
    readonly column: number;
    readonly line: number;
    readonly message: string;
}

export type XlValue = XlString | XlList;
