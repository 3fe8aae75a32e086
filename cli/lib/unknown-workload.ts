/** The service account of a workload without an edge in the catalogue, and of the probers that stand for it. */
export const UNKNOWN_WORKLOAD_ACCOUNT = "probe-unknown-workload";
