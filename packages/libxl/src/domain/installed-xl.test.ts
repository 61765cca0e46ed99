import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findInstalledXl } from './installed-xl.js';

describe("Xen's own xl", () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'installed-xl-'));
  });
  afterEach(() => rmSync(base, { recursive: true }));

  function folder(name: string, xl?: string, mode = 0o755): string {
    const path = join(base, name);
    mkdirSync(path);
    if (xl !== undefined) {
      writeFileSync(join(path, 'xl'), xl);
      chmodSync(join(path, 'xl'), mode);
    }
    return path;
  }

  it('is the first that is not ours, whichever way ours was installed', () => {
    const ours = folder('ours', '#!/usr/bin/env node\nimport "x";\n');
    const linked = folder('linked', '#!/bin/sh\nexec node "$basedir/../bin/xl.js" "$@"\n');
    const wrapper = folder('wrapper', '#!/bin/sh\nexec /usr/lib/xen-4.17/bin/xl "$@"\n');
    const binary = folder('binary', '\x7fELF node');
    expect(findInstalledXl(['', ours, linked, folder('empty'), wrapper, binary])).toBe(join(wrapper, 'xl'));
    expect(findInstalledXl([ours, binary, wrapper])).toBe(join(binary, 'xl'));
  });

  it('is none where there is just ours, or what can not be executed', () => {
    const ours = folder('ours', '#!/usr/bin/env node\n');
    const text = folder('text', 'xl', 0o644);
    expect(findInstalledXl([ours, text, join(base, 'nowhere')])).toBeUndefined();
  });
});
