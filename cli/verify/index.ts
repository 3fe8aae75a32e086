/** What `mesh verify` is made of, for the command and for tests on a live mesh. */
export { CannotVerify } from "./errors";
export { type Progress, SILENT, progressTo } from "./progress";
export { SCHEMA, toJson } from "./report/json";
export { type VerifyReport, exitCode, isProven } from "./report/model";
export { toText } from "./report/text";
export { type VerifyOptions, verify } from "./verify";
