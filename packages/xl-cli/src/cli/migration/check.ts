import {
  askTarget,
  type CheckTarget,
  checkMigration,
  diskPaths,
  type Finding,
  isLibxlError,
  type LibxlDomainConfig,
  type LinkSpeed,
  type MigrationCheck,
  measureLink,
  SINK_SCRIPT,
} from '@xen-migration/libxl';
import { type Context, printJson } from '../context.js';
import { EXIT, ExitError } from '../exit.js';
import { durationText, sizeText } from '../format/size.js';
import { styles } from '../format/style.js';
import type { Reach } from './transport.js';

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

const NOBODY = { command: 'false', args: [] };

/** `xl migrate --check`. @returns the exit code: 0 where nothing stands in the way */
export async function runCheck(context: Context, request: CheckRequest): Promise<number> {
  const { domid, config, reach, bytesPerSecond, downtimeMs } = request;
  const { signal } = context;
  const target = await ask(request, signal);
  const sink = target.toolstack === 'ours' ? reach(['migrate-receive', '--sink']) : reach.shell?.(SINK_SCRIPT);
  const link = sink === undefined ? undefined : await measureLink({ command: sink, signal });
  const speed = limited(link, bytesPerSecond);
  const check = await checkMigration({
    host: await context.host(),
    domid,
    config,
    target,
    ...(speed === undefined ? {} : { link: speed }),
    ...(downtimeMs === undefined ? {} : { downtimeMs }),
    signal,
  });
  if (request.json) {
    const { domain, target: name } = request;
    printJson(context, {
      check: CHECK_VERSION,
      domain,
      domid,
      target: name,
      toolstack: toolstackOf(target),
      link,
      ...check,
    });
  } else {
    context.out(checkText(context, request, target, link, check));
  }
  return check.possible ? EXIT.success : EXIT.failure;
}

async function ask({ config, reach: any, reach: { fixed } }: CheckRequest, signal: AbortSignal): Promise<CheckTarget> {
  // With -s '' there is a receiver, which is no `xl info`.
  const reach = (args: readonly string[]) => (fixed && args[0] === 'info' ? NOBODY : any(args));
  try {
    return await askTarget({ reach, paths: diskPaths(config), signal });
  } catch (e) {
    if (!isLibxlError(e)) throw e;
    throw new ExitError(EXIT.failure, `xl: ${e.message}\n`);
  }
}

/** A limit that is asked for counts where nothing could be measured, too. */
function limited(link: LinkSpeed | undefined, bytesPerSecond: number | undefined): LinkSpeed | undefined {
  if (bytesPerSecond === undefined) return link;
  return {
    bytesPerSecond: Math.min(link?.bytesPerSecond ?? Number.POSITIVE_INFINITY, bytesPerSecond),
    roundTripMs: link?.roundTripMs ?? 0,
  };
}

function toolstackOf(target: CheckTarget) {
  if (target.toolstack === 'other') return { name: 'other', xen: target.xen, freeMemoryKib: target.freeMemoryKib };
  const { toolstack: name, version, hostname, xen, freeMemoryKib } = target.description;
  return { name, version, hostname, xen, freeMemoryKib };
}

function checkText(
  context: Context,
  { domain, target: name }: CheckRequest,
  target: CheckTarget,
  link: LinkSpeed | undefined,
  check: MigrationCheck,
): string {
  const { dirty, estimate, findings } = check;
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
