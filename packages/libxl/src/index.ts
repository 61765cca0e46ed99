// Of the layers below, what the calls here speak of.
export type { HostInfo } from '@xen-migration/libxc';
export { StreamError, type XlHeader } from '@xen-migration/stream-format';
export { type AskOptions, askTarget } from './check/ask-target.js';
export { type CheckOptions, type CheckTarget, checkMigration, type MigrationCheck } from './check/check-migration.js';
export { type CheckTargetOptions, checkMigrationTo, type TargetCheck } from './check/check-target.js';
export { type DirtyRate, type DirtyRateOptions, measureDirtyRate } from './check/dirty-rate.js';
export { diskPaths } from './check/disks.js';
export { type Estimate, type EstimateInput, estimateMigration } from './check/estimate.js';
export type { Finding } from './check/findings.js';
export { type LinkSpeed, type LinkSpeedOptions, measureLink, SINK_SCRIPT, sinkBytes } from './check/link-speed.js';
export * from './config/index.js';
export type { DeviceModelVersion } from './device-model/device-model.js';
export { type DeviceModelFiles, deviceModelFiles } from './device-model/files.js';
export type { FoundProgram } from './device-model/find.js';
export { endProcess } from './device-model/process/end.js';
export type { ProcessIdentity } from './device-model/process/identity.js';
export { type QemuInvocation, qemuArguments } from './device-model/qemu/arguments.js';
export { findQemu, QEMU_VARIABLE } from './device-model/qemu/find.js';
export type { QemuMachine } from './device-model/qemu/machine.js';
export { type StartedQemu, type StartQemuOptions, startQemu } from './device-model/qemu/start.js';
export { QmpClient, type QmpOptions } from './device-model/qmp/client.js';
export type { MachineStatus, MigrationStatus, QmpRequest } from './device-model/qmp/commands.js';
export type { QemuVersion, QmpEvent } from './device-model/qmp/messages.js';
export { DEVICE_MODEL_TIMEOUTS, type DeviceModelSettings } from './device-model/settings.js';
export { findTraditional, TRADITIONAL_VARIABLE } from './device-model/traditional/find.js';
export { retrieveConfiguration, storeConfiguration, updateConfiguration } from './domain/configuration.js';
export { consolePath, openConsole } from './domain/console.js';
export { type RequestOptions, rebootDomain, shutdownDomain } from './domain/control.js';
export { type CreateEvent, type CreateOptions, createDomain } from './domain/create.js';
export { waitForDeath } from './domain/death.js';
export { destroyDomain } from './domain/destroy.js';
export { installedXl, runInstalledXl } from './domain/installed-xl.js';
export {
  type DomainSummary,
  domainSummary,
  domidOfName,
  findDomain,
  listDomains,
  nameOfDomain,
  type ShutdownName,
  startTime,
} from './domain/list.js';
export type { MakeWitness } from './domain/make.js';
export { requireMovable } from './domain/movable.js';
export { keyOfDomain, renameDomain } from './domain/names.js';
export { type DomainParameters, type DomainType, domainParameters } from './domain/parameters.js';
export { pauseDomain, unpauseDomain } from './domain/pause.js';
export { waitUntilSuspendable } from './domain/ready.js';
export { recentConsoleOutput } from './domain/recent-output.js';
export { ensureRunning, resumeDomain } from './domain/resume.js';
export { type SuspendOptions, type SuspendRequest, suspendDomain } from './domain/suspend.js';
export { type DomainKey, readUserdata, storeUserdata, type UserdataKind } from './domain/userdata.js';
export { type VcpuSummary, vcpusOfDomain } from './domain/vcpus.js';
export { isLibxlError, LIBXL_ERROR, LibxlError, type LibxlErrorCode, type LibxlErrorDetails } from './errors.js';
export { type EvacuateEvent, type EvacuateOptions, evacuate, type MoveOutcome } from './evacuate/evacuate.js';
export {
  type EvacuateToTargetsEvent,
  type EvacuateToTargetsOptions,
  evacuateToTargets,
} from './evacuate/evacuate-to-targets.js';
export { type GatherOptions, gatherEvacuation } from './evacuate/gather.js';
export {
  type EvacuationGuest,
  type EvacuationPlan,
  type EvacuationTarget,
  type LeftGuest,
  type PlannedMove,
  planEvacuation,
} from './evacuate/plan.js';
export { type PrepareEvacuationOptions, prepareEvacuation } from './evacuate/prepare.js';
export type { AfterSave, HandOverEvent } from './guardian/plan.js';
export { hostInfo, hypervisorMessages } from './host/information.js';
export { type Host, type OpenHostOptions, openHost } from './host/open-host.js';
export { cpuPercent, type HostSample, sampleHost } from './host/sample.js';
export {
  type Command,
  type LinkEvent,
  type LinkPlan,
  MAX_STREAMS,
  newLinkId,
  withArguments,
} from './link/plan.js';
export { type JoinLinkOptions, joinLink, linkCommand, type OpenLinkOptions, openLink } from './link/start.js';
export { answerQuery } from './migrate/answer-query.js';
export { requireAuthenticatedInput } from './migrate/authenticated-input.js';
export {
  descriptorConnection,
  type MigrationConnection,
  type MigrationPhase,
  streamConnection,
} from './migrate/connection.js';
export { MigrationError, type SourceFate } from './migrate/errors.js';
export { awayName } from './migrate/hand-over.js';
export {
  describeHost,
  formatHostDescription,
  type HostDescription,
  parseHostDescription,
} from './migrate/host-description.js';
export { type QueryOptions, type QueryResult, queryTarget } from './migrate/query.js';
export {
  incomingName,
  type ReceivedDomain,
  type ReceiveEvent,
  type ReceiveOptions,
  receiveMigration,
} from './migrate/receive.js';
export { type MigrateEvent, type MigrateOptions, type MigrateReport, migrateDomain } from './migrate/send.js';
export { RECEIVER, type ReceiverState, SENDER, type SenderState } from './migrate/states.js';
export {
  type RunningTransport,
  startTransport,
  type TransportEnd,
  type TransportOptions,
} from './migrate/transport.js';
export { type MonitorOptions, monitorDomain } from './monitor/monitor.js';
export { startMonitor } from './monitor/spawn.js';
export { checkRemusInfo, type DomainRemusInfo } from './remus/info.js';
export { type ReplicateEvent, type ReplicateOptions, type ReplicationEnd, replicateDomain } from './remus/replicate.js';
export type { TransferPass, TransferStatistics } from './stream/meter.js';
export {
  type RestoreFileEvent,
  type RestoreOptions,
  type RestoreReport,
  restoreFromFile,
} from './stream/restore-file.js';
export {
  type MissingCpuFeatures,
  type RestoredDomain,
  type RestoreEvent,
  type RestoreStreamOptions,
  restoreDomainStream,
} from './stream/restore-stream.js';
export { type SaveFileEvent, type SaveOptions, type SaveReport, saveToFile } from './stream/save-file.js';
export {
  type ConfigTextParser,
  readSaveFileHeader,
  type SaveFileHeaderOptions,
  saveFileHeader,
} from './stream/save-file-header.js';
export {
  type SaveEvent,
  type SaveStreamOptions,
  type TransferSummary,
  writeDomainStream,
} from './stream/save-stream.js';
export type { ChainOption } from './stream/snapshots.js';
export {
  type DomainRestoreParams,
  LIBXL_HAVE_SRM_V1,
  LIBXL_HAVE_SRM_V2,
  type StreamVersion,
} from './stream/stream-version.js';
export { takeAsked } from './target/asked.js';
export type { LinkWish } from './target/choose-transport.js';
export {
  type LinkTotals,
  type MigrateToTargetEvent,
  type MigrateToTargetOptions,
  type MigrateToTargetReport,
  migrateToTarget,
} from './target/migrate-to-target.js';
export { hostAndPort, type Reach, reachTarget, type TargetOptions } from './target/reach.js';
export {
  parseReceiverArguments,
  type ReceiverRequest,
  receiverArguments,
  receiverCommand,
} from './target/receiver.js';
export { type ReplicateToTargetOptions, replicateToTarget } from './target/replicate-to-target.js';
export type { TransportOutcome } from './target/transport-end.js';
export { readTlsCredentials, TLS_FILES, type TlsCredentials } from './tls/credentials.js';
export { serveTls, type TlsServerEvent, type TlsServerOptions } from './tls/server.js';
export { TLS_PORT, type TlsTarget, tlsCommand } from './tls/target.js';
