/** The public interface of `mesh verify`, for the command and for live tests. */
export { CannotVerify } from "../lib/cluster/cannot-verify";
export { type StatusLine, SILENT, statusLineTo } from "./status-line";
export { SCHEMA, toJson } from "./report/json";
export { type VerifyReport, exitCode, isProven } from "./report/model";
export { toText } from "./report/text";
export type { SimulatedExternal } from "./plan/egress";
export { type Sign, signer } from "./tokens";
export type { Layer, OptionalPart } from "./model";
export { type VerifyOptions, verify } from "./verify";
