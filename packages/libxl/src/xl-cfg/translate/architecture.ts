import { enumFromName, GIC_VERSION, TEE_TYPE } from '../../config/index.js';
import { EXIT_ERROR_FAIL, put, type Translation } from '../translation.js';
import type { Draft } from './draft.js';

/** What only guests of some processors have. */
export function translateArm(t: Translation, { build }: Draft): void {
  const gic = t.lookup.quietString('gic_version');
  if (gic !== undefined) {
    const gic_version = enumFromName(GIC_VERSION, gic);
    if (gic_version === undefined) throw t.refuse(EXIT_ERROR_FAIL, `Unknown gic_version "${gic}" specified`);
    build.arch_arm = { ...build.arch_arm, gic_version };
  }
  const tee = t.lookup.quietString('tee');
  if (tee === undefined) return;
  const type = enumFromName(TEE_TYPE, tee);
  if (type === undefined) throw t.refuse(EXIT_ERROR_FAIL, `Unknown tee "${tee}" specified`);
  build.tee = type;
}

export function translateX86(t: Translation, { create, build }: Draft): void {
  const { lookup } = t;
  put(create, 'xend_suspend_evtchn_compat', lookup.defbool('xend_suspend_evtchn_compat'));
  const msr_relaxed = lookup.defbool('msr_relaxed');
  if (msr_relaxed !== undefined) {
    build.arch_x86 = { msr_relaxed };
    t.say('WARNING: msr_relaxed will be removed in future versions.');
    t.say('If it fixes an issue you are having please report to xen-devel@lists.xenproject.org.');
  }
  put(build, 'vpmu', lookup.defbool('vpmu'));
}
