/**
 * The structures of a libxl_domain_config as of Xen 4.17 (libxl_types.idl): the members in the order in which libxl
 * writes them, each with its kind and default. The types, the reader and the writer all come from these tables.
 */
import * as enums from './enums.js';
import {
  alternative,
  array,
  bitmap,
  bool,
  cpuidPolicies,
  defbool,
  devid,
  domid,
  enumeration,
  generationId,
  int,
  keyValueList,
  mac,
  memkb,
  nullableEnumeration,
  type Structure,
  string,
  stringList,
  structure,
  uint8,
  uint32,
  uint64,
  uuid,
} from './schema.js';

const CREATE_INFO = {
  type: enumeration(enums.DOMAIN_TYPE, 'invalid'),
  hap: defbool(),
  oos: defbool(),
  ssidref: uint32(),
  ssid_label: string(),
  name: string(),
  domid: domid(),
  uuid: uuid(),
  xsdata: keyValueList(),
  platformdata: keyValueList(),
  poolid: uint32(),
  pool_name: string(),
  run_hotplug_scripts: defbool(),
  driver_domain: defbool(),
  passthrough: enumeration(enums.PASSTHROUGH),
  xend_suspend_evtchn_compat: defbool(),
};
export type LibxlDomainCreateInfo = Structure<typeof CREATE_INFO>;

const VNODE = { memkb: memkb(), distances: array(uint32()), pnode: uint32(), vcpus: bitmap() };
export type LibxlVnodeInfo = Structure<typeof VNODE>;

const SCHED_PARAMS = {
  sched: enumeration(enums.SCHEDULER),
  weight: int(-1),
  cap: int(-1),
  period: int(-1),
  budget: int(-1),
  extratime: int(-1),
  slice: int(-1),
  latency: int(-1),
};
export type LibxlDomainSchedParams = Structure<typeof SCHED_PARAMS>;

const IOPORT_RANGE = { first: uint32(), number: uint32() };
export type LibxlIoportRange = Structure<typeof IOPORT_RANGE>;

const IOMEM_RANGE = { start: uint64(), number: uint64(), gfn: uint64(0xffff_ffff_ffff_ffffn) };
export type LibxlIomemRange = Structure<typeof IOMEM_RANGE>;

const VNC_INFO = { enable: defbool(), listen: string(), passwd: string(), display: int(), findunused: defbool() };
export type LibxlVncInfo = Structure<typeof VNC_INFO>;

const SDL_INFO = { enable: defbool(), opengl: defbool(), display: string(), xauthority: string() };
export type LibxlSdlInfo = Structure<typeof SDL_INFO>;

const SPICE_INFO = {
  enable: defbool(),
  port: int(),
  tls_port: int(),
  host: string(),
  disable_ticketing: defbool(),
  passwd: string(),
  agent_mouse: defbool(),
  vdagent: defbool(),
  clipboard_sharing: defbool(),
  usbredirection: int(),
  image_compression: string(),
  streaming_video: string(),
};
export type LibxlSpiceInfo = Structure<typeof SPICE_INFO>;

const RDM_RESERVE = {
  // Of the two `xl` leaves one without a value where rdm= names only the other; stock writes null then.
  strategy: nullableEnumeration(enums.RDM_RESERVE_STRATEGY, 'ignore'),
  policy: nullableEnumeration(enums.RDM_RESERVE_POLICY, 'invalid'),
};
export type LibxlRdmReserve = Structure<typeof RDM_RESERVE>;

