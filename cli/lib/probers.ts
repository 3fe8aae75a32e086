/** What the probers of `mesh verify` have in the cluster. */

/** The service account of a workload without an edge in the catalogue, and of the probers that stand for it. */
export const UNKNOWN_WORKLOAD_ACCOUNT = "probe-unknown-workload";

/** Label of all temporary objects, and of no others. */
export const PROBE_LABEL = "sparc.dev/probe";
