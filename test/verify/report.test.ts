import assert from "node:assert/strict";
import { judge } from "../../cli/verify/judge";
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

/** A report on a mesh without the program's objects of some names or kinds. */
function reportWithout(...names: string[]): VerifyReport {
    const mesh = new SimulatedMesh(
        objects.filter(({ kind, metadata }) => ![kind, metadata.name].some((one) => names.includes(one))),
    );
    const findings = checks.map((check) => judge(check, mesh.ask(check)));
    const differences = findings
        .filter(({ agrees }) => !agrees)
        .map((finding) => ({ finding, explanations: ["an explanation"] }));
    return {
        cluster: "test",
        findings,
        differences,
        miscounts: [],
        drift: [],
        accepted: [],
        acceptedInVain: [],
        notChecked: [],
        repeated: [],
        stuckProbers: [],
        seconds: { probers: 20, requests: 30, total: 55 },
    };
}

const object = objects[0]!;
const drifted = (state: "missing" | "changed" | "foreign", opens = false): VerifyReport => ({
    ...reportWithout(),
    drift: [{ state, opens, object, text: "an object drifted" }],
});

const miscountOf = (counted: number): VerifyReport["miscounts"][number] => ({
    layer: "identity",
    workload: "databases/cache",
    expected: 1,
    counted,
    suspects: reportWithout().findings.slice(0, 7),
    explanations: ["an explanation"],
});

describe("a report for people", () => {
    it("shows who reaches whom, and the sum", () => {
        const text = toText(reportWithout());
        assert.match(text, /^web +✓ · · ✓ *$/m);
        assert.match(text, /^auth +· · · · *$/m);
        assert.match(text, /^\(unmeshed\) +· · · · *$/m);
        assert.match(
            text,
            /lets through exactly the catalogue's calls: 0 differences\.\n\d+ requests in 30 s, 55 s/,
        );
        assert.equal(text.split("\n").filter((line) => line.length > 110).length, 0);
    });

    it("tells of each difference what, expected, got, because and see", () => {
        const text = toText(reportWithout("auth-from-web"));
        assert.match(text, /^web +✗ · · ✓ *$/m);
        const lines = [
            "✗ identity: web → auth on grpc, /small.Auth/Check",
            "    expected  an answer to spiffe://cluster.local/ns/sparc/sa/web",
            "    got       RBAC denial",
            "    because   web calls auth on grpc",
            "    see       an explanation",
        ];
        assert.ok(text.includes(lines.join("\n")), text);
        assert.match(text, /The mesh differs from the catalogue: 3 differences/);
    });

    it("names what drifted and what was left out", () => {
        const text = toText({
            ...drifted("missing"),
            notChecked: [{ part: "entry through a gateway", why: "a reason", requested: true }],
        });
        assert.match(text, /^✗ an object drifted$/m);
        assert.match(text, /^! not checked: entry through a gateway: a reason$/m);
        assert.match(text, /1 object missing or changed/);
        assert.match(toText(drifted("foreign")), /^! an object drifted$/m);
        assert.match(toText(drifted("foreign", true)), /^✗ an object drifted$/m);
        assert.match(toText(drifted("foreign", true)), /1 foreign object that can widen access/);
    });

    it("says how many requests were made again, and what the tries before got", () => {
        const { findings } = reportWithout();
        const repeated = findings
            .slice(0, 3)
            .map((finding, index) => ({ ...finding, got: index < 2 ? "dns: a timeout" : "a reset" }));
        const text = toText({ ...reportWithout(), repeated });
        assert.match(text, /^! 3 requests made again, because the try before showed nothing:$/m);
        assert.match(text, /^ {4}dns: a timeout: \S.* and 1 more\n {4}a reset: /m);
        assert.doesNotMatch(toText(reportWithout()), /made again/);
    });

    it("claims no proof of what was not checked, and names the flag that leaves it out", () => {
        const egress = { part: "egress", why: "a reason", optional: "egress", requested: false } as const;
        const report = { ...reportWithout(), notChecked: [egress] };
        assert.equal(exitCode(report), 1);
        assert.equal(toJson(report)["proven"], false);
        const text = toText(report);
        assert.match(text, /^✗ not checked: egress: a reason\n {4}--allow-unchecked egress leaves it out$/m);
        assert.match(text, /^Not proven, though .*: 0 differences, 1 part not checked\.$/m);
        assert.equal(exitCode({ ...report, notChecked: [{ ...egress, requested: true }] }), 0);
    });

    it("names what is accepted, and what is accepted in vain", () => {
        const [one] = drifted("foreign", true).drift;
        const text = toText({
            ...reportWithout(),
            accepted: one === undefined ? [] : [one],
            acceptedInVain: ["Sidecar/sparc/x"],
        });
        assert.match(text, /^! accepted: an object drifted$/m);
        assert.match(text, /^! --accept Sidecar\/sparc\/x: no foreign object has this name$/m);
    });

    it("names whose connections a count puts in doubt", () => {
        const text = toText({ ...reportWithout(), miscounts: [miscountOf(2)] });
        assert.match(text, /databases\/cache counts 2 denied TCP connections, and 1 were expected/);
        assert.match(text, /from +auth, auth, auth, auth, auth and 2 more/);
        assert.match(text, /differs from the catalogue: 1 difference\./);
    });

    it("says so where nobody is known whose connections they were", () => {
        const text = toText({ ...reportWithout(), miscounts: [{ ...miscountOf(2), suspects: [] }] });
        assert.match(text, /got +denials of connections that nobody here made/);
        assert.doesNotMatch(text, /^ +from *$/m);
    });

    it("stops repeating itself", () => {
        const text = toText(reportWithout("AuthorizationPolicy"));
        assert.match(text, /and \d+ more in the layer identity: --json has them all/);
    });
});

