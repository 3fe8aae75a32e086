/** The embedded node: a real one-node Kubernetes, made of what package registries serve. */
export type { ImageReferences } from "./images";
export { ensureSigningKey, readSigningKey, SIGNING_ALGORITHM, type SigningKey } from "./issuer";
export { checkMachine } from "./machine";
export { createAuthority, issue } from "./node/authority";
export type { OutsideHost, OutsideListener } from "./node/outside";
export type { RunningNode } from "./node/running";
export { startNode } from "./node/start";
export { type NodeStatus, nodeStatus, type PartStatus } from "./node/status";
export { stopNode, type StopReport } from "./node/stop";
export { type Problem, UnfitMachineError } from "./preflight";
export {
    type Job,
    type Lane,
    type Progress,
    type Report,
    silentProgress,
    terminalProgress,
} from "./progress";
export { ensureToolchain, type ProgramName, type Toolchain } from "./toolchain";
