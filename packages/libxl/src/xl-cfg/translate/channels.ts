import type { LibxlDeviceChannel } from '../../config/index.js';
import { splitPair, strtok, trim } from '../c-strings.js';
import { leadingStrings } from '../settings.js';
import { EXIT_FAILURE, type Translation, type Writable } from '../translation.js';
import type { Draft } from './draft.js';

/** Consoles with a name, for agents in the guest. */
export function translateChannels(t: Translation, { rest }: Draft): void {
  const list = t.lookup.list('channel');
  if (list !== undefined) rest.channels = leadingStrings(list).map((spec, devid) => parseChannel(t, spec, devid));
}

function parseChannel(t: Translation, spec: string, devid: number): LibxlDeviceChannel {
  const channel: Writable<LibxlDeviceChannel> = { devid };
  const options = strtok(spec, ',');
  // Stock crashes here.
  if (options.length === 0) throw t.refuse(EXIT_FAILURE, 'xl: empty channel specification');
  let connection: string | undefined;
  let path: string | undefined;
  for (const option of options) {
    const [name, value] = pairOf(t, option);
    if (name === 'backend') channel.backend_domname = value;
    else if (name === 'name') channel.name = value;
    else if (name === 'path') path = value;
    else if (name === 'connection') connection = knownConnection(t, value);
    else t.say(`unknown channel parameter '${name}', ignoring`);
  }
  if (connection === undefined) throw t.refuse(EXIT_FAILURE, "channel has unknown 'connection'");
  if (connection === 'pty') return { ...channel, 'connection.pty': {} };
  if (path === undefined) throw t.refuse(EXIT_FAILURE, "channel connection 'socket' requires path=..");
  return { ...channel, 'connection.socket': { path } };
}

function pairOf(t: Translation, option: string): readonly [name: string, value: string] {
  const pair = splitPair(option, '=');
  if (pair !== undefined) return [trim(pair[0]), trim(pair[1])];
  t.report.unfinished(`failed to parse channel configuration: ${option}`);
  throw t.refuse(EXIT_FAILURE);
}

function knownConnection(t: Translation, name: string): string {
  if (name === 'pty' || name === 'socket') return name;
  throw t.refuse(EXIT_FAILURE, `unknown channel connection '${name}'`);
}
