import { HVM_PARAM_NAMES } from './hvm-param-names.js';

export interface NamedHvmParam {
  readonly index: number;
  /** Undefined for an index that Xen has not given a meaning. */
  readonly name: string | undefined;
  readonly value: bigint;
}

/** The parameters of an HVM_PARAMS record, named. */
export function nameHvmParams(
  params: readonly { readonly index: number | bigint; readonly value: bigint }[],
): NamedHvmParam[] {
  return params.map(({ index, value }) => ({ index: Number(index), name: HVM_PARAM_NAMES[Number(index)], value }));
}
