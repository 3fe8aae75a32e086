import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { NAMESPACES } from "../../components/base/names";
import { ISTIO_VERSION } from "../../config/versions";
import {
    type IstioState,
    planUpgrade,
    type Revision,
    stateOf,
    type UpgradeStep,
    UpgradeError,
} from "../../cli/upgrade/plan";
import { withIstio } from "../../cli/upgrade/stack-file";
import { targetRevision } from "../../cli/upgrade/target";
import { namespacesOf, planText, RESTART_ORDER } from "../../cli/upgrade/text";
import { testConfig } from "../support/config";

const OLD: Revision = { name: "1-30-5", version: "1.30.5" };
const NEW: Revision = { name: "1-31-1", version: "1.31.1" };

/** The state of a stack with these settings below `sparc-mesh:istio`. */
function state(istio: Readonly<Record<string, unknown>>): IstioState {
    return stateOf(testConfig({ domain: "a.example", istio }).istio);
}

const only = (revision: Revision) => state({ revisions: [revision] });

const shape = (steps: readonly UpgradeStep[]) =>
    steps.map((step) => {
        if (step.action === "restart") return `restart ${step.scope}`;
        const { revisions, stable, components } = step.istio;
        const names = revisions.map(({ name }) => name).join("+");
        return `${names}, tag ${stable}, base ${components.base}, cni ${components.cni}, gateways ${components.gateways}`;
    });

const WAY = [
    "1-30-5, tag 1-30-5, base 1.31.1, cni 1.30.5, gateways 1.30.5",
    "1-30-5+1-31-1, tag 1-30-5, base 1.31.1, cni 1.30.5, gateways 1.30.5",
    "1-30-5+1-31-1, tag 1-30-5, base 1.31.1, cni 1.31.1, gateways 1.30.5",
    "1-30-5+1-31-1, tag 1-31-1, base 1.31.1, cni 1.31.1, gateways 1.30.5",
    "restart workloads",
    "1-30-5+1-31-1, tag 1-31-1, base 1.31.1, cni 1.31.1, gateways 1.31.1",
    "restart gateways",
    "1-31-1, tag 1-31-1, base 1.31.1, cni 1.31.1, gateways 1.31.1",
];

const deployments = (steps: readonly UpgradeStep[]) =>
    steps.flatMap((step) => (step.action === "deploy" ? [step.istio] : []));

/** A stack's file after a step, and its configuration, as the next run of the command reads them. */
function written(
    istio: IstioState,
    before = "config:\n  sparc-mesh:domain: a.example\n",
): {
    readonly text: string;
    readonly state: IstioState;
} {
    const text = withIstio(before, istio);
    const { config } = parse(text) as { config: Record<string, Record<string, unknown>> };
    return { text, state: state({ cni: istio.cni, ...config["sparc-mesh:istio"] }) };
}

