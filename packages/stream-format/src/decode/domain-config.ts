import { DecodeError } from './decode-error.js';

/** What everyone asks of a domain's config, and the whole of it. Memory in KiB. */
export interface DomainConfig {
  readonly type: string | undefined;
  readonly name: string | undefined;
  readonly uuid: string | undefined;
  readonly maxVcpus: number | undefined;
  readonly maxMemoryKib: number | undefined;
  readonly targetMemoryKib: number | undefined;
  /** The JSON object as libxl wrote it (libxl_domain_config). */
  readonly json: JsonObject;
}

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/**
 * The JSON config that xl puts into a save header.
 * @throws DecodeError when it is no JSON object
 */
export function decodeDomainConfig(text: string): DomainConfig {
  const json = parse(text.replace(/\0+$/, ''));
  if (!isObject(json)) throw new DecodeError('domain config', 'is JSON, but no object');
  const create = object(json.c_info);
  const build = object(json.b_info);
  return {
    type: string(create.type),
    name: string(create.name),
    uuid: string(create.uuid),
    maxVcpus: number(build.max_vcpus),
    maxMemoryKib: number(build.max_memkb),
    targetMemoryKib: number(build.target_memkb),
    json,
  };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (e) {
    throw new DecodeError('domain config', `is no JSON: ${e instanceof Error ? e.message : String(e)}`);
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const object = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const string = (value: Json | undefined) => (typeof value === 'string' ? value : undefined);
const number = (value: Json | undefined) => (typeof value === 'number' ? value : undefined);
