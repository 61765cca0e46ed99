/** Where things of a domain are in xenstore (docs/misc/xenstore-paths.pandoc). */
export const domainPath = (domid: number) => `/local/domain/${domid}`;
export const libxlPath = (domid: number) => `/libxl/${domid}`;
export const vmPath = (uuid: string) => `/vm/${uuid}`;
export const consoleBackendPath = (domid: number) => `/local/domain/0/backend/console/${domid}`;

export const namePath = (domid: number) => `${domainPath(domid)}/name`;
export const shutdownPath = (domid: number) => `${domainPath(domid)}/control/shutdown`;
export const featureSuspendPath = (domid: number) => `${domainPath(domid)}/control/feature-suspend`;
export const suspendPortPath = (domid: number) => `${domainPath(domid)}/device/suspend/event-channel`;
export const consoleTtyPath = (domid: number) => `${domainPath(domid)}/console/tty`;

/** What libxl and a device model say to each other; the device model runs in domain 0. */
export const deviceModelPath = (domid: number) => `/local/domain/0/device-model/${domid}`;
export const deviceModelPidPath = (domid: number) => `${domainPath(domid)}/image/device-model-pid`;
export const deviceModelVersionPath = (domid: number) => `${libxlPath(domid)}/dm-version`;
export const deviceModelLogDirtyPath = (domid: number) => `${libxlPath(domid)}/dm-logdirty`;

/** Fires when a domain has shut down, crashed or is gone. */
export const RELEASE_DOMAIN = '@releaseDomain';
