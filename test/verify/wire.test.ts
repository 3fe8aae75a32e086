import assert from "node:assert/strict";
import { toProbe } from "../../cli/verify/probe/wire";
import type { Check } from "../../cli/verify/model";
import { expectations } from "../../cli/verify/plan/expect";
import { platform } from "../../catalogue/platform";
import { loadStackFile } from "../../config/load";

const checks = expectations({
    catalogue: platform,
    config: loadStackFile("local", `${__dirname}/../..`),
});

const CREDENTIALS = {
    certificates: new Map<string, string>(),
    clients: new Map(),
    foreignClient: undefined,
    sign: () => "token",
};
const sent = (check: Check) =>
    toProbe(check, CREDENTIALS) as { headers?: Record<string, string>; protocol: string };

describe("a check's request", () => {
    it("is marked, so that no error budget counts it, except for TCP, which has no headers", () => {
        const all = checks.map(sent);
        assert.ok(all.length > 50);
        for (const { headers, protocol } of all)
            assert.equal(headers?.["x-mesh-probe"], protocol === "tcp" ? undefined : "1");
    });

    it("keeps the headers that control the callee, and those of a client", () => {
        const failing = checks.find(
            ({ behavior, request }) => behavior?.kind === "fail" && request.protocol === "grpc",
        );
        assert.ok(failing !== undefined);
        assert.equal(sent(failing).headers?.["standin-status"], "14");
        const withToken = checks.find(({ ingress }) => ingress?.token !== undefined);
        assert.ok(withToken !== undefined);
        assert.match(sent(withToken).headers?.["authorization"] ?? "", /^bearer token$/i);
    });
});
