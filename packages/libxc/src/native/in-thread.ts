import type koffi from 'koffi';

export type NativeFunction = ReturnType<ReturnType<typeof koffi.load>['func']>;

/** What calls under way were given. */
const inUse = new Set<readonly unknown[]>();

/**
 * Calls a function of a native library in a thread of its own. koffi does not keep what such a call is given: a buffer that
 * nobody else holds would be collected meanwhile, and what the function writes would go into memory that is somebody else's.
 */
export async function inThread<T>(native: NativeFunction, ...args: readonly unknown[]): Promise<T> {
  inUse.add(args);
  try {
    return await new Promise<T>((resolve, reject) => {
      native.async(...args, (error: Error | null, result: T) => (error ? reject(error) : resolve(result)));
    });
  } finally {
    inUse.delete(args);
  }
}