describe("an upgrade plan to another revision", () => {
    it("moves one part at a time, in the order of Istio's documentation", () => {
        assert.deepEqual(shape(planUpgrade(only(OLD), NEW)), WAY);
    });

    it("never leaves a proxy without an istiod: new revision, tag, workloads, and only then removal of the old one", () => {
        let there = new Set([OLD.name]);
        let workloads = OLD.name;
        let gateways = OLD.name;
        let stable = OLD.name;
        for (const step of planUpgrade(only(OLD), NEW)) {
            if (step.action === "deploy") {
                there = new Set(step.istio.revisions.map(({ name }) => name));
                stable = step.istio.stable;
                assert.ok(there.has(stable), "the tag points to an existing istiod");
            } else if (step.scope === "workloads") workloads = stable;
            else gateways = stable;
            for (const revision of [workloads, gateways])
                assert.ok(there.has(revision), `${revision} has proxies but is removed`);
        }
        assert.deepEqual([...there], [NEW.name]);
        assert.deepEqual([workloads, gateways], [NEW.name, NEW.name]);
    });

    it("continues from the file that each of its steps writes, and is empty once complete", () => {
        for (const [from, to] of [
            [OLD, NEW],
            [NEW, OLD],
        ] as const) {
            const steps = planUpgrade(only(from), to);
            for (const [index, step] of steps.entries()) {
                if (step.action !== "deploy") continue;
                const rest = planUpgrade(written(step.istio).state, to);
                // The restarts before the step are planned again; what is not stale does not restart.
                const expected = steps.slice(index + 1).filter(({ action }) => action === "deploy");
                assert.deepEqual(
                    shape(rest.filter(({ action }) => action === "deploy")),
                    shape(expected),
                    step.title,
                );
            }
            assert.deepEqual(planUpgrade(written(deployments(steps).at(-1) ?? only(from)).state, to), []);
        }
    });

    it("rolls back from halfway, and lowers the CRDs last", () => {
        const steps = planUpgrade(state({ revisions: [OLD, NEW], stable: NEW.name }), OLD);
        assert.deepEqual(shape(steps), [
            "1-30-5+1-31-1, tag 1-31-1, base 1.31.1, cni 1.30.5, gateways 1.31.1",
            "1-30-5+1-31-1, tag 1-30-5, base 1.31.1, cni 1.30.5, gateways 1.31.1",
            "restart workloads",
            "1-30-5+1-31-1, tag 1-30-5, base 1.31.1, cni 1.30.5, gateways 1.30.5",
            "restart gateways",
            "1-30-5, tag 1-30-5, base 1.31.1, cni 1.30.5, gateways 1.30.5",
            "1-30-5, tag 1-30-5, base 1.30.5, cni 1.30.5, gateways 1.30.5",
        ]);
    });

    it("has no step for istio-cni in a stack without it", () => {
        const steps = planUpgrade(state({ revisions: [OLD], cni: false }), NEW);
        assert.equal(steps.length, WAY.length - 1);
        for (const istio of deployments(steps)) assert.doesNotMatch(written(istio).text, /cni/);
    });

    it("completes components that lag behind the only revision", () => {
        const lagging = state({ revisions: [NEW], componentVersions: { gateways: "1.31.0" } });
        assert.deepEqual(shape(planUpgrade(lagging, NEW)), [WAY.at(-1)]);
    });

    it("is rejected if it replaces an istiod in place, skips a minor version, or conflicts with another upgrade", () => {
        const assertRejected = (now: IstioState, to: Revision, why: RegExp) => {
            assert.throws(
                () => planUpgrade(now, to),
                (error: unknown) => error instanceof UpgradeError && why.test(error.message),
            );
        };
        const canary = { name: "canary", version: "1.30.5" };
        assertRejected(
            only(canary),
            { ...canary, version: "1.31.1" },
            /never replaced in place.*another name/s,
        );
        assertRejected(
            only(OLD),
            { name: "other", version: OLD.version },
            /1-30-5 already runs Istio 1\.30\.5.*--istio-version/s,
        );
        assertRejected(
            only(OLD),
            { name: "far", version: "1.32.0" },
            /1\.30\.5 and 1\.32\.0 are 2 minor versions apart.*in between first/,
        );
        assertRejected(
            state({ revisions: [OLD, NEW], stable: OLD.name }),
            { name: "x", version: "1.31.1" },
            /in progress.*--to 1-30-5/s,
        );
    });

    it("prints the keys to write and the commands to run, never a restart of every Deployment", () => {
        const steps = planUpgrade(only(OLD), NEW);
        const text = planText("prod", only(OLD), NEW, steps);
        assert.match(text, /^Istio upgrade of stack prod: 1-30-5 \(1\.30\.5\) → 1-31-1 \(1\.31\.1\)/);
        assert.equal(text.match(/pulumi up --stack prod/g)?.length, 6);
        assert.deepEqual(
            text.match(/npx mesh upgrade .*/g),
            ["workloads", "gateways"].map(
                (scope) => `npx mesh upgrade --stack prod --context <context> --to 1-31-1 --restart ${scope}`,
            ),
        );
        assert.doesNotMatch(text, /kubectl/);
        // Each printed block is valid for the stack, and is the step's state.
        const blocks = text.match(/^ {5}sparc-mesh:istio:\n(?: {7}.*\n)+/gm) ?? [];
        const printed = blocks.map((block) => {
            const istio = (parse(block) as Record<string, Record<string, unknown>>)["sparc-mesh:istio"];
            return state(istio ?? {});
        });
        assert.deepEqual(printed, deployments(steps));
    });

    it("labels a downgrade, and deploys the stack local with make up", () => {
        const text = planText("local", only(NEW), OLD, planUpgrade(only(NEW), OLD));
        assert.match(text, /^Istio downgrade of stack local: 1-31-1 \(1\.31\.1\) → 1-30-5 \(1\.30\.5\)/);
        assert.equal(text.match(/^ {5}make up$/gm)?.length, 6);
        assert.doesNotMatch(text, /pulumi up/);
    });

    it("restarts services before the gateways that call them, and nothing outside the mesh", () => {
        assert.ok(namespacesOf("workloads").includes(NAMESPACES.services));
        assert.ok(namespacesOf("workloads").includes(NAMESPACES.stores));
        assert.deepEqual(namespacesOf("gateways"), [NAMESPACES.egress, NAMESPACES.ingress]);
        assert.deepEqual([...namespacesOf("workloads"), ...namespacesOf("gateways")], RESTART_ORDER);
        assert.equal(
            RESTART_ORDER.includes(NAMESPACES.system) || RESTART_ORDER.includes(NAMESPACES.certificates),
            false,
        );
    });
});

