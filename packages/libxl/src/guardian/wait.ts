import { encodeLine } from './plan.js';

const DISMISSED = encodeLine({ kind: 'plan', plan: [] }).trimEnd();
const PLAN = '{"kind":"plan",';

/**
 * Keeps the last plan, and takes a line that does not end for none, as its writer died meanwhile. Signals that are ignored
 * stay so for what takes its place.
 */
const SCRIPT = `trap '' INT TERM HUP PIPE
plan=
while IFS= read -r line; do
  case $line in
    '${PLAN}'*) plan=$line ;;
    *) exec "$@" "$plan" "$line" ;;
  esac
done
[ -z "$plan" ] || [ "$plan" = '${DISMISSED}' ] || exec "$@" "$plan"`;

/**
 * Most operations end well, and a Node that only waits for that takes tens of milliseconds of CPU time and 14 MiB: so a
 * shell waits, and `program` takes its place when there is something to do, with the lines that were read as arguments.
 *
 * @returns arguments for /bin/sh
 */
export function waitThenRun(program: readonly string[]): string[] {
  return ['-c', SCRIPT, 'guardian', ...program];
}
