const PAGE = 4096;

/** The head of a 64-bit toolstack's stream of an HVM guest with so many pages. */
export function head(pages: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, pages, true);
  return bytes;
}

/** A batch of pages, each filled with the lowest byte of its pfn. */
export function batch(firstPfn: number, count: number): Uint8Array {
  const bytes = new Uint8Array(4 + count * (8 + PAGE));
  const view = new DataView(bytes.buffer);
  view.setInt32(0, count, true);
  for (let i = 0; i < count; i++) {
    view.setUint32(4 + i * 8, firstPfn + i, true);
    bytes.fill(firstPfn + i, 4 + count * 8 + i * PAGE, 4 + count * 8 + (i + 1) * PAGE);
  }
  return bytes;
}

/** End of the body, tail, and the state of a device model. */
export function tail(): Uint8Array {
  const bytes = new Uint8Array(4 + 24 + 4 + 8 + 21 + 4 + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(28, 8, true);
  bytes.set(new TextEncoder().encode('DeviceModelRecord0002'), 40);
  view.setUint32(61, 4, true);
  bytes.set([1, 2, 3, 4], 65);
  return bytes;
}

/** A whole stream of an HVM guest, a batch for every four pages. */
export function smallStream(pages: number): Uint8Array {
  const batches = Array.from({ length: pages / 4 }, (_, i) => batch(i * 4, 4));
  return Buffer.concat([head(pages), ...batches, tail()]);
}
