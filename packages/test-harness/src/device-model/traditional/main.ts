import { embeddedHostDirectory, HOST_FILES } from '@xen-migration/libxc/embedded';
import { XenstoreClient } from '@xen-migration/libxc/xenstore';
import { isFault } from './faults.js';
import { QemuDm } from './qemu-dm.js';

/** The arguments of qemu-dm that matter here, and its fault; whatever else QEMU takes it takes, too. */
function argumentsOf(list: readonly string[]) {
  const after = (name: string) => {
    const at = list.indexOf(name);
    return at < 0 ? undefined : list[at + 1];
  };
  const domid = Number(after('-d'));
  if (!Number.isInteger(domid) || domid <= 0) throw new Error('-d is missing: the domain to serve');
  const fault = after('-fault');
  if (fault !== undefined && !isFault(fault)) throw new Error(`there is no fault '${fault}'`);
  return { domid, saved: after('-loadvm'), fault };
}

const directory = embeddedHostDirectory();
const { domid, saved, fault } = argumentsOf(process.argv.slice(2));
const xenstore = await XenstoreClient.connect(`${directory}/${HOST_FILES.xenstore}`);
const model = new QemuDm({ xenstore, domid, saved, fault, saveFile: `${directory}/libxl/qemu-save.${domid}` });
await model.serve();
