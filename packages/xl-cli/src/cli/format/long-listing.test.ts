import { readFileSync } from 'node:fs';
import { parseDomainConfig } from '@xen-migration/libxl';
import { expect, it } from 'vitest';
import { domainEntry, longListing } from './long-listing.js';

const stock = readFileSync(new URL('../../../testdata/xl-help/list-l.txt', import.meta.url), 'utf8');

it('lists as stock does, byte for byte', () => {
  const [{ domid, config }] = JSON.parse(stock);
  const parsed = parseDomainConfig(JSON.stringify(config));
  expect(longListing([{ domid, config: parsed }])).toBe(stock);
  expect(longListing([])).toBe('[\n\n]\n\n');
  expect(
    JSON.parse(
      longListing([
        { domid, config: parsed },
        { domid: 7, config: parsed },
      ]),
    ),
  ).toHaveLength(2);
});

it('shows one configuration without a domid', () => {
  const config = parseDomainConfig('{"c_info":{"type":"pv","name":"g"},"b_info":{"type.pv":{}}}');
  expect(domainEntry(undefined, config)).toMatch(/^\{\n {4}"domid": null,\n {4}"config": \{\n {8}"c_info": \{\n/);
});
