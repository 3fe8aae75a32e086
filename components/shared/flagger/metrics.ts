/** Flagger in PromQL: its series, and the names of a service's versions during a rollout. */
import { ROLLOUT_SUFFIXES } from "../../../catalogue/rollout";

const { apex, primary, canary } = ROLLOUT_SUFFIXES;

const VERSION = `${apex}-(${primary.slice(1)}|${canary.slice(1)})`;

/** The suffixes of a service's name during a rollout: its primary's or its canary's. */
export const ROLLOUT_SUFFIX = `(${VERSION})?`;

/** The Services of all versions that are being rolled out. */
export const ROLLOUT_SERVICES = `.+${VERSION}`;

/** The workloads, and the pods, of all primaries. */
export const PRIMARY_WORKLOADS = `.+${primary}`;
export const PRIMARY_PODS = `${PRIMARY_WORKLOADS}-[0-9a-z]+-[0-9a-z]+`;

/** In a Canary's MetricTemplate, the host and the pods of the canary. The primary's pods have one more part in their names. */
export const CANARY_SERVICE = `{{ service }}${canary}.{{ namespace }}`;
export const CANARY_PODS = `namespace="{{ namespace }}",pod=~"{{ target }}-[0-9a-z]+-[0-9a-z]+"`;

/** The status of a canary; see `CANARY_STATUS` for its values. */
export const STATUS_SERIES = "flagger_canary_status";
export const WEIGHT_SERIES = "flagger_canary_weight";

/** 1 is everything else, such as waiting for approval. */
export const CANARY_STATUS = { inProgress: 0, other: 1, failed: 2 } as const;
