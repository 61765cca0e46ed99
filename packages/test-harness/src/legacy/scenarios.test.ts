import { convertLegacyStream, detectLegacy } from '@xen-migration/convert-legacy';
import {
  ByteReader,
  byteSource,
  MemorySink,
  readXlHeader,
  StreamError,
  verifyStream,
} from '@xen-migration/stream-format';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../repository.js';
import { SCENARIOS, type Scenario, scenarioPage } from './scenarios.js';

const reader = (stream: Uint8Array) => new ByteReader(byteSource(stream));

async function outcomeOf({ xlHeader, width, guestType, stream }: Scenario, given: boolean) {
  const sink = new MemorySink();
  const kind = given ? { width, guestType } : {};
  try {
    await convertLegacyStream(reader(stream()), sink, { ...kind, xlHeader, format: 'libxl' });
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    return { refused: error.rule };
  }
  // What is converted must be what a restorer takes: no problem at all, not only the script's bytes.
  const { problems } = await verifyStream(reader(sink.bytes()), { framing: xlHeader ? 'xl' : 'libxl' });
  return problems.length === 0 ? { converts: true } : { problems };
}

const title = ({ from, guest, by, width }: Scenario) => `${from}, ${width}-bit toolstack, ${guest}, ${by}`;

describe('ways in which a guest of an old Xen comes to a new one', () => {
  it.each(SCENARIOS.map((scenario) => [title(scenario), scenario] as const))('%s', async (_, scenario) => {
    expect(await outcomeOf(scenario, true)).toEqual(scenario.outcome);
  });

  it('come to the same end where width and guest type are found out', async () => {
    for (const scenario of SCENARIOS) {
      const found = await outcomeOf(scenario, false);
      const { outcome } = scenario;
      // Of a PV guest without extended info nothing tells what it is: refused it is in any case.
      const undecidable = 'refused' in outcome && outcome.refused === 'extended-info-marker';
      if (undecidable) expect(found, title(scenario)).toHaveProperty('refused');
      else expect(found, title(scenario)).toEqual(outcome);
    }
  });

  it('tell width and guest type by the first bytes', async () => {
    for (const scenario of SCENARIOS.filter(({ outcome }) => 'converts' in outcome)) {
      const input = reader(scenario.stream());
      if (scenario.xlHeader) await readXlHeader(input);
      const { width, guestType, why } = await detectLegacy(input);
      expect({ width, guestType }, title(scenario)).toEqual({ width: scenario.width, guestType: scenario.guestType });
      expect(why).toHaveLength(2);
    }
  });

  it('are listed for people as they are tried here', async () => {
    await expect(scenarioPage()).toMatchFileSnapshot(
      `${repositoryRoot}packages/convert-legacy/docs/upgrade-scenarios.md`,
    );
  });
});
