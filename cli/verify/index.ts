/** What `mesh verify` is made of, for the command and for tests on a live mesh. */
export { CannotVerify } from "./errors";
export { type StatusLine, SILENT, statusLineTo } from "./status-line";
export { SCHEMA, toJson } from "./report/json";
export { type VerifyReport, exitCode, isProven } from "./report/model";
export { toText } from "./report/text";
export type { PlayedOutside } from "./plan/egress";
export { type Sign, signer } from "./tokens";
export type { Layer, OptionalPart } from "./model";
export { type VerifyOptions, verify } from "./verify";
