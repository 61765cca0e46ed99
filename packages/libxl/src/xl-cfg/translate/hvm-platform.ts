import { enumFromName, VIRIDIAN_ENLIGHTENMENT } from '../../config/index.js';
import type { XlValue } from '../settings.js';
import { EXIT_ERROR_FAIL, EXIT_FAILURE, put, type Translation } from '../translation.js';
import type { Draft } from './draft.js';
import { putMemory } from './memory.js';

/** The virtual machine around an HVM guest's CPUs. */
export function translateHvmPlatform(t: Translation, draft: Draft): void {
  const { lookup } = t;
  const { build, hvm } = draft;
  for (const key of ['pae', 'acpi_s3', 'acpi_s4', 'acpi_laptop_slate', 'nx', 'hpet', 'vpt_align'] as const) {
    put(hvm, key, lookup.defbool(key));
  }
  put(build, 'apic', lookup.defbool('apic'));
  translateViridian(t, draft);
  translateMmioHole(t, draft);
  const altp2m = lookup.defbool('altp2mhvm');
  if (altp2m !== undefined) {
    hvm.altp2m = altp2m;
    t.say('WARNING: Specifying "altp2mhvm" is deprecated. Please use "altp2m" instead.');
  }
  put(hvm, 'smbios_firmware', lookup.string('smbios_firmware'));
  put(hvm, 'acpi_firmware', lookup.string('acpi_firmware'));
  translateGenerationId(t, draft);
  putMemory(t, 'rdm_mem_boundary', hvm, 'rdm_mem_boundary_memkb');
  translateMcaCapabilities(t, draft);
}

/** LIBXL_BUILDINFO_HVM_VIRIDIAN_ENABLE_DISABLE_WIDTH */
const VIRIDIAN_WIDTH = 64;

function translateViridian(t: Translation, { hvm }: Draft): void {
  const list = t.lookup.quietList('viridian');
  if (typeof list === 'string') {
    const number = t.lookup.quietLong('viridian');
    if (number !== undefined) hvm.viridian = number === 0n ? 'False' : 'True';
    return;
  }
  const enabled = new Set<number>();
  const disabled = new Set<number>();
  for (const item of list) {
    const name = requireString(t, 'viridian', item);
    if (name === 'all') for (let bit = 0; bit < VIRIDIAN_WIDTH; bit++) enabled.add(bit);
    else if (name === 'defaults') hvm.viridian = 'True';
    else if (name.startsWith('!')) change(t, name.slice(1), disabled, enabled);
    else change(t, name, enabled, disabled);
  }
  hvm.viridian_enable = ascending(enabled);
  hvm.viridian_disable = ascending(disabled);
}

function change(t: Translation, name: string, to: Set<number>, from: Set<number>): void {
  const enlightenment = enumFromName(VIRIDIAN_ENLIGHTENMENT, name);
  if (enlightenment === undefined) {
    throw t.refuse(EXIT_ERROR_FAIL, `xl: unknown viridian enlightenment '${name}'`);
  }
  const bit = VIRIDIAN_ENLIGHTENMENT[enlightenment];
  to.add(bit);
  from.delete(bit);
}

const ascending = (bits: ReadonlySet<number>): number[] => [...bits].sort((a, b) => a - b);

// Stock crashes on a list in a list.
function requireString(t: Translation, key: string, item: XlValue): string {
  if (item.kind === 'string') return item.text;
  throw t.refuse(EXIT_FAILURE, `xl: ${key} cannot hold a list`);
}

// HVM_BELOW_4G_MMIO_LENGTH and HVM_BELOW_4G_MMIO_START of Xen's hvm/e820.h
const SMALLEST_HOLE = 0x1000_0000n;
const LARGEST_HOLE = 0xf000_0000n;

function translateMmioHole(t: Translation, { hvm }: Draft): void {
  const mebibytes = t.lookup.long('mmio_hole');
  if (mebibytes === undefined) return;
  const bytes = BigInt.asUintN(64, mebibytes << 20n);
  if (bytes < SMALLEST_HOLE || bytes > LARGEST_HOLE) {
    throw t.refuse(EXIT_FAILURE, `ERROR: invalid value ${mebibytes} for "mmio_hole"`);
  }
  putMemory(t, 'mmio_hole', hvm, 'mmio_hole_memkb');
}

const GENERATION_ID_BYTES = 16;

function translateGenerationId(t: Translation, { hvm }: Draft): void {
  const wish = t.lookup.string('ms_vm_genid');
  if (wish === undefined || wish === 'none') return;
  if (wish !== 'generate') {
    throw t.refuse(EXIT_FAILURE, 'ERROR: "ms_vm_genid" option must be "generate" or "none"');
  }
  hvm.ms_vm_genid = [...t.random.bytes(GENERATION_ID_BYTES)];
}

/** XEN_HVM_MCA_CAP_LMCE */
const LMCE = 1;

function translateMcaCapabilities(t: Translation, { hvm }: Draft): void {
  const list = t.lookup.quietList('mca_caps');
  if (list === 'absent') return;
  if (list === 'unusable') throw t.refuse(EXIT_ERROR_FAIL, 'ERROR: unable to parse mca_caps.');
  for (const item of list) {
    const name = requireString(t, 'mca_caps', item);
    if (name !== 'lmce') throw t.refuse(EXIT_ERROR_FAIL, `ERROR: unrecognized MCA capability '${name}'.`);
    hvm.mca_caps = LMCE;
  }
}
