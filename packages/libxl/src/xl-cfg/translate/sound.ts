import {
  enumFromName,
  type LibxlDeviceVsnd,
  type LibxlVsndParams,
  type LibxlVsndPcm,
  type LibxlVsndStream,
  VSND_PCM_FORMAT,
  VSND_STREAM_TYPE,
} from '../../config/index.js';
import { parseUlong, toUint32 } from '../c-numbers.js';
import { commaOptions, splitAtEquals, strtok } from '../c-strings.js';
import { leadingStrings, type XlValue } from '../settings.js';
import { EXIT_FAILURE, type Translation, type Writable } from '../translation.js';
import type { Draft } from './draft.js';

interface Stream extends Writable<LibxlVsndStream> {
  readonly params: Writable<LibxlVsndParams>;
}
interface Pcm extends Writable<LibxlVsndPcm> {
  readonly params: Writable<LibxlVsndParams>;
  readonly streams: Stream[];
}
interface Card extends Writable<LibxlDeviceVsnd> {
  readonly params: Writable<LibxlVsndParams>;
  readonly pcms: Pcm[];
}

/** `vsnd = [["card, short-name=Main", "pcm, name=dev1", "stream, unique-id=0, type=p"], ...]` */
export function translateSound(t: Translation, { rest }: Draft): void {
  const list = t.lookup.list('vsnd');
  if (list !== undefined) rest.vsnds = list.map((item, devid) => parseCard(t, item, devid));
}

function parseCard(t: Translation, item: XlValue, devid: number): Card {
  if (item.kind !== 'list') {
    // Stock's scanner counts no columns.
    t.say(`${t.source}:${item.line}:0: warning: value is not a list`);
    throw t.refuse(EXIT_FAILURE, 'Failed to get vsnd card list: Invalid argument');
  }
  const card: Card = { devid, params: {}, pcms: [] };
  for (const spec of leadingStrings(item.items)) parseItem(t, spec, card);
  return card;
}

const newPcm = (): Pcm => ({ params: {}, streams: [] });

function parseItem(t: Translation, spec: string, card: Card): void {
  const [kind, ...options] = commaOptions(spec);
  if (kind === undefined) return;
  switch (kind.toLowerCase()) {
    case 'card':
      for (const option of options) cardOption(t, card, option);
      return;
    case 'pcm': {
      const pcm = newPcm();
      card.pcms.push(pcm);
      for (const option of options) pcmOption(t, pcm, option);
      return;
    }
    case 'stream': {
      const stream: Stream = { params: {} };
      if (card.pcms.length === 0) card.pcms.push(newPcm());
      card.pcms.at(-1)?.streams.push(stream);
      for (const option of options) streamOption(t, stream, option);
      return;
    }
    default:
      throw t.refuse(EXIT_FAILURE, `Invalid key: ${kind}`);
  }
}

const invalid = (t: Translation, option: string): Error => t.refuse(EXIT_FAILURE, `Invalid parameter: ${option}`);

function cardOption(t: Translation, card: Card, option: string): void {
  if (commonOption(t, card.params, option)) return;
  const [name, value] = splitAtEquals(option) ?? [undefined, ''];
  if (name === 'backend') card.backend_domname = value;
  else if (name === 'short-name') card.short_name = value;
  else if (name === 'long-name') card.long_name = value;
  else throw invalid(t, option);
}

function pcmOption(t: Translation, pcm: Pcm, option: string): void {
  if (commonOption(t, pcm.params, option)) return;
  const [name, value] = splitAtEquals(option) ?? [undefined, ''];
  if (name !== 'name') throw invalid(t, option);
  pcm.name = value;
}

function streamOption(t: Translation, stream: Stream, option: string): void {
  if (commonOption(t, stream.params, option)) return;
  const [name, value] = splitAtEquals(option) ?? [undefined, ''];
  if (name === 'unique-id') {
    stream.unique_id = value;
  } else if (name === 'type') {
    const type = enumFromName(VSND_STREAM_TYPE, value);
    if (type === undefined) throw t.refuse(EXIT_FAILURE, `Invalid stream type: ${value}`);
    stream.type = type;
  } else {
    throw invalid(t, option);
  }
}

/** What a card, a PCM and a stream may all have. */
function commonOption(t: Translation, params: Writable<LibxlVsndParams>, option: string): boolean {
  const [name, value] = splitAtEquals(option) ?? [undefined, ''];
  switch (name) {
    case 'sample-rates':
      params.sample_rates = requireItems(t, name, value).map(number);
      return true;
    case 'sample-formats':
      params.sample_formats = requireItems(t, name, value).map((format) => {
        const found = enumFromName(VSND_PCM_FORMAT, format);
        if (found === undefined) throw t.refuse(EXIT_FAILURE, `Invalid pcm format: ${format}`);
        return found;
      });
      return true;
    case 'channels-min':
      params.channels_min = number(value);
      return true;
    case 'channels-max':
      params.channels_max = number(value);
      return true;
    case 'buffer-size':
      params.buffer_size = number(value);
      return true;
    default:
      return false;
  }
}

const number = (text: string): number => toUint32(parseUlong(text, 0).value);

// Stock crashes on an empty value.
function requireItems(t: Translation, name: string, value: string): string[] {
  const items = strtok(value, ';');
  if (items.length === 0) throw t.refuse(EXIT_FAILURE, `xl: ${name} of vsnd has no value`);
  return items;
}
