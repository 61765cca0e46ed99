import { readFileSync } from 'node:fs';
import { type Scenario, scenariosOf } from '../scenario.js';
import { truncated, withUnknownRecord } from './damage.js';
import { saved } from './save.js';

export const VERIFY: readonly Scenario[] = scenariosOf('verify', [
  {
    variant: 'fault-free: all pages are sent again and compared (migrate --debug)',
    async run(cell) {
      await cell.create();
      const link = cell.linkTo(cell.there);
      const { stderr } = await cell.succeeds(cell.here, 'migrate', '-e', '--debug', '-s', link, cell.name, 'there');
      if (/mismatch|differ/i.test(stderr)) throw new Error(`pages differ at the target: ${stderr}`);
      await cell.runsAt(cell.there);
      const { stdout } = await cell.program(
        cell.setting.packages.xenStream,
        'inspect',
        '--json',
        cell.file('link-1.wire'),
      );
      if (!/VERIFY/.test(stdout)) throw new Error('the stream has no VERIFY record: nothing was compared');
    },
  },
  {
    variant: 'the link breaks while pages are compared: the source runs on',
    async run(cell) {
      await cell.create();
      // Once for the size of such a stream.
      const args = (link: string) => ['migrate', '-e', '--debug', '-s', link, cell.name, 'there'];
      await cell.succeeds(cell.here, ...args(cell.linkTo(cell.there)));
      await cell.runsAt(cell.there);
      const size = readFileSync(cell.file('link-1.wire')).length;
      const fault = {
        at: 'memory',
        what: 'cut',
        afterBytes: Math.floor((size * cell.choices.between(60, 85)) / 100),
      } as const;
      const running = cell.start(cell.there, args(cell.linkTo(cell.here, fault)));
      await cell.fails(running, /Migration failed/);
      await cell.runsAt(cell.there);
    },
  },
  {
    variant: 'xen-stream says what is wrong with a file that is cut off',
    async run(cell) {
      await cell.create();
      truncated(cell, await saved(cell), cell.file('cut.save'));
      const { code, stdout } = await cell.program(cell.setting.packages.xenStream, 'verify', cell.file('cut.save'));
      if (code !== 1 || !/the input ends/.test(stdout)) throw new Error(`it ended with ${code}, and said: ${stdout}`);
    },
  },
  {
    variant: 'xen-stream says what is wrong with a damaged file',
    async run(cell) {
      await cell.create();
      const at = await withUnknownRecord(cell, await saved(cell), cell.file('damaged.save'));
      const { code, stdout } = await cell.program(cell.setting.packages.xenStream, 'verify', cell.file('damaged.save'));
      if (code !== 1 || !stdout.includes(`offset ${at}`)) throw new Error(`it ended with ${code}, and said: ${stdout}`);
    },
  },
]);
