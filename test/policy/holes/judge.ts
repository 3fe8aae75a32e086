/** Openings that an attack found, each with the policy that must refuse it, and the harmless neighbour that must pass. */
import assert from "node:assert/strict";
import { message } from "../../../policy/core/message";
import { type Rule } from "../../../policy/core/rule";
import { RULES } from "../../../policy/rules";
import { findings, fromYaml } from "../support/stacks";

export interface Attempt {
    readonly what: string;
    readonly yaml: string;
    /** The policy's configuration; its defaults where absent. */
    readonly config?: object;
    /** What the message must name besides the object. */
    readonly names?: RegExp;
}

export function policy(name: string): Rule {
    const rule = RULES.find((one) => one.name === name);
    assert.ok(rule !== undefined, `no policy is named ${name}`);
    return rule;
}

/** Messages of the findings that refuse; what a preview does not know yet refuses nothing. */
export function refusals(name: string, yaml: string, config: object = {}): readonly string[] {
    const rule = policy(name);
    return findings(rule, fromYaml(yaml), config)
        .filter(({ unknown }) => unknown !== true)
        .map((finding) => message(rule, finding));
}

export function refuses(name: string, attempts: readonly Attempt[]): void {
    for (const { what, yaml, config, names } of attempts) {
        it(`refuses ${what}`, () => {
            const found = refusals(name, yaml, config);
            assert.ok(found.length > 0, `${name} passes it`);
            assert.ok(!found.some((text) => text.includes("the policy itself failed")), found.join("\n"));
            if (names !== undefined) assert.match(found.join("\n"), names);
        });
    }
}

export function accepts(name: string, attempts: readonly Attempt[]): void {
    for (const { what, yaml, config } of attempts) {
        it(`accepts ${what}`, () => {
            assert.deepEqual(refusals(name, yaml, config), []);
        });
    }
}

/** A Deployment `shop/carts` with what is given of its pod template, as YAML flow mappings without braces. */
export function deployment(spec: string, metadata = "", namespace = "shop"): string {
    return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: ${namespace} }
spec: { template: { metadata: { ${metadata} }, spec: { ${spec} } } }
`;
}
