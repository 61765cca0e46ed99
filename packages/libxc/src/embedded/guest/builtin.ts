import { KernelImageError } from './image.js';
import { selfcheck32Image, selfcheckImage } from './selfcheck.js';

/** The kernels that come with the embedded host. */
const BUILTIN: Readonly<Record<string, () => Uint8Array>> = {
  selfcheck: selfcheckImage,
  selfcheck32: selfcheck32Image,
};

/** The image of a built-in kernel. @throws KernelImageError for a name there is none of */
export function builtinKernel(name: string): Uint8Array {
  const make = Object.hasOwn(BUILTIN, name) ? BUILTIN[name] : undefined;
  if (make !== undefined) return make();
  throw new KernelImageError(`no built-in kernel '${name}'; there is: ${Object.keys(BUILTIN).join(', ')}`);
}