const HVM_INFO = {
  firmware: string(),
  bios: enumeration(enums.BIOS_TYPE),
  pae: defbool(),
  apic: defbool(),
  acpi: defbool(),
  acpi_s3: defbool(),
  acpi_s4: defbool(),
  acpi_laptop_slate: defbool(),
  nx: defbool(),
  viridian: defbool(),
  viridian_enable: bitmap(),
  viridian_disable: bitmap(),
  timeoffset: string(),
  hpet: defbool(),
  vpt_align: defbool(),
  mmio_hole_memkb: memkb(),
  timer_mode: enumeration(enums.TIMER_MODE, 'unknown'),
  nested_hvm: defbool(),
  altp2m: defbool(),
  system_firmware: string(),
  smbios_firmware: string(),
  acpi_firmware: string(),
  hdtype: enumeration(enums.HDTYPE, 'ide'),
  nographic: defbool(),
  vga: structure({ kind: enumeration(enums.VGA_INTERFACE_TYPE) }),
  vnc: structure(VNC_INFO),
  keymap: string(),
  sdl: structure(SDL_INFO),
  spice: structure(SPICE_INFO),
  gfx_passthru: defbool(),
  gfx_passthru_kind: enumeration(enums.GFX_PASSTHRU_KIND),
  serial: string(),
  boot: string(),
  usb: defbool(),
  usbversion: int(),
  usbdevice: string(),
  vkb_device: defbool(),
  soundhw: string(),
  xen_platform_pci: defbool(),
  usbdevice_list: stringList(),
  vendor_device: enumeration(enums.VENDOR_DEVICE),
  ms_vm_genid: generationId(),
  serial_list: stringList(),
  rdm: structure(RDM_RESERVE),
  rdm_mem_boundary_memkb: memkb(),
  mca_caps: uint64(),
};
export type LibxlHvmInfo = Structure<typeof HVM_INFO>;

const PV_INFO = {
  kernel: string(),
  slack_memkb: memkb(),
  bootloader: string(),
  bootloader_args: stringList(),
  cmdline: string(),
  ramdisk: string(),
  e820_host: defbool(),
};
export type LibxlPvInfo = Structure<typeof PV_INFO>;

const PVH_INFO = { pvshim: defbool(), pvshim_path: string(), pvshim_cmdline: string(), pvshim_extra: string() };
export type LibxlPvhInfo = Structure<typeof PVH_INFO>;

const ARCH_ARM = { gic_version: enumeration(enums.GIC_VERSION), vuart: enumeration(enums.VUART_TYPE) };
const ARCH_X86 = { msr_relaxed: defbool() };

const BUILD_INFO = {
  max_vcpus: int(),
  avail_vcpus: bitmap(),
  cpumap: bitmap(),
  nodemap: bitmap(),
  vcpu_hard_affinity: array(bitmap()),
  vcpu_soft_affinity: array(bitmap()),
  numa_placement: defbool(),
  tsc_mode: enumeration(enums.TSC_MODE),
  max_memkb: memkb(),
  target_memkb: memkb(),
  video_memkb: memkb(),
  shadow_memkb: memkb(),
  iommu_memkb: memkb(),
  rtc_timeoffset: uint32(),
  exec_ssidref: uint32(),
  exec_ssid_label: string(),
  localtime: defbool(),
  disable_migrate: defbool(),
  cpuid: cpuidPolicies(),
  blkdev_start: string(),
  vnuma_nodes: array(structure(VNODE)),
  max_grant_frames: uint32(0xffff_ffff),
  max_maptrack_frames: uint32(0xffff_ffff),
  max_grant_version: int(-1),
  device_model_version: enumeration(enums.DEVICE_MODEL_VERSION),
  device_model_stubdomain: defbool(),
  stubdomain_memkb: memkb(),
  stubdomain_kernel: string(),
  stubdomain_cmdline: string(),
  stubdomain_ramdisk: string(),
  device_model: string(),
  device_model_ssidref: uint32(),
  device_model_ssid_label: string(),
  device_model_user: string(),
  extra: stringList(),
  extra_pv: stringList(),
  extra_hvm: stringList(),
  sched_params: structure(SCHED_PARAMS),
  ioports: array(structure(IOPORT_RANGE)),
  irqs: array(uint32()),
  iomem: array(structure(IOMEM_RANGE)),
  claim_mode: defbool(),
  event_channels: uint32(),
  kernel: string(),
  cmdline: string(),
  ramdisk: string(),
  device_tree: string(),
  acpi: defbool(),
  bootloader: string(),
  bootloader_args: stringList(),
  timer_mode: enumeration(enums.TIMER_MODE, 'unknown'),
  nested_hvm: defbool(),
  apic: defbool(),
  dm_restrict: defbool(),
  tee: enumeration(enums.TEE_TYPE),
  'type.hvm': alternative(HVM_INFO),
  'type.pv': alternative(PV_INFO),
  'type.pvh': alternative(PVH_INFO),
  'type.invalid': alternative({}),
  arch_arm: structure(ARCH_ARM),
  arch_x86: structure(ARCH_X86),
  altp2m: enumeration(enums.ALTP2M_MODE, 'disabled'),
  vmtrace_buf_kb: int(),
  vpmu: defbool(),
};
export type LibxlDomainBuildInfo = Structure<typeof BUILD_INFO>;

