/** Stacks as the pack receives them: from YAML, or from the program. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import {
    type Violation,
    isStackRule,
    type ObjectRule,
    type PolicyDefinition,
} from "../../../policy/core/rule";
import { evaluateResource, evaluateStack } from "../../../policy/core/sdk";
import { type EngineResource } from "../../../policy/core/subject";
import { StackResources } from "../../../policy/core/stack-resources";

interface Document {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly metadata?: { readonly name?: string; readonly namespace?: string };
    readonly type?: string;
    readonly name?: string;
    readonly properties?: Record<string, unknown>;
    /** Names of the documents that a property depends on. */
    readonly sources?: Record<string, string[]>;
}

/** Resources from YAML: Kubernetes objects unchanged, anything else by type, name and properties. */
export function fromYaml(yaml: string): readonly EngineResource[] {
    const documents = parseAllDocuments(yaml).map((document) => document.toJS() as Document);
    const urn = (name: string): string =>
        `urn:pulumi:test::test::${documents.find((one) => one.name === name)?.type ?? "x"}::${name}`;
    return documents.map(({ type, name, properties, sources, ...object }) => {
        if (type !== undefined && name !== undefined) {
            const from = Object.entries(sources ?? {}).map(([key, names]) => [key, names.map(urn)]);
            return {
                urn: urn(name),
                type,
                name,
                props: properties ?? {},
                sources: Object.fromEntries(from) as Record<string, string[]>,
            };
        }
        const { apiVersion = "", kind = "", metadata } = object;
        const version = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
        const full = [metadata?.namespace, metadata?.name].filter(Boolean).join("-");
        return {
            urn: urn(`${kind}-${full}`),
            type: `kubernetes:${version}:${kind}`,
            name: full,
            // A Secret also has a field `type`.
            props: type === undefined ? object : { ...object, type },
        };
    });
}

export function configOf(rule: PolicyDefinition, config: Record<string, unknown>): object {
    const given = config[rule.name];
    return typeof given === "object" && given !== null ? given : {};
}

export function packConfig(stack: string): Record<string, unknown> {
    const file = join(__dirname, "..", "..", "..", "policy", "config", `${stack}.json`);
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
}

/** A stack's configuration with the profile `open`: only EnvoyFilters are compared with a baseline. */
export function openConfig(stack: string): Record<string, unknown> {
    const entries = Object.entries(packConfig(stack));
    return Object.fromEntries(entries.filter(([name]) => !name.startsWith("closed-")));
}

/** All violations of one rule in a stack. */
export function findings(
    rule: PolicyDefinition,
    resources: readonly EngineResource[],
    config: object = {},
): Violation[] {
    if (isStackRule(rule)) return [...evaluateStack(rule, StackResources.of(resources), config)];
    const objectRule = rule as unknown as ObjectRule;
    return resources.flatMap((resource) => [...evaluateResource(objectRule, resource, config)]);
}
