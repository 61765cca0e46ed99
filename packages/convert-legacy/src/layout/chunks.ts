/** What a chunk's leading number means, where it is no count of pages (xg_save_restore.h, XC_SAVE_ID_*). */
export const CHUNK = {
  end: 0,
  enable_verify_mode: -1,
  vcpu_info: -2,
  hvm_ident_pt: -3,
  hvm_vm86_tss: -4,
  tmem: -5,
  tmem_extra: -6,
  tsc_info: -7,
  hvm_console_pfn: -8,
  last_checkpoint: -9,
  hvm_acpi_ioports_location: -10,
  hvm_viridian: -11,
  compressed_data: -12,
  enable_compression: -13,
  hvm_generation_id_addr: -14,
  hvm_paging_ring_pfn: -15,
  hvm_monitor_ring_pfn: -16,
  hvm_sharing_ring_pfn: -17,
  toolstack: -18,
  hvm_ioreq_server_pfn: -19,
  hvm_nr_ioreq_server_pages: -20,
} as const;

export type ChunkName = keyof typeof CHUNK;

/** The lowest number that a chunk may have. */
export const CHUNK_MIN = Math.min(...Object.values(CHUNK));

/** A batch holds at most so many pages (MAX_BATCH_SIZE). */
export const MAX_BATCH = 1024;

/** The highest number that a vcpu may have (XC_SR_MAX_VCPUS - 1). */
export const MAX_VCPU_ID = 4095;

const NAME_OF = new Map<number, ChunkName>(Object.entries(CHUNK).map(([name, number]) => [number, name as ChunkName]));

/** The chunk's name; undefined for a number that the format doesn't define, and for a batch of pages. */
export function chunkName(marker: number): ChunkName | undefined {
  return NAME_OF.get(marker);
}

/** HVM parameters that have a chunk of their own (public/hvm/params.h). */
const HVM_PARAM_OF_CHUNK: Partial<Record<ChunkName, number>> = {
  hvm_viridian: 9,
  hvm_ident_pt: 12,
  hvm_vm86_tss: 15,
  hvm_console_pfn: 17,
  hvm_acpi_ioports_location: 19,
  hvm_paging_ring_pfn: 27,
  hvm_monitor_ring_pfn: 28,
  hvm_sharing_ring_pfn: 29,
  hvm_ioreq_server_pfn: 32,
  hvm_nr_ioreq_server_pages: 33,
  hvm_generation_id_addr: 34,
};

/** The HVM parameter in the chunk; undefined where the chunk holds none. */
export function hvmParamOf(name: ChunkName): number | undefined {
  return HVM_PARAM_OF_CHUNK[name];
}

/** Parameters that stand at fixed places of an HVM guest's tail. */
export const HVM_PARAM_STORE_PFN = 1;
export const HVM_PARAM_IOREQ_PFN = 5;
export const HVM_PARAM_BUFIOREQ_PFN = 6;
