import { MAX_VCPU_ID } from '../layout/chunks.js';
import { type LegacyReader, viewOf } from '../read/legacy-reader.js';

/** Where no chunk says which vcpus are online, it is the first alone. */
export const ONLY_FIRST_VCPU: readonly number[] = [0];

/** The chunk vcpu_info: numbers of the vcpus that are online. */
export async function readVcpuMap(legacy: LegacyReader): Promise<number[]> {
  const at = legacy.offset;
  const maxId = await legacy.i32();
  if (maxId < 0 || maxId > MAX_VCPU_ID) {
    const message = `the highest vcpu is ${maxId}, not one of 0 to ${MAX_VCPU_ID}`;
    throw legacy.fault('BAD_VALUE', 'vcpu-max', message, at);
  }
  const words = Math.floor(maxId / 64) + 1;
  const map = viewOf(await legacy.bytes(words * 8));
  const online: number[] = [];
  for (let id = 0; id < words * 64; id++) {
    if (((map.getUint8(id >> 3) >> (id & 7)) & 1) === 0) continue;
    if (id > maxId) {
      throw legacy.fault('BAD_VALUE', 'vcpu-map', `vcpu ${id} is online, but the highest is ${maxId}`, at + 4);
    }
    online.push(id);
  }
  return online;
}
