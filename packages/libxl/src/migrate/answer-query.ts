import type { Readable } from 'node:stream';
import type { Host } from '../host/open-host.js';
import { describeHost, formatHostDescription } from './host-description.js';

/** A question is short. */
const MAX_LENGTH = 64 * 1024;
/** Who asks sends it at once; an input that stays open asks nothing. */
const WAIT_MS = 2_000;

/**
 * The other end of queryTarget: what this host says of itself, one line of JSON.
 *
 * @param question what it is asked: `{"paths": [...]}`; undefined, or anything else: about no files
 */
export async function answerQuery(host: Host, question?: Readable): Promise<string> {
  const paths = question === undefined ? [] : await askedPaths(question);
  return formatHostDescription(await describeHost(host, paths));
}

async function askedPaths(question: Readable): Promise<string[]> {
  const timer = setTimeout(() => question.destroy(), WAIT_MS);
  let text = '';
  try {
    for await (const chunk of question) {
      text += String(chunk);
      if (text.length > MAX_LENGTH) return [];
    }
    const asked: unknown = JSON.parse(text);
    const paths = typeof asked === 'object' && asked !== null && 'paths' in asked ? asked.paths : [];
    return Array.isArray(paths) ? paths.filter((path) => typeof path === 'string') : [];
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}
