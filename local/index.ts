/** The embedded node: a one-node Kubernetes cluster, built from package registries. */
export type { ImageReferences } from "./images";
export { ensureSigningKey, readSigningKey, SIGNING_ALGORITHM, type SigningKey } from "./node/issuer";
export { checkMachine } from "./node/machine";
export { createAuthority, issue } from "./node/authority";
export type { SimulatedHost, SimulatedListener } from "./node/simulated-external";
export type { RunningNode } from "./node/running";
export { startNode } from "./node/start";
export { type NodeStatus, nodeStatus, type PartStatus } from "./node/status";
export { stopNode, type StopReport } from "./node/stop";
export { type MachineProblem, UnfitMachineError } from "./node/preflight";
export {
    type Job,
    type Lane,
    type Progress,
    type Report,
    silentProgress,
    terminalProgress,
} from "./lib/progress";
export { ensureToolchain, ISTIO_VERSIONS, type ProgramName, type Toolchain } from "./toolchain";
