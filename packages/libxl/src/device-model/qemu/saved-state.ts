const MAGIC = Buffer.from('QEVM');
/** The interrupt controller of a PC. On Xen that is the hypervisor's, and QEMU has none. */
const PC_INTERRUPTS = Buffer.from('\x05i8259', 'latin1');

/** Whether it is the state of a QEMU of Xen's machine. The format does not name the machine; its devices tell. */
export function isStateOfXen(state: Uint8Array): boolean {
  const bytes = Buffer.from(state.buffer, state.byteOffset, state.byteLength);
  return bytes.subarray(0, MAGIC.length).equals(MAGIC) && !bytes.includes(PC_INTERRUPTS);
}
