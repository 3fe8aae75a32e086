import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { NAMESPACES } from "../../components/base/names";
import { parseConfig } from "../../config/load";
import {
    type IstioRevisions,
    type Revision,
    type UpgradeStep,
    UpgradeError,
    planUpgrade,
} from "../../cli/upgrade/plan";
import { targetRevision } from "../../cli/upgrade/target";
import { withRevisions } from "../../cli/upgrade/stack-file";
import { RESTART_ORDER, planText } from "../../cli/upgrade/text";

const OLD: Revision = { name: "1-30-5", version: "1.30.5" };
const NEW: Revision = { name: "1-31-1", version: "1.31.1" };

function istios(revisions: readonly Revision[], stable: string): IstioRevisions {
    return { revisions, stable };
}

const shape = (steps: readonly UpgradeStep[]) =>
    steps.map((step) =>
        step.action === "restart"
            ? `restart ${step.to}`
            : `${step.istio.revisions.map(({ name }) => name).join("+")} stable ${step.istio.stable}`,
    );

const WAY = [
    "1-30-5+1-31-1 stable 1-30-5",
    "1-30-5+1-31-1 stable 1-31-1",
    "restart 1-31-1",
    "1-31-1 stable 1-31-1",
];

describe("an upgrade plan to another revision", () => {
    it("never leaves a namespace without an istiod: new revision, tag, workloads, and only then removal of the old one", () => {
        const steps = planUpgrade(istios([OLD], OLD.name), NEW);
        assert.deepEqual(shape(steps), WAY);
        let there = new Set([OLD.name]);
        let proxies = new Set([OLD.name]);
        let stable = OLD.name;
        for (const step of steps) {
            if (step.action === "restart") proxies = new Set([stable]);
            else {
                there = new Set(step.istio.revisions.map(({ name }) => name));
                stable = step.istio.stable;
                assert.ok(there.has(stable), "the tag points to an existing istiod");
            }
            for (const revision of proxies)
                assert.ok(there.has(revision), `${revision} has proxies but is removed`);
        }
        assert.deepEqual([...there], [NEW.name]);
    });

    it("continues where it stopped, and is empty once complete", () => {
        const both = [OLD, NEW];
        assert.deepEqual(shape(planUpgrade(istios(both, OLD.name), NEW)), WAY.slice(1));
        assert.deepEqual(shape(planUpgrade(istios(both, NEW.name), NEW)), WAY.slice(2));
        assert.deepEqual(planUpgrade(istios([NEW], NEW.name), NEW), []);
    });

    it("rolls back from halfway", () => {
        const back = planUpgrade(istios([OLD, NEW], NEW.name), OLD);
        assert.deepEqual(shape(back), [
            "1-31-1+1-30-5 stable 1-30-5",
            "restart 1-30-5",
            "1-30-5 stable 1-30-5",
        ]);
    });

    it("is rejected if it replaces an istiod in place, skips minor versions, or conflicts with another upgrade", () => {
        const assertRejected = (now: IstioRevisions, to: Revision, why: RegExp) => {
            assert.throws(
                () => planUpgrade(now, to),
                (error: unknown) => error instanceof UpgradeError && why.test(error.message),
            );
        };
        assertRejected(
            istios([OLD], OLD.name),
            { ...OLD, version: "1.31.1" },
            /never replaced in place.*another name/s,
        );
        assertRejected(
            istios([OLD], OLD.name),
            { name: "1-32-0", version: OLD.version },
            /1-30-5 already runs Istio 1\.30\.5.*--istio-version/s,
        );
        assertRejected(istios([OLD], OLD.name), { name: "far", version: "1.33.0" }, /3 minor versions apart/);
        assertRejected(
            istios([OLD, NEW], OLD.name),
            { name: "x", version: "1.31.1" },
            /in progress.*--to 1-30-5/s,
        );
    });

    it("prints the configuration to write and the commands to run", () => {
        const text = planText(
            "prod",
            istios([OLD], OLD.name),
            NEW,
            planUpgrade(istios([OLD], OLD.name), NEW),
        );
        assert.match(text, /^Istio upgrade of stack prod: 1-30-5 \(1\.30\.5\) → 1-31-1 \(1\.31\.1\)/);
        assert.equal(text.match(/pulumi up --stack prod/g)?.length, 3);
        for (const namespace of RESTART_ORDER)
            assert.ok(
                text.includes(`kubectl rollout restart deployment,statefulset,daemonset -n ${namespace}\n`),
            );
        // The printed configuration is valid for the stack.
        const [yaml = ""] = /^ {5}sparc-mesh:istio:\n(?: {7}.*\n)+/m.exec(text) ?? [];
        const istio = (parse(yaml) as Record<string, unknown>)["sparc-mesh:istio"];
        assert.equal(parseConfig("test", { domain: "a.example", istio }).istio.stable, OLD.name);
    });

    it("labels a downgrade, and deploys the stack local with make up", () => {
        const text = planText(
            "local",
            istios([NEW], NEW.name),
            OLD,
            planUpgrade(istios([NEW], NEW.name), OLD),
        );
        assert.match(text, /^Istio downgrade of stack local: 1-31-1 \(1\.31\.1\) → 1-30-5 \(1\.30\.5\)/);
        assert.equal(text.match(/^ {5}make up$/gm)?.length, 3);
        assert.doesNotMatch(text, /pulumi up/);
    });

    it("restarts services before the gateways that call them, and nothing outside the mesh", () => {
        assert.ok(RESTART_ORDER.indexOf(NAMESPACES.services) < RESTART_ORDER.indexOf(NAMESPACES.ingress));
        assert.ok(RESTART_ORDER.indexOf(NAMESPACES.stores) < RESTART_ORDER.indexOf(NAMESPACES.egress));
        assert.equal(
            RESTART_ORDER.includes(NAMESPACES.system) || RESTART_ORDER.includes(NAMESPACES.certificates),
            false,
        );
    });
});

