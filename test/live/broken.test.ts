/** Manual changes to every kind of object, all at once: `mesh verify` names each, and the calls that it allowed or broke. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { KINDS, type Kind } from "../../cli/lib/cluster/kinds";
import { drainedMs } from "../../cli/verify/cluster/propagation";
import { loadStackFile } from "../../config/load";
import { BREAKAGES, type Breakage, type Difference } from "./breakages";
import { BREAKAGES_OF_TRUST } from "./breakages-of-trust";
import { CHECKOUT, mesh } from "./checkout";
import { Deployment } from "./deployment";
import { FOREIGN_OBJECTS } from "./foreign-objects";

/** The fields that the tests read of `mesh verify --json`. */
interface Report {
    readonly proven: boolean;
    readonly mismatches: readonly Difference[];
    readonly miscounts: readonly { readonly workload: string; readonly explanations: readonly string[] }[];
    readonly drift: readonly { readonly object: string; readonly text: string }[];
}

const ALL: readonly Breakage[] = [...BREAKAGES, ...BREAKAGES_OF_TRUST, ...FOREIGN_OBJECTS];

/** A deleted object has no timestamp from which `mesh verify` could wait until sidecars have drained old connections. */
const DRAIN_MS = drainedMs(loadStackFile("local", CHECKOUT));

describe("mesh verify, on a mesh with manual changes", function () {
    this.timeout(900_000);
    let node: Deployment;
    let report: Report;

    async function breakObject({ object, patch, spec }: Breakage): Promise<void> {
        const [kind = "", path = ""] = object.split(" ");
        const [namespace = "", name = ""] = path.split("/");
        if (spec !== undefined) {
            const apiVersion = KINDS[kind as Kind].path.replace(/^apis?\//, "");
            const created = { apiVersion, kind, metadata: { name, namespace }, spec };
            await node.kubectl(["create", "--filename", "-"], JSON.stringify(created));
            return;
        }
        const which = whichOf(object);
        await node.kubectl(
            patch === undefined
                ? ["delete", ...which]
                : ["patch", ...which, "--type", "json", "--patch", JSON.stringify(patch)],
        );
    }

    before(async () => {
        node = await Deployment.of();
        for (const breakage of ALL) await breakObject(breakage);
        await pause(DRAIN_MS);
        const { status, stdout, stderr } = await mesh(CHECKOUT, ["verify", "--json"]);
        assert.equal(status, 1, stderr);
        report = JSON.parse(stdout) as Report;
    });

    // The program restores its objects, but does not remove foreign ones.
    after(async () => {
        for (const { object, spec } of ALL)
            if (spec !== undefined) await node.kubectl(["delete", ...whichOf(object)]);
        await node.up();
        const { status, stderr } = await mesh(CHECKOUT, [
            "verify",
            "--layer",
            "ingress",
            "--layer",
            "egress",
        ]);
        assert.equal(status, 0, stderr);
    });

    for (const { object, how, shows } of ALL) {
        it(`names ${object} (${how})${shows === undefined ? "" : ", and detects it on the wire"}`, () => {
            assert.ok(
                report.drift.some((one) => one.object === object),
                JSON.stringify(report.drift.map((one) => one.object)),
            );
            if (shows === undefined) return;
            const shown = report.mismatches.filter(shows);
            assert.ok(shown.length > 0, "no mismatch shows it");
            for (const { explanations } of shown)
                assert.ok(
                    explanations.some((text) => text.startsWith(`${object} `)),
                    explanations.join("\n"),
                );
        });
    }

    it("names nothing else, and reports no mismatch without an explanation", () => {
        assert.deepEqual(
            report.drift.map(({ object }) => object).sort(),
            ALL.map(({ object }) => object).sort(),
        );
        const others = report.mismatches.filter((one) => !ALL.some(({ shows }) => shows?.(one)));
        assert.deepEqual(
            others.map(({ layer, source, host, request, actual }) =>
                [layer, source, host, request, actual].join(" "),
            ),
            [],
        );
    });

    it("detects TCP connections that were no longer denied by Envoy's counters", () => {
        const [miscount] = report.miscounts.filter(({ workload }) => workload === "sparc/video-ingest");
        assert.match(
            miscount?.explanations.join() ?? "",
            /PeerAuthentication sparc\/video-ingest was changed: spec.mtls.mode is "PERMISSIVE"/,
        );
    });
});

/** kubectl's arguments for an object, with the full kind: `gateways.networking.istio.io`. */
function whichOf(object: string): string[] {
    const [kind = "", place = ""] = object.split(" ");
    const [namespace = "", name = ""] = place.split("/");
    const { path, plural } = KINDS[kind as Kind];
    const [root, group] = path.split("/");
    const resource = root === "api" ? plural : `${plural}.${group ?? ""}`;
    return namespace === "_cluster" ? [resource, name] : [resource, "--namespace", namespace, name];
}
