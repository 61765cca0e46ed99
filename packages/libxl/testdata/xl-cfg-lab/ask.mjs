// Runs in the lab's dom0: asks stock xl what it makes of each configuration in cases.txt, and writes answers.json.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const bases = {
  none: '',
  pv: 'name="g"\ntype="pv"\nkernel="/k"\n',
  hvm: 'name="g"\ntype="hvm"\n',
  pvh: 'name="g"\ntype="pvh"\nkernel="/k"\n',
};
const [, ...parts] = readFileSync('cases.txt', 'utf8').split(/^== /m);
const answers = parts.map((part) => {
  const end = part.indexOf('\n');
  const [name, base] = part.slice(0, end).split(' ');
  writeFileSync(`${name}.cfg`, bases[base] + part.slice(end + 1));
  const { status, stderr, stdout } = spawnSync('xl', ['create', '-n', `${name}.cfg`], { encoding: 'utf8' });
  return { name, rc: status, stderr, stdout };
});
writeFileSync('answers.json', `${JSON.stringify(answers, undefined, 1)}\n`);