describe("a stack's file after a step", () => {
    it("has the step's istiods, and keeps everything else with its comments", () => {
        const before = readFileSync(join(__dirname, "..", "..", "Pulumi.local.yaml"), "utf8");
        const after = withRevisions(before, istios([OLD, NEW], NEW.name));
        interface File {
            config: Record<string, Record<string, unknown>>;
        }
        const [was, is] = [before, after].map((text) => (parse(text) as File).config);
        assert.ok(was !== undefined && is !== undefined);
        assert.deepEqual(is, {
            ...was,
            "sparc-mesh:istio": { ...was["sparc-mesh:istio"], revisions: [OLD, NEW], stable: NEW.name },
        });
        for (const comment of before.match(/^ *# .*$/gm) ?? []) assert.ok(after.includes(comment), comment);
        assert.equal(withRevisions(after, istios([OLD, NEW], NEW.name)), after);
    });
});

describe("a stack's revisions", () => {
    const parse1 = (istio: unknown) => parseConfig("test", { domain: "a.example", istio });
    const one = { name: "a", version: "1.31.1" };

    it("are one, or two of which one is selected", () => {
        assert.throws(
            () => parse1({ revisions: [one, { name: "b" }] }),
            /istio\.stable: must name one of revisions/,
        );
        assert.throws(
            () => parse1({ revisions: [one], stable: "b" }),
            /istio\.stable: must name one of revisions/,
        );
        assert.throws(
            () => parse1({ revisions: [one, one], stable: "a" }),
            /istio\.revisions: must list each revision once/,
        );
        assert.throws(
            () => parse1({ revisions: [{ name: "stable" }] }),
            /revisions\.0\.name: must be another name/,
        );
        assert.throws(
            () => parse1({ revisions: [{ name: "a", verison: "1.2.3" }] }),
            /did you mean "version"/,
        );
        assert.equal(parse1({}).istio.revisions.length, 1);
    });
});

describe("the target of an upgrade", () => {
    it("has the version that its name spells, that the stack configures, or that is given", () => {
        assert.deepEqual(targetRevision({ to: "1-32-0" }, [NEW]), { name: "1-32-0", version: "1.32.0" });
        const known = { name: "canary", version: "1.31.2", tag: "a" };
        assert.deepEqual(targetRevision({ to: "canary" }, [NEW, known]), known);
        assert.equal(targetRevision({ to: "1-32-0", istioVersion: "1.32.1" }, [NEW]).version, "1.32.1");
    });

    it("is rejected if its version is unknown", () => {
        assert.throws(
            () => targetRevision({ to: "canary" }, [NEW]),
            (error) => error instanceof UpgradeError && /canary .*--istio-version/.test(error.message),
        );
        assert.throws(
            () => targetRevision({ to: "1-32-0", istioVersion: "1.32" }, [NEW]),
            /--istio-version: must be/,
        );
    });
});
