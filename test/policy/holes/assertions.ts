/** Openings found by an attacker, each with the policy that must reject it, and a similar harmless case that must pass. */
import assert from "node:assert/strict";
import { message } from "../../../policy/core/message";
import { type PolicyDefinition } from "../../../policy/core/rule";
import { RULES } from "../../../policy/rules";
import { findings, fromYaml } from "../support/stacks";

export interface PolicyCase {
    readonly what: string;
    readonly yaml: string;
    /** The policy's configuration; its defaults where absent. */
    readonly config?: object;
    /** What the message must name in addition to the object. */
    readonly names?: RegExp;
}

export function policyNamed(name: string): PolicyDefinition {
    const rule = RULES.find((one) => one.name === name);
    assert.ok(rule !== undefined, `unknown policy ${name}`);
    return rule;
}

/** Messages of the violations; values unknown in a preview cause none. */
export function violationMessages(name: string, yaml: string, config: object = {}): readonly string[] {
    const rule = policyNamed(name);
    return findings(rule, fromYaml(yaml), config)
        .filter(({ unknown }) => unknown !== true)
        .map((finding) => message(rule, finding));
}

export function itRejects(name: string, attempts: readonly PolicyCase[]): void {
    for (const { what, yaml, config, names } of attempts) {
        it(`rejects ${what}`, () => {
            const messages = violationMessages(name, yaml, config);
            assert.ok(messages.length > 0, `${name} passes it`);
            assert.ok(
                !messages.some((text) => text.includes("the policy threw an error")),
                messages.join("\n"),
            );
            if (names !== undefined) assert.match(messages.join("\n"), names);
        });
    }
}

export function itAccepts(name: string, attempts: readonly PolicyCase[]): void {
    for (const { what, yaml, config } of attempts) {
        it(`accepts ${what}`, () => {
            assert.deepEqual(violationMessages(name, yaml, config), []);
        });
    }
}

/** A Deployment `shop/carts` with a pod template from YAML flow mappings without braces. */
export function deployment(spec: string, metadata = "", namespace = "shop"): string {
    return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: ${namespace} }
spec: { template: { metadata: { ${metadata} }, spec: { ${spec} } } }
`;
}
