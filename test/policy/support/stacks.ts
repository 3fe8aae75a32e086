/** Stacks as the pack sees them: from YAML, or the program's own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { type Finding, isStackRule, type ObjectRule, type Rule } from "../../../policy/core/rule";
import { judgeResource, judgeWorld } from "../../../policy/core/sdk";
import { type EngineResource } from "../../../policy/core/subject";
import { World } from "../../../policy/core/world";

interface Document {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly metadata?: { readonly name?: string; readonly namespace?: string };
    readonly type?: string;
    readonly name?: string;
    readonly properties?: Record<string, unknown>;
    /** Names of the documents that a property comes from. */
    readonly sources?: Record<string, string[]>;
}

/** Resources from YAML: Kubernetes objects as they are, anything else by type, name and properties. */
export function fromYaml(yaml: string): readonly EngineResource[] {
    const documents = parseAllDocuments(yaml).map((document) => document.toJS() as Document);
    const urn = (name: string): string => `urn:pulumi:test::test::x::${name}`;
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
            // A Secret has a type, and so has an object of no API.
            props: type === undefined ? object : { ...object, type },
        };
    });
}

export function configOf(rule: Rule, config: Record<string, unknown>): object {
    const given = config[rule.name];
    return typeof given === "object" && given !== null ? given : {};
}

export function packConfig(stack: string): Record<string, unknown> {
    const file = join(__dirname, "..", "..", "..", "policy", "config", `${stack}.json`);
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
}

/** A stack's configuration in the profile `open`: nothing but EnvoyFilters is compared with a baseline. */
export function openConfig(stack: string): Record<string, unknown> {
    const entries = Object.entries(packConfig(stack));
    return Object.fromEntries(entries.filter(([name]) => !name.startsWith("closed-")));
}

/** All findings of one rule in a stack. */
export function findings(rule: Rule, resources: readonly EngineResource[], config: object = {}): Finding[] {
    if (isStackRule(rule)) return [...judgeWorld(rule, World.of(resources), config)];
    const judged = rule as unknown as ObjectRule;
    return resources.flatMap((resource) => [...judgeResource(judged, resource, config)]);
}
