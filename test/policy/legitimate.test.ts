/**
 * What a team that knows Istio does rightly is not refused: 40 cases on a closed stranger's stack, judged by every policy
 * with an empty configuration. What a strict policy refuses has a configuration that a reviewer can accept.
 */
import assert from "node:assert/strict";
import { message } from "../../policy/core/message";
import { type EngineResource } from "../../policy/core/subject";
import { RULES } from "../../policy/rules";
import { ACCESS } from "./strangers/legitimate/access";
import { NEAR_MISSES } from "./strangers/legitimate/near-misses";
import { NETWORK } from "./strangers/legitimate/network";
import { ROUTES } from "./strangers/legitimate/routes";
import { base, stackOf } from "./strangers/legitimate/stack";
import { WORKLOADS } from "./strangers/legitimate/workloads";
import { configOf, findings } from "./support/stacks";

const CASES = [...NETWORK, ...ACCESS, ...ROUTES, ...WORKLOADS].sort((a, b) => (a.id < b.id ? -1 : 1));

interface Refusal {
    readonly policy: string;
    /** `policy: object: what is wrong`. */
    readonly text: string;
}

function refusals(resources: readonly EngineResource[], config: Record<string, unknown> = {}): Refusal[] {
    return RULES.flatMap((rule) =>
        findings(rule, resources, configOf(rule, config))
            .filter(({ unknown }) => unknown !== true)
            .map((finding) => ({
                policy: rule.name,
                text: `${rule.name}: ${message(rule, finding).split("\n", 1)[0] ?? ""}`,
            })),
    );
}

function assertPasses(resources: readonly EngineResource[], config: Record<string, unknown> = {}): void {
    const texts = refusals(resources, config).map(({ text }) => text);
    assert.ok(texts.length === 0, texts.join("\n"));
}

describe("legitimate things of another team, with an empty configuration", () => {
    it("its closed stack passes", () => {
        assertPasses(base());
    });

    it("are each listed once", () => {
        assert.equal(new Set(CASES.map(({ id }) => id)).size, CASES.length);
    });

    for (const legitimate of CASES) {
        const { id, what, config } = legitimate;
        const stack = (): readonly EngineResource[] => stackOf(legitimate);
        if (config === undefined) {
            it(`${id}: ${what}`, () => {
                assertPasses(stack());
            });
        } else {
            it(`${id}: ${what}, if it is listed`, () => {
                // The policies that the configuration is for, and no others, are strict here.
                const refusing = [...new Set(refusals(stack()).map(({ policy }) => policy))].sort();
                assert.deepEqual(refusing, Object.keys(config).sort());
                assertPasses(stack(), config);
            });
        }
    }
});

describe("what looks like a legitimate thing and opens the mesh", () => {
    for (const { like, what, policy, edit } of NEAR_MISSES) {
        it(`is refused: ${like}, but ${what}`, () => {
            const legitimate = CASES.find(({ id }) => id === like);
            assert.ok(legitimate !== undefined);
            const stack = stackOf({ ...legitimate, edit: [...(legitimate.edit ?? []), ...edit] });
            const refusing = refusals(stack, legitimate.config).map((refusal) => refusal.policy);
            assert.ok(refusing.includes(policy), `refused by ${refusing.join(", ") || "nothing"}`);
        });
    }
});
