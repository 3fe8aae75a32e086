import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { NAMESPACES } from "../../components/base/names";
import { parseConfig } from "../../config/load";
import { type Istios, type Revision, type Step, UpgradeError, planUpgrade } from "../../cli/upgrade/plan";
import { goalOf } from "../../cli/upgrade/goal";
import { withIstios } from "../../cli/upgrade/stack-file";
import { RESTARTED, planText } from "../../cli/upgrade/text";

const OLD: Revision = { name: "1-30-5", version: "1.30.5" };
const NEW: Revision = { name: "1-31-1", version: "1.31.1" };

function istios(revisions: readonly Revision[], stable: string): Istios {
    return { revisions, stable };
}

const shape = (steps: readonly Step[]) =>
    steps.map((step) =>
        step.do === "restart"
            ? `restart ${step.to}`
            : `${step.istio.revisions.map(({ name }) => name).join("+")} stable ${step.istio.stable}`,
    );

const WAY = [
    "1-30-5+1-31-1 stable 1-30-5",
    "1-30-5+1-31-1 stable 1-31-1",
    "restart 1-31-1",
    "1-31-1 stable 1-31-1",
];

describe("the way to another revision", () => {
    it("never leaves a namespace without an istiod: beside, tag, workloads, and only then the old one", () => {
        const steps = planUpgrade(istios([OLD], OLD.name), NEW);
        assert.deepEqual(shape(steps), WAY);
        let there = new Set([OLD.name]);
        let proxies = new Set([OLD.name]);
        let stable = OLD.name;
        for (const step of steps) {
            if (step.do === "restart") proxies = new Set([stable]);
            else {
                there = new Set(step.istio.revisions.map(({ name }) => name));
                stable = step.istio.stable;
                assert.ok(there.has(stable), "the tag means an istiod that is there");
            }
            for (const revision of proxies)
                assert.ok(there.has(revision), `${revision} has proxies and is gone`);
        }
        assert.deepEqual([...there], [NEW.name]);
    });

    it("goes on from wherever it stopped, and says nothing once it is done", () => {
        const both = [OLD, NEW];
        assert.deepEqual(shape(planUpgrade(istios(both, OLD.name), NEW)), WAY.slice(1));
        assert.deepEqual(shape(planUpgrade(istios(both, NEW.name), NEW)), WAY.slice(2));
        assert.deepEqual(planUpgrade(istios([NEW], NEW.name), NEW), []);
    });

    it("leads back from halfway", () => {
        const back = planUpgrade(istios([OLD, NEW], NEW.name), OLD);
        assert.deepEqual(shape(back), [
            "1-31-1+1-30-5 stable 1-30-5",
            "restart 1-30-5",
            "1-30-5 stable 1-30-5",
        ]);
    });

    it("is refused where it replaces an istiod in place, jumps too far, or crosses another upgrade", () => {
        const refused = (now: Istios, to: Revision, why: RegExp) => {
            assert.throws(
                () => planUpgrade(now, to),
                (error: unknown) => error instanceof UpgradeError && why.test(error.message),
            );
        };
        refused(
            istios([OLD], OLD.name),
            { ...OLD, version: "1.31.1" },
            /never replaced in place.*another name/s,
        );
        refused(istios([OLD], OLD.name), { name: "far", version: "1.33.0" }, /3 minor versions apart/);
        refused(istios([OLD, NEW], OLD.name), { name: "x", version: "1.31.1" }, /under way.*--to 1-30-5/s);
    });

    it("says what to write and what to run", () => {
        const text = planText(
            "prod",
            istios([OLD], OLD.name),
            NEW,
            planUpgrade(istios([OLD], OLD.name), NEW),
        );
        assert.match(text, /^Istio of prod: 1-30-5 \(1\.30\.5\) → 1-31-1 \(1\.31\.1\)/);
        assert.equal(text.match(/pulumi up --stack prod/g)?.length, 3);
        for (const namespace of RESTARTED)
            assert.ok(
                text.includes(`kubectl rollout restart deployment,statefulset,daemonset -n ${namespace}\n`),
            );
        // What it says to write is a configuration of the stack.
        const [yaml = ""] = /^ {5}sparc-mesh:istio:\n(?: {7}.*\n)+/m.exec(text) ?? [];
        const istio = (parse(yaml) as Record<string, unknown>)["sparc-mesh:istio"];
        assert.equal(parseConfig("test", { domain: "a.example", istio }).istio.stable, OLD.name);
    });

    it("starts what is called before its callers' gateways, and nothing outside the mesh", () => {
        assert.ok(RESTARTED.indexOf(NAMESPACES.services) < RESTARTED.indexOf(NAMESPACES.ingress));
        assert.ok(RESTARTED.indexOf(NAMESPACES.stores) < RESTARTED.indexOf(NAMESPACES.egress));
        assert.equal(
            RESTARTED.includes(NAMESPACES.system) || RESTARTED.includes(NAMESPACES.certificates),
            false,
        );
    });
});

describe("a stack's file after a step", () => {
    it("has the step's istiods, and all else with its comments as it was", () => {
        const before = readFileSync(join(__dirname, "..", "..", "Pulumi.local.yaml"), "utf8");
        const after = withIstios(before, istios([OLD, NEW], NEW.name));
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
        assert.equal(withIstios(after, istios([OLD, NEW], NEW.name)), after);
    });
});

describe("the revisions of a stack", () => {
    const parse1 = (istio: unknown) => parseConfig("test", { domain: "a.example", istio });
    const one = { name: "a", version: "1.31.1" };

    it("are one, or two of which one is meant", () => {
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
            /istio\.revisions: must name each revision once/,
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

describe("the goal of an upgrade", () => {
    it("has the release that its name spells, that the stack knows it by, or that is said", () => {
        assert.deepEqual(goalOf({ to: "1-32-0" }, [NEW]), { name: "1-32-0", version: "1.32.0" });
        const known = { name: "canary", version: "1.31.2", tag: "a" };
        assert.deepEqual(goalOf({ to: "canary" }, [NEW, known]), known);
        assert.equal(goalOf({ to: "1-32-0", istioVersion: "1.32.1" }, [NEW]).version, "1.32.1");
    });

    it("is refused where nothing says which release it is", () => {
        assert.throws(
            () => goalOf({ to: "canary" }, [NEW]),
            (error) => error instanceof UpgradeError && /canary .*--istio-version/.test(error.message),
        );
        assert.throws(
            () => goalOf({ to: "1-32-0", istioVersion: "1.32" }, [NEW]),
            /--istio-version: must be/,
        );
    });
});
