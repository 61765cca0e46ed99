import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../repository.js';

/** Makes a folder in which the packages are installed, with an xl that can't do that command. @returns the folder */
export function packagesWithBrokenXl(folder: string, command: string): string {
  const scope = join(folder, 'node_modules/@xen-migration');
  const xlCli = join(scope, 'xl-cli');
  for (const name of ['bin', 'dist']) mkdirSync(join(xlCli, name), { recursive: true });
  symlinkSync(`${repositoryRoot}packages/libxl`, join(scope, 'libxl'));
  const manifest = { name: '@xen-migration/xl-cli', type: 'module', bin: { xl: './bin/xl.js' } };
  writeFileSync(join(xlCli, 'package.json'), JSON.stringify(manifest));
  const script = `
    if (process.argv[2] === '${command}') { console.error('xl: this one can not'); process.exit(1); }
    await import(${JSON.stringify(`${repositoryRoot}packages/xl-cli/bin/xl.js`)});`;
  writeFileSync(join(xlCli, 'bin/xl.js'), script);
  return folder;
}
