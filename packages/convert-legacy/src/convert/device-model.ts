import { type ByteSink, type LibxlWriter, REC_LENGTH_MAX } from '@xen-migration/stream-format';
import { DEVICE_MODEL, DEVICE_MODEL_ENDLESS, DEVICE_MODEL_REMUS, DEVICE_MODEL_SIZED } from '../layout/layouts.js';
import type { LegacyReader } from '../read/legacy-reader.js';
import type { Trace } from './options.js';

/** Which device model it was, a legacy stream doesn't say: the domain's configuration does. */
const EMULATOR_UNKNOWN = 0;

const UNREADABLE: Readonly<Record<string, string>> = {
  [DEVICE_MODEL_ENDLESS]: 'its device model state, as xend wrote it, has no length',
  [DEVICE_MODEL_REMUS]: 'its device model state is that of a Remus checkpoint, which others may follow',
};

/** The state of the device model after an HVM guest's tail, as a record of a libxl stream. */
export async function convertDeviceModel(legacy: LegacyReader, libxl: LibxlWriter, trace: Trace): Promise<void> {
  const { data } = await readDeviceModel(legacy, trace);
  await libxl.record({ type: 'EMULATOR_CONTEXT', emulatorId: EMULATOR_UNKNOWN, index: 0, data });
}

/** The same behind a libxc stream, where it stays as it is: a toolstack that is not libxl reads it there. */
export async function copyDeviceModel(legacy: LegacyReader, sink: ByteSink, trace: Trace): Promise<void> {
  const { head, data } = await readDeviceModel(legacy, trace);
  await sink.writev([head, data]);
}

async function readDeviceModel(legacy: LegacyReader, trace: Trace): Promise<{ head: Uint8Array; data: Uint8Array }> {
  legacy.enterPart('device model');
  const at = legacy.offset;
  const head = new Uint8Array(DEVICE_MODEL.size + 4);
  head.set(await legacy.bytes(DEVICE_MODEL.size));
  const signature = String.fromCharCode(...head.subarray(0, DEVICE_MODEL.size));
  if (signature !== DEVICE_MODEL_SIZED) {
    const reason = UNREADABLE[signature] ?? `the signature ${JSON.stringify(signature)} is not known`;
    throw legacy.fault('UNSUPPORTED', 'device-model-signature', reason, at);
  }
  head.set(await legacy.bytes(4), DEVICE_MODEL.size);
  const length = new DataView(head.buffer).getUint32(DEVICE_MODEL.size, true);
  trace?.(`${at}: device model, ${length} bytes`);
  if (length > REC_LENGTH_MAX - 8) {
    const message = `${length} bytes, more than a record holds`;
    throw legacy.fault('BAD_LENGTH', 'device-model-max', message, at + DEVICE_MODEL.size);
  }
  return { head, data: await legacy.bytes(length) };
}
