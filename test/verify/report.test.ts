import assert from "node:assert/strict";
import { assess } from "../../cli/verify/assess";
import { expectations } from "../../cli/verify/plan/expect";
import { statusLineTo } from "../../cli/verify/status-line";
import { SCHEMA, toJson } from "../../cli/verify/report/json";
import { type VerifyReport, exitCode } from "../../cli/verify/report/model";
import { toText } from "../../cli/verify/report/text";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { small } from "./small";
import { SimulatedMesh } from "./simulated-mesh";

const platform = { catalogue: small, config: loadStackFile("local", `${__dirname}/../..`) };
const checks = expectations(platform);
const { objects } = deriveAll(platform);

/** A report on a mesh without the program's objects of the given names or kinds. */
function reportWithout(...names: string[]): VerifyReport {
    const mesh = new SimulatedMesh(
        objects.filter(({ kind, metadata }) => ![kind, metadata.name].some((one) => names.includes(one))),
    );
    const results = checks.map((check) => assess(check, mesh.send(check)));
    const mismatches = results
        .filter(({ passed }) => !passed)
        .map((checkResult) => ({ checkResult, explanations: ["an explanation"] }));
    return {
        cluster: "test",
        results,
        mismatches,
        miscounts: [],
        drift: [],
        accepted: [],
        unusedAccepts: [],
        unchecked: [],
        retried: [],
        stuckProbers: [],
        seconds: { probers: 20, requests: 30, total: 55 },
    };
}

const object = objects[0]!;
const drifted = (state: "missing" | "changed" | "foreign", widensAccess = false): VerifyReport => ({
    ...reportWithout(),
    drift: [{ state, widensAccess, object, text: "an object drifted" }],
});

const miscountOf = (counted: number): VerifyReport["miscounts"][number] => ({
    layer: "identity",
    workload: "databases/cache",
    expected: 1,
    counted,
    suspects: reportWithout().results.slice(0, 7),
    explanations: ["an explanation"],
});

describe("the text report", () => {
    it("shows the access matrix and the totals", () => {
        const text = toText(reportWithout());
        assert.match(text, /^web +✓ · · ✓ *$/m);
        assert.match(text, /^auth +· · · · *$/m);
        assert.match(text, /^\(outside-mesh\) +· · · · *$/m);
        assert.match(
            text,
            /allows exactly the catalogue's calls: 0 mismatches\.\n\d+ requests in 30 s, 55 s/,
        );
        assert.equal(text.split("\n").filter((line) => line.length > 110).length, 0);
    });

    it("shows the call, expected, got, because and see for each mismatch", () => {
        const text = toText(reportWithout("auth-from-web"));
        assert.match(text, /^web +✗ · · ✓ *$/m);
        const lines = [
            "✗ identity: web → auth on grpc, /small.Auth/Check",
            "    expected  a response to spiffe://cluster.local/ns/sparc/sa/web",
            "    actual    RBAC denial",
            "    reason    web calls auth on grpc",
            "    see       an explanation",
        ];
        assert.ok(text.includes(lines.join("\n")), text);
        assert.match(text, /The mesh differs from the catalogue: 3 mismatches/);
    });

    it("names drifted objects and skipped checks", () => {
        const text = toText({
            ...drifted("missing"),
            unchecked: [{ part: "entry through a gateway", reason: "a reason", requested: true }],
        });
        assert.match(text, /^✗ an object drifted$/m);
        assert.match(text, /^! not checked: entry through a gateway: a reason$/m);
        assert.match(text, /1 object missing or changed/);
        assert.match(toText(drifted("foreign")), /^! an object drifted$/m);
        assert.match(toText(drifted("foreign", true)), /^✗ an object drifted$/m);
        assert.match(toText(drifted("foreign", true)), /1 foreign object that can widen access/);
    });

    it("shows how many requests were retried, and the results of earlier attempts", () => {
        const { results } = reportWithout();
        const retried = results.slice(0, 3).map((checkResult, index) => ({
            ...checkResult,
            actual: index < 2 ? "dns: a timeout" : "a reset",
        }));
        const text = toText({ ...reportWithout(), retried });
        assert.match(text, /^! 3 requests retried after an inconclusive result:$/m);
        assert.match(text, /^ {4}dns: a timeout: \S.* and 1 more\n {4}a reset: /m);
        assert.doesNotMatch(toText(reportWithout()), /retried/);
    });

    it("claims nothing about unchecked layers, and names the flag that skips them", () => {
        const egress = { part: "egress", reason: "a reason", optional: "egress", requested: false } as const;
        const report = { ...reportWithout(), unchecked: [egress] };
        assert.equal(exitCode(report), 1);
        assert.equal(toJson(report)["proven"], false);
        const text = toText(report);
        assert.match(text, /^✗ not checked: egress: a reason\n {4}to exclude it: --allow-unchecked egress$/m);
        assert.match(text, /^Not verified, although .*: 0 mismatches, 1 part unchecked\.$/m);
        assert.equal(exitCode({ ...report, unchecked: [{ ...egress, requested: true }] }), 0);
    });

    it("names accepted objects, and accepted names that match nothing", () => {
        const [one] = drifted("foreign", true).drift;
        const text = toText({
            ...reportWithout(),
            accepted: one === undefined ? [] : [one],
            unusedAccepts: ["Sidecar/sparc/x"],
        });
        assert.match(text, /^! accepted: an object drifted$/m);
        assert.match(text, /^! --accept Sidecar\/sparc\/x: no such foreign object$/m);
    });

    it("names the workloads whose connections a miscount affects", () => {
        const text = toText({ ...reportWithout(), miscounts: [miscountOf(2)] });
        assert.match(text, /databases\/cache counted 2 denied TCP connections, expected 1/);
        assert.match(text, /from +auth, auth, auth, auth, auth and 2 more/);
        assert.match(text, /differs from the catalogue: 1 mismatch\./);
    });

    it("reports if the workloads of a miscount are unknown", () => {
        const text = toText({ ...reportWithout(), miscounts: [{ ...miscountOf(2), suspects: [] }] });
        assert.match(text, /actual +denials of connections that this run did not open/);
        assert.doesNotMatch(text, /^ +from *$/m);
    });

    it("truncates repeated mismatches", () => {
        const text = toText(reportWithout("AuthorizationPolicy"));
        assert.match(text, /and \d+ more in layer identity: --json lists all/);
    });
});

