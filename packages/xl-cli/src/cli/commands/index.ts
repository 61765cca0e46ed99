import type { Command, CommandSpec } from '../command.js';

type Load = () => Promise<Command>;

/** Every command, in the order of `xl help`; a command's file is loaded when it is called. */
export const COMMANDS: Readonly<Record<string, Load>> = {
  create: async () => (await import('./create.js')).create as Command,
  'config-update': async () => (await import('./config-update.js')).configUpdate as Command,
  list: async () => (await import('./list.js')).list as Command,
  destroy: async () => (await import('./destroy.js')).destroy as Command,
  shutdown: async () => (await import('./shutdown.js')).shutdown as Command,
  reboot: async () => (await import('./reboot.js')).reboot as Command,
  pause: async () => (await import('./pause.js')).pause as Command,
  unpause: async () => (await import('./unpause.js')).unpause as Command,
  console: async () => (await import('./console.js')).consoleCommand as Command,
  save: async () => (await import('./save.js')).save as Command,
  migrate: async () => (await import('./migrate.js')).migrate as Command,
  evacuate: async () => (await import('./evacuate.js')).evacuateCommand as Command,
  restore: async () => (await import('./restore.js')).restore as Command,
  'migrate-receive': async () => (await import('./migrate-receive.js')).migrateReceive as Command,
  remus: async () => (await import('./remus.js')).remus as Command,
  'vcpu-list': async () => (await import('./vcpu-list.js')).vcpuList as Command,
  'vm-list': async () => (await import('./vm-list.js')).vmList as Command,
  info: async () => (await import('./info.js')).info as Command,
  domid: async () => (await import('./domid.js')).domid as Command,
  domname: async () => (await import('./domname.js')).domname as Command,
  rename: async () => (await import('./rename.js')).rename as Command,
  dmesg: async () => (await import('./dmesg.js')).dmesg as Command,
  top: async () => (await import('./top.js')).top as Command,
  uptime: async () => (await import('./uptime.js')).uptime as Command,
  completion: async () => (await import('./completion.js')).completionOf(allSpecs) as Command,
};

/** What every command declares of itself. */
export function allSpecs(): Promise<CommandSpec[]> {
  return Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).spec));
}

/** By its name, or by the beginning of it where no other command begins so. */
export function findCommand(name: string): Load | undefined {
  const exact = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (exact !== undefined) return exact;
  const begun = Object.keys(COMMANDS).filter((known) => known.startsWith(name));
  return name !== '' && begun.length === 1 ? COMMANDS[begun[0] as string] : undefined;
}
