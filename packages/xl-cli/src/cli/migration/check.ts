import {
  type CheckTarget,
  checkMigrationTo,
  type Finding,
  isLibxlError,
  type LibxlDomainConfig,
  type Reach,
  type TargetCheck,
} from '@xen-migration/libxl';
import { type Context, printJson } from '../context.js';
import { EXIT, ExitError } from '../exit.js';
import { durationText, sizeText } from '../format/size.js';
import { styles } from '../format/style.js';

export interface CheckRequest {
  readonly domain: string;
  readonly domid: number;
  readonly config: LibxlDomainConfig;
  readonly target: string;
  readonly reach: Reach;
  /** As it will be limited. */
  readonly bytesPerSecond: number | undefined;
  readonly downtimeMs: number | undefined;
  readonly json: boolean;
}

/** Version of the JSON's format; it grows with every change that is no mere addition. */
const CHECK_VERSION = 1;

/** `xl migrate --check`. @returns the exit code: 0 where nothing stands in the way */
export async function runCheck(context: Context, request: CheckRequest): Promise<number> {
  const check = await checked(context, request);
  if (request.json) printJson(context, reportOf(request, check));
  else context.out(checkText(context, request, check));
  return check.possible ? EXIT.success : EXIT.failure;
}

async function checked(context: Context, request: CheckRequest): Promise<TargetCheck> {
  const { domid, config, reach, bytesPerSecond, downtimeMs } = request;
  try {
    return await checkMigrationTo({
      host: await context.host(),
      domid,
      config,
      reach,
      ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
      ...(downtimeMs === undefined ? {} : { downtimeMs }),
      signal: context.signal,
    });
  } catch (e) {
    if (!isLibxlError(e)) throw e;
    throw new ExitError(EXIT.failure, `xl: ${e.message}\n`);
  }
}

function reportOf({ domain, domid, target: name }: CheckRequest, { target, link, ...check }: TargetCheck) {
  return { check: CHECK_VERSION, domain, domid, target: name, toolstack: toolstackOf(target), link, ...check };
}

function toolstackOf(target: CheckTarget) {
  if (target.toolstack === 'other') return { name: 'other', xen: target.xen, freeMemoryKib: target.freeMemoryKib };
  const { toolstack: name, version, hostname, xen, freeMemoryKib } = target.description;
  return { name, version, hostname, xen, freeMemoryKib };
}

function checkText(context: Context, { domain, target: name }: CheckRequest, check: TargetCheck): string {
  const { target, link, dirty, estimate, findings } = check;
  const lines = [
    `target    ${targetText(target)}`,
    ...findings.map((finding) => findingLine(context, finding)),
    ...(dirty === undefined ? [] : [`writes    ${Math.round((dirty.pages * 1000) / dirty.overMs)} pages/s`]),
    ...(link === undefined
      ? []
      : [`link      ${sizeText(link.bytesPerSecond)}/s, ${link.roundTripMs.toFixed(1)} ms there and back`]),
    ...(estimate === undefined
      ? []
      : [
          `expected  ${durationText(estimate.totalMs)} in all, ${durationText(estimate.downtimeMs)} of downtime, ${estimate.passes} passes`,
        ]),
  ];
  const problems = findings.filter(({ severity }) => severity === 'problem').length;
  const end = check.possible
    ? `${domain} can be migrated to ${name}.`
    : `${domain} can't be migrated to ${name}: ${problems} problem${problems > 1 ? 's' : ''}.`;
  return `${lines.map((line) => `${line}\n`).join('')}${end}\n`;
}

function targetText(target: CheckTarget): string {
  if (target.toolstack === 'ours') {
    const { toolstack, version, hostname, xen, freeMemoryKib } = target.description;
    return `${toolstack} ${version} on ${hostname}, Xen ${xen.major}.${xen.minor}${xen.extra}, ${sizeText(freeMemoryKib * 1024)} free`;
  }
  const { xen, freeMemoryKib } = target;
  const free = freeMemoryKib === undefined ? '' : `, ${sizeText(freeMemoryKib * 1024)} free`;
  return `another toolstack${xen === undefined ? '' : `, Xen ${xen.major}.${xen.minor}`}${free}`;
}

function findingLine(context: Context, { severity, about, text }: Finding): string {
  const { red, yellow } = styles(context);
  return `${severity === 'problem' ? red('problem') : yellow('warning')}   ${about}: ${text}`;
}
