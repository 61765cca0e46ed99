import { describe, expect, it } from 'vitest';
import { EndOfVerification, Findings } from './findings.js';

const place = {
  layer: 'libxc',
  spec: 'a document, a section',
  offset: 24,
  rule: 'padding',
  message: 'not zero',
} as const;
const record = { index: 2, type: 7, name: 'SHARED_INFO' };

describe('findings', () => {
  it('errors are problems, and say which record', () => {
    const findings = new Findings({ stopAtFirst: false, limit: 10 });
    findings.error({ ...place, record });
    findings.warning(place);
    expect(findings.problems).toEqual([
      { severity: 'error', ...place, recordIndex: 2, recordType: 7, recordName: 'SHARED_INFO' },
    ]);
    expect(findings.warnings).toEqual([{ severity: 'warning', ...place }]);
    expect(findings.suppressed).toBe(0);
  });

  it('beyond the limit, which each kind has for itself, are counted', () => {
    const findings = new Findings({ stopAtFirst: false, limit: 2 });
    for (let i = 0; i < 5; i++) findings.error({ ...place, offset: i });
    findings.warning(place);
    expect(findings.problems.map(({ offset }) => offset)).toEqual([0, 1]);
    expect(findings.warnings).toHaveLength(1);
    expect(findings.suppressed).toBe(3);
  });

  it('the first error ends it where that was asked for; a warning does not', () => {
    const findings = new Findings({ stopAtFirst: true, limit: 10 });
    findings.warning(place);
    expect(() => findings.error(place)).toThrow(EndOfVerification);
    expect(findings.problems).toHaveLength(1);
  });
});