const DEVICE_DISK = {
  backend_domid: domid(),
  backend_domname: string(),
  pdev_path: string(),
  vdev: string(),
  backend: enumeration(enums.DISK_BACKEND),
  format: enumeration(enums.DISK_FORMAT),
  script: string(),
  removable: int(),
  readwrite: int(),
  is_cdrom: int(),
  direct_io_safe: bool(),
  discard_enable: defbool(),
  specification: enumeration(enums.DISK_SPECIFICATION),
  transport: enumeration(enums.DISK_TRANSPORT),
  irq: uint32(),
  base: uint64(),
  colo_enable: defbool(),
  colo_restore_enable: defbool(),
  colo_host: string(),
  colo_port: int(),
  colo_export: string(),
  active_disk: string(),
  hidden_disk: string(),
  trusted: defbool(),
};
export type LibxlDeviceDisk = Structure<typeof DEVICE_DISK>;

const DEVICE_NIC = {
  backend_domid: domid(),
  backend_domname: string(),
  devid: devid(),
  mtu: int(),
  model: string(),
  mac: mac(),
  ip: string(),
  bridge: string(),
  ifname: string(),
  script: string(),
  nictype: enumeration(enums.NIC_TYPE),
  rate_bytes_per_interval: uint64(),
  rate_interval_usecs: uint32(),
  gatewaydev: string(),
  coloft_forwarddev: string(),
  colo_sock_mirror_id: string(),
  colo_sock_mirror_ip: string(),
  colo_sock_mirror_port: string(),
  colo_sock_compare_pri_in_id: string(),
  colo_sock_compare_pri_in_ip: string(),
  colo_sock_compare_pri_in_port: string(),
  colo_sock_compare_sec_in_id: string(),
  colo_sock_compare_sec_in_ip: string(),
  colo_sock_compare_sec_in_port: string(),
  colo_sock_compare_notify_id: string(),
  colo_sock_compare_notify_ip: string(),
  colo_sock_compare_notify_port: string(),
  colo_sock_redirector0_id: string(),
  colo_sock_redirector0_ip: string(),
  colo_sock_redirector0_port: string(),
  colo_sock_redirector1_id: string(),
  colo_sock_redirector1_ip: string(),
  colo_sock_redirector1_port: string(),
  colo_sock_redirector2_id: string(),
  colo_sock_redirector2_ip: string(),
  colo_sock_redirector2_port: string(),
  colo_filter_mirror_queue: string(),
  colo_filter_mirror_outdev: string(),
  colo_filter_redirector0_queue: string(),
  colo_filter_redirector0_indev: string(),
  colo_filter_redirector0_outdev: string(),
  colo_filter_redirector1_queue: string(),
  colo_filter_redirector1_indev: string(),
  colo_filter_redirector1_outdev: string(),
  colo_compare_pri_in: string(),
  colo_compare_sec_in: string(),
  colo_compare_out: string(),
  colo_compare_notify_dev: string(),
  colo_sock_sec_redirector0_id: string(),
  colo_sock_sec_redirector0_ip: string(),
  colo_sock_sec_redirector0_port: string(),
  colo_sock_sec_redirector1_id: string(),
  colo_sock_sec_redirector1_ip: string(),
  colo_sock_sec_redirector1_port: string(),
  colo_filter_sec_redirector0_queue: string(),
  colo_filter_sec_redirector0_indev: string(),
  colo_filter_sec_redirector0_outdev: string(),
  colo_filter_sec_redirector1_queue: string(),
  colo_filter_sec_redirector1_indev: string(),
  colo_filter_sec_redirector1_outdev: string(),
  colo_filter_sec_rewriter0_queue: string(),
  colo_checkpoint_host: string(),
  colo_checkpoint_port: string(),
  trusted: defbool(),
};
export type LibxlDeviceNic = Structure<typeof DEVICE_NIC>;

