import { bytes, Layout, u32, u64 } from '@xen-migration/stream-format';

/** The legacy format is described by comments of a header that Xen had until 4.5. */
export const LEGACY_SPEC = 'xg_save_restore.h of Xen 4.5, SAVE/RESTORE/MIGRATE PROTOCOL';
/** The toolstack's own data are described nowhere but in the source that wrote them. */
export const TOOLSTACK_SPEC = 'libxl_dom.c of Xen 4.5, libxl__toolstack_save';

export const EXTENDED_BLOCK = new Layout('Extended info block', LEGACY_SPEC, [
  bytes('id', 4, '"vcpu", "extv" or "xcnt".'),
  u32('length', 'Bytes of the block that follow.'),
]);

export const HVM_PARAM_CHUNK = new Layout('Chunk of one HVM parameter', LEGACY_SPEC, [
  u32('padding', 'The compiler put it there; anything.'),
  u64('value', "The parameter's value."),
]);

export const TSC_INFO_CHUNK = new Layout('TSC info', LEGACY_SPEC, [
  u32('mode', 'How the guest sees the TSC.'),
  u64('nsec', 'Elapsed time in nanoseconds.'),
  u32('khz', 'Frequency in kHz.'),
  u32('incarnation', 'How often the guest was restored.'),
]);

export const HVM_TAIL = new Layout('HVM tail', LEGACY_SPEC, [
  u64('ioreq_pfn', 'I/O request page.'),
  u64('bufioreq_pfn', 'Buffered I/O request page.'),
  u64('store_pfn', "xenstore's page."),
  u32('context_length', 'Bytes of the HVM context that follow.'),
]);

export const VCPU_XSAVE = new Layout('xsave data of a vcpu', LEGACY_SPEC, [
  u64('mask', 'Features that the host had enabled.'),
  u64('size', 'Bytes of xsave data that follow.'),
]);

export const DEVICE_MODEL = new Layout('Device model record', LEGACY_SPEC, [
  bytes('signature', 21, 'How the record is framed.'),
]);

export const TOOLSTACK = new Layout('Toolstack record', TOOLSTACK_SPEC, [
  u32('version', 'Always 1.'),
  u32('count', 'How many physmap entries follow.'),
]);

export const PHYSMAP_ENTRY = new Layout('physmap entry', TOOLSTACK_SPEC, [
  u64('phys_offset', "Where the device's memory is for QEMU."),
  u64('start_addr', 'Where it is for the guest.'),
  u64('size', 'Bytes of it.'),
  u32('name_length', 'Bytes of its name that follow, NUL and all.'),
]);

/** A 64-bit libxl wrote the name four bytes too early, and four bytes of nothing after it. */
export const PHYSMAP_NAME_SLACK = 4;

/** Size of the context of a 64-bit and of a 32-bit guest's vcpu (vcpu_guest_context_t): tells them apart. */
export const VCPU_CONTEXT_64 = 0x1430;
export const VCPU_CONTEXT_32 = 0xaf0;
/** Size of a vcpu's extended context (xen_domctl_ext_vcpucontext, padded). */
export const EXTENDED_CONTEXT = 128;

export const DEVICE_MODEL_SIZED = 'DeviceModelRecord0002';
export const DEVICE_MODEL_ENDLESS = 'QemuDeviceModelRecord';
export const DEVICE_MODEL_REMUS = 'RemusDeviceModelState';
