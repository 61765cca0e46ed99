/** What xl.cfg writes before the name of a kernel that comes with the embedded host. */
export const BUILTIN_PREFIX = 'builtin:';