const DEVICE_PCI = {
  func: uint8(),
  dev: uint8(),
  bus: uint8(),
  domain: int(),
  vdevfn: uint32(),
  vfunc_mask: uint32(),
  msitranslate: bool(),
  power_mgmt: bool(),
  permissive: bool(),
  seize: bool(),
  rdm_policy: nullableEnumeration(enums.RDM_RESERVE_POLICY, 'invalid'),
  name: string(),
};
export type LibxlDevicePci = Structure<typeof DEVICE_PCI>;

const DEVICE_RDM = { start: uint64(), size: uint64(), policy: enumeration(enums.RDM_RESERVE_POLICY, 'invalid') };
export type LibxlDeviceRdm = Structure<typeof DEVICE_RDM>;

const DEVICE_DTDEV = { path: string() };
export type LibxlDeviceDtdev = Structure<typeof DEVICE_DTDEV>;

const DEVICE_VFB = {
  backend_domid: domid(),
  backend_domname: string(),
  devid: devid(),
  vnc: structure(VNC_INFO),
  sdl: structure(SDL_INFO),
  keymap: string(),
};
export type LibxlDeviceVfb = Structure<typeof DEVICE_VFB>;

const DEVICE_VKB = {
  backend_domid: domid(),
  backend_domname: string(),
  devid: devid(),
  backend_type: enumeration(enums.VKB_BACKEND),
  unique_id: string(),
  feature_disable_keyboard: bool(),
  feature_disable_pointer: bool(),
  feature_abs_pointer: bool(),
  feature_raw_pointer: bool(),
  feature_multi_touch: bool(),
  width: uint32(),
  height: uint32(),
  multi_touch_width: uint32(),
  multi_touch_height: uint32(),
  multi_touch_num_contacts: uint32(),
};
export type LibxlDeviceVkb = Structure<typeof DEVICE_VKB>;

const DEVICE_VTPM = { backend_domid: domid(), backend_domname: string(), devid: devid(), uuid: uuid() };
export type LibxlDeviceVtpm = Structure<typeof DEVICE_VTPM>;

const DEVICE_P9 = {
  backend_domid: domid(),
  backend_domname: string(),
  tag: string(),
  path: string(),
  security_model: string(),
  devid: devid(),
};
export type LibxlDeviceP9 = Structure<typeof DEVICE_P9>;

const DEVICE_PVCALLSIF = { backend_domid: domid(), backend_domname: string(), devid: devid() };
export type LibxlDevicePvcallsif = Structure<typeof DEVICE_PVCALLSIF>;

const CONNECTOR = { unique_id: string(), width: uint32(), height: uint32() };
export type LibxlConnectorParam = Structure<typeof CONNECTOR>;

const DEVICE_VDISPL = {
  backend_domid: domid(),
  backend_domname: string(),
  devid: devid(),
  be_alloc: bool(),
  connectors: array(structure(CONNECTOR)),
};
export type LibxlDeviceVdispl = Structure<typeof DEVICE_VDISPL>;

const VSND_PARAMS = {
  sample_rates: array(uint32()),
  sample_formats: array(enumeration(enums.VSND_PCM_FORMAT)),
  channels_min: uint32(),
  channels_max: uint32(),
  buffer_size: uint32(),
};
export type LibxlVsndParams = Structure<typeof VSND_PARAMS>;