describe("the JSON report", () => {
    it("contains every check, and round-trips", () => {
        const json = JSON.parse(JSON.stringify(toJson(reportWithout("auth-from-web")))) as Record<
            string,
            unknown
        >;
        assert.equal(json["schema"], SCHEMA);
        assert.equal(json["proven"], false);
        assert.equal(json["requests"], checks.length);
        assert.equal((json["checks"] as unknown[]).length, checks.length);
        const [difference] = json["mismatches"] as Record<string, unknown>[];
        assert.equal(difference?.["source"], "web");
        assert.equal(difference["request"], "/small.Auth/Check");
        assert.deepEqual(difference["explanations"], ["an explanation"]);
    });
});

describe("the exit code", () => {
    it("is 0 if all checks match, also with harmless foreign objects", () => {
        assert.equal(exitCode(reportWithout()), 0);
        assert.equal(exitCode(drifted("foreign")), 0);
    });

    it("is 1 with a mismatch, a miscount, or a missing or changed object", () => {
        assert.equal(exitCode(reportWithout("auth-from-web")), 1);
        assert.equal(exitCode(drifted("missing")), 1);
        assert.equal(exitCode(drifted("changed")), 1);
        const miscount = miscountOf(2);
        assert.equal(exitCode({ ...reportWithout(), miscounts: [miscount] }), 1);
    });
});

describe("the progress display", () => {
    it("is one line on a terminal, and a few elsewhere", () => {
        const written = (isTTY: boolean) => {
            let text = "";
            const progress = statusLineTo({ isTTY, write: (more) => (text += more) });
            for (let done = 1; done <= 100; done++) progress.count("probers ready", done, 100);
            progress.end();
            return text;
        };
        assert.equal(written(true).includes("\n"), false);
        assert.deepEqual(written(false).split("\n"), [
            "probers ready: 1 of 100",
            "probers ready: 25 of 100",
            "probers ready: 50 of 100",
            "probers ready: 75 of 100",
            "probers ready: 100 of 100",
            "",
        ]);
    });
});
