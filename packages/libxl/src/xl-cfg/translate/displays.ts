import type { LibxlConnectorParam, LibxlDeviceVdispl } from '../../config/index.js';
import { parseUlong, toUint32 } from '../c-numbers.js';
import { commaOptions, splitAtEquals, splitPair, strtok } from '../c-strings.js';
import { leadingStrings } from '../settings.js';
import { EXIT_FAILURE, type Translation, type Writable } from '../translation.js';
import type { Draft } from './draft.js';

export function translateVdispls(t: Translation, { rest }: Draft): void {
  const list = t.lookup.list('vdispl');
  if (list === undefined) return;
  rest.vdispls = leadingStrings(list).map((spec, devid) => {
    const vdispl: Writable<LibxlDeviceVdispl> = { devid };
    for (const option of commaOptions(spec)) applyOption(t, vdispl, option);
    if ((vdispl.connectors ?? []).length === 0) {
      throw t.refuse(EXIT_FAILURE, 'At least one connector should be specified.');
    }
    return vdispl;
  });
}

function applyOption(t: Translation, vdispl: Writable<LibxlDeviceVdispl>, option: string): void {
  const [name, value] = splitAtEquals(option) ?? [undefined, ''];
  switch (name) {
    case 'backend':
      vdispl.backend_domname = value;
      return;
    case 'be-alloc':
      vdispl.be_alloc = parseUlong(value, 0).value !== 0n;
      return;
    case 'connectors':
      vdispl.connectors = parseConnectors(t, value);
      return;
    default:
      throw t.refuse(EXIT_FAILURE, `Unknown string "${option}" in vdispl spec`);
  }
}

/** `ID:WIDTHxHEIGHT`, between semicolons. */
function parseConnectors(t: Translation, text: string): readonly LibxlConnectorParam[] {
  const specs = strtok(text, ';');
  const connectors = specs.map((): Writable<LibxlConnectorParam> => ({}));
  for (const [i, spec] of specs.entries()) {
    const [id, resolution] = splitPair(spec, ':') ?? [];
    const connector = connectors[i];
    if (connector === undefined) break;
    if (id !== undefined) connector.unique_id = id;
    const numbers = resolutionNumbers(resolution ?? '');
    if (numbers[0] !== undefined) connector.width = numbers[0];
    if (numbers[1] !== undefined) connector.height = numbers[1];
    if (numbers.length === 2) continue;
    t.say("Can't parse connector resolution");
    // Stock takes what scanf returns for its own result: where not even a width was found, it goes on.
    if (numbers.length === 1 || resolution === undefined) throw t.refuse(EXIT_FAILURE);
    break;
  }
  return connectors;
}

/** scanf's %ux%u: none, one or two numbers. */
function resolutionNumbers(text: string): number[] {
  const width = parseUlong(text, 10);
  if (width.end === 0) return [];
  const height = text[width.end] === 'x' ? parseUlong(text.slice(width.end + 1), 10) : undefined;
  const numbers = height === undefined || height.end === 0 ? [width] : [width, height];
  return numbers.map(({ value }) => toUint32(value));
}
