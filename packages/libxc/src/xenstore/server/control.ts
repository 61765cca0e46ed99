import { Refusal } from '../errors.js';
import { checkStore } from '../tree/check.js';
import type { Services } from './services.js';

type Command = (services: Services, parameters: readonly string[]) => string;

/** Commands of CONTROL (and of DEBUG, its old name): those of xenstored that make sense here. */
const COMMANDS: Readonly<Record<string, Command>> = {
  check: ({ database, log }) => {
    const faults = checkStore(database.store);
    for (const fault of faults) log(`check: ${fault}`);
    return faults.length === 0 ? 'OK' : faults.join('\n');
  },
  help: () => Object.keys(COMMANDS).join('\n'),
  print: ({ log }, parameters) => {
    log(parameters.join(' '));
    return 'OK';
  },
  quota: ({ database: { quotas } }) =>
    Object.entries(quotas)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
};

/** @throws Refusal EINVAL */
export function control(services: Services, [command = '', ...parameters]: readonly string[]): string {
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (run === undefined) throw new Refusal('EINVAL', `no command ${command}`);
  return run(services, parameters);
}