describe("a stack's file after a step", () => {
    const before = readFileSync(join(__dirname, "..", "..", "Pulumi.local.yaml"), "utf8");

    it("has the step's state, and keeps everything else with its comments", () => {
        const both = state({
            revisions: [OLD, NEW],
            stable: NEW.name,
            componentVersions: { gateways: OLD.version },
        });
        const after = withIstio(before, both);
        interface File {
            config: Record<string, Record<string, unknown>>;
        }
        const [was, is] = [before, after].map((text) => (parse(text) as File).config);
        assert.ok(was !== undefined && is !== undefined);
        assert.deepEqual(is, {
            ...was,
            "sparc-mesh:istio": {
                ...was["sparc-mesh:istio"],
                revisions: [OLD, NEW],
                stable: NEW.name,
                componentVersions: { gateways: OLD.version },
            },
        });
        for (const comment of before.match(/^ *# .*$/gm) ?? []) assert.ok(after.includes(comment), comment);
        assert.equal(withIstio(after, both), after);
    });

    it("has only the revision once the upgrade is complete", () => {
        const both = state({
            revisions: [OLD, NEW],
            stable: NEW.name,
            componentVersions: { gateways: OLD.version },
        });
        const { config } = parse(withIstio(withIstio(before, both), only(NEW))) as {
            config: Record<string, Record<string, unknown>>;
        };
        assert.deepEqual(config["sparc-mesh:istio"]?.["revisions"], [NEW]);
        assert.ok(!("stable" in (config["sparc-mesh:istio"] ?? {})));
        assert.ok(!("componentVersions" in (config["sparc-mesh:istio"] ?? {})));
    });
});

describe("the target of an upgrade", () => {
    it("has the version that its name spells, that the stack configures, or that is given", () => {
        assert.deepEqual(targetRevision({ to: "1-31-4" }, [NEW]), { name: "1-31-4", version: "1.31.4" });
        const known = { name: "canary", version: "1.31.2", tag: "a" };
        assert.deepEqual(targetRevision({ to: "canary" }, [NEW, known]), known);
        assert.equal(targetRevision({ to: "canary", istioVersion: "1.31.3" }, [NEW]).version, "1.31.3");
    });

    it("is the newest release that the program knows by default", () => {
        assert.equal(targetRevision({}, [OLD]).version, ISTIO_VERSION);
    });

    it("is rejected if its version is unknown", () => {
        assert.throws(
            () => targetRevision({ to: "canary" }, [NEW]),
            (error) => error instanceof UpgradeError && /canary .*--istio-version/.test(error.message),
        );
        assert.throws(
            () => targetRevision({ to: "canary", istioVersion: "1.32" }, [NEW]),
            /--istio-version: must be/,
        );
        assert.throws(
            () => targetRevision({ to: "1-29-4" }, [OLD]),
            /--istio-version: must be a release of Istio 1\.30/,
        );
    });
});
