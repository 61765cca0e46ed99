/** Where things of a domain are in xenstore (docs/misc/xenstore-paths.pandoc). */
export const domainPath = (domid: number) => `/local/domain/${domid}`;
export const libxlPath = (domid: number) => `/libxl/${domid}`;
export const vmPath = (uuid: string) => `/vm/${uuid}`;
export const consoleBackendPath = (domid: number) => `/local/domain/0/backend/console/${domid}`;

export const namePath = (domid: number) => `${domainPath(domid)}/name`;
export const shutdownPath = (domid: number) => `${domainPath(domid)}/control/shutdown`;
export const suspendPortPath = (domid: number) => `${domainPath(domid)}/device/suspend/event-channel`;
export const consoleTtyPath = (domid: number) => `${domainPath(domid)}/console/tty`;

/** Fires when a domain has shut down, crashed or is gone. */
export const RELEASE_DOMAIN = '@releaseDomain';