describe("a report for machines", () => {
    it("holds every check, and survives JSON", () => {
        const json = JSON.parse(JSON.stringify(toJson(reportWithout("auth-from-web")))) as Record<
            string,
            unknown
        >;
        assert.equal(json["schema"], SCHEMA);
        assert.equal(json["proven"], false);
        assert.equal(json["requests"], checks.length);
        assert.equal((json["checks"] as unknown[]).length, checks.length);
        const [difference] = json["differences"] as Record<string, unknown>[];
        assert.equal(difference?.["source"], "web");
        assert.equal(difference["request"], "/small.Auth/Check");
        assert.deepEqual(difference["explanations"], ["an explanation"]);
    });
});

describe("the exit code", () => {
    it("is 0 where all agrees, and with no more than foreign objects", () => {
        assert.equal(exitCode(reportWithout()), 0);
        assert.equal(exitCode(drifted("foreign")), 0);
    });

    it("is 1 with a difference, a miscount, or an object missing or changed", () => {
        assert.equal(exitCode(reportWithout("auth-from-web")), 1);
        assert.equal(exitCode(drifted("missing")), 1);
        assert.equal(exitCode(drifted("changed")), 1);
        const miscount = miscountOf(2);
        assert.equal(exitCode({ ...reportWithout(), miscounts: [miscount] }), 1);
    });
});

describe("progress", () => {
    it("is one line on a terminal, and a few elsewhere", () => {
        const written = (isTTY: boolean) => {
            let text = "";
            const progress = statusLineTo({ isTTY, write: (more) => (text += more) });
            for (let done = 1; done <= 100; done++) progress.count("asked", done, 100);
            progress.end();
            return text;
        };
        assert.equal(written(true).includes("\n"), false);
        assert.deepEqual(written(false).split("\n"), [
            "asked: 1 of 100",
            "asked: 25 of 100",
            "asked: 50 of 100",
            "asked: 75 of 100",
            "asked: 100 of 100",
            "",
        ]);
    });
});