const VSND_STREAM = {
  unique_id: string(),
  type: enumeration(enums.VSND_STREAM_TYPE),
  params: structure(VSND_PARAMS),
};
export type LibxlVsndStream = Structure<typeof VSND_STREAM>;

const VSND_PCM = { name: string(), params: structure(VSND_PARAMS), streams: array(structure(VSND_STREAM)) };
export type LibxlVsndPcm = Structure<typeof VSND_PCM>;

const DEVICE_VSND = {
  backend_domid: domid(),
  backend_domname: string(),
  devid: devid(),
  short_name: string(),
  long_name: string(),
  params: structure(VSND_PARAMS),
  pcms: array(structure(VSND_PCM)),
};
export type LibxlDeviceVsnd = Structure<typeof DEVICE_VSND>;

const DEVICE_CHANNEL = {
  backend_domid: domid(),
  backend_domname: string(),
  devid: devid(),
  name: string(),
  'connection.unknown': alternative({}),
  'connection.pty': alternative({}),
  'connection.socket': alternative({ path: string() }),
};
export type LibxlDeviceChannel = Structure<typeof DEVICE_CHANNEL>;

const DEVICE_USBCTRL = {
  type: enumeration(enums.USBCTRL_TYPE),
  devid: devid(),
  version: int(),
  ports: int(),
  backend_domid: domid(),
  backend_domname: string(),
};
export type LibxlDeviceUsbctrl = Structure<typeof DEVICE_USBCTRL>;

const DEVICE_USBDEV = {
  ctrl: devid(),
  port: int(),
  'type.hostdev': alternative({ hostbus: uint8(), hostaddr: uint8() }),
};
export type LibxlDeviceUsbdev = Structure<typeof DEVICE_USBDEV>;

export const DOMAIN_CONFIG = {
  c_info: structure(CREATE_INFO),
  b_info: structure(BUILD_INFO),
  disks: array(structure(DEVICE_DISK)),
  nics: array(structure(DEVICE_NIC)),
  pcidevs: array(structure(DEVICE_PCI)),
  rdms: array(structure(DEVICE_RDM)),
  dtdevs: array(structure(DEVICE_DTDEV)),
  vfbs: array(structure(DEVICE_VFB)),
  vkbs: array(structure(DEVICE_VKB)),
  vtpms: array(structure(DEVICE_VTPM)),
  p9s: array(structure(DEVICE_P9)),
  pvcallsifs: array(structure(DEVICE_PVCALLSIF)),
  vdispls: array(structure(DEVICE_VDISPL)),
  vsnds: array(structure(DEVICE_VSND)),
  channels: array(structure(DEVICE_CHANNEL)),
  usbctrls: array(structure(DEVICE_USBCTRL)),
  usbdevs: array(structure(DEVICE_USBDEV)),
  on_poweroff: enumeration(enums.ACTION_ON_SHUTDOWN, 'destroy'),
  on_reboot: enumeration(enums.ACTION_ON_SHUTDOWN, 'destroy'),
  on_watchdog: enumeration(enums.ACTION_ON_SHUTDOWN, 'destroy'),
  on_crash: enumeration(enums.ACTION_ON_SHUTDOWN, 'destroy'),
  on_soft_reset: enumeration(enums.ACTION_ON_SHUTDOWN, 'destroy'),
};

/**
 * Everything that libxl knows of a domain to be made (libxl_domain_config). It has the shape of its JSON: libxl's member
 * names, and a member that is absent has libxl's default. The guest type stands twice: as `c_info.type`, and as the one
 * of `b_info['type.pv']`, `['type.hvm']`, `['type.pvh']` that is present. Members that a newer libxl wrote and this table
 * does not know stay in the value and are written again.
 */
export interface LibxlDomainConfig extends Structure<typeof DOMAIN_CONFIG> {
  readonly c_info: LibxlDomainCreateInfo;
  readonly b_info: LibxlDomainBuildInfo;
}
