import { better, type Judgement, other } from './verdict.js';

const noDomain0 = other('The embedded host has no domain 0.');
const namesTheOption = better('Names the option, or says that its value is missing.');
const failsForNone = better('Fails; stock says so and ends with 0.');
const saysWhy = better("libxl's number is that of a domain that does not exist (-21); stock says -3.");

/** Command lines that are not answered as stock answers them. */
export const OTHER_ANSWERS: Readonly<Record<string, Judgement>> = {
  'create --frob g.cfg': namesTheOption,
  'create -f': namesTheOption,
  'list -l 0': noDomain0,
  'list -v -l 0': noDomain0,
  'list Domain-0': noDomain0,
  'domid Domain-0': noDomain0,
  'domname 0': noDomain0,
  'domname 0x': noDomain0,
  'vcpu-list 0 0': noDomain0,
  'uptime -s': noDomain0,
  'pause 99': failsForNone,
  'unpause 99': failsForNone,
  'vcpu-list 99': failsForNone,
  'shutdown 99': saysWhy,
  'reboot 99': saysWhy,
  top: better('Fails where there is no terminal; stock says so and ends with 0.'),
  'list -l g': other('Without what libxl fills in while it makes a domain (scheduler, video memory).'),
};
