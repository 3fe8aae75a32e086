/** Names become (parts of) names of Kubernetes objects, and must be valid and unambiguous there. */

import type { Duplicate } from "../assemble";
import type { Catalogue } from "../model";
import { sortedEntries } from "../order";
import { ROLLOUT_SUFFIXES } from "../rollout";
import type { Problem } from "./problem";
import { portOwners } from "./sites";
import type { PortSite } from "./sites";

/** `<callee>-from-<caller>` and Flagger's suffixes must fit into Kubernetes' limits of 63 or 253 characters. */
const MAX_NAME_LENGTH = 40;

/** RFC 1035: a Service's name must begin with a letter. */
const LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** A Kubernetes port name: at most 15 characters, no consecutive hyphens. */
const PORT_NAME = /^(?=.{1,15}$)[a-z0-9]+(-[a-z0-9]+)*$/;

/** Names that the mesh itself uses, and for what. */
const RESERVED: Readonly<Record<string, string>> = {
    default: "the name of policies for a whole namespace",
    "deny-all": "the name of the default-deny policy",
    kubernetes: "the API server's Service",
    mesh: "all sidecars, in a VirtualService's gateways",
    istiod: "Istio's control plane",
    prometheus: "the Prometheus that scrapes every service",
    "istio-ingressgateway": "a gateway",
    "istio-internalgateway": "a gateway",
    "istio-egressgateway": "a gateway",
    "istio-admingateway": "a gateway",
    "mesh-basics": "the policy for the traffic that every pod in the mesh needs",
};

const KINDS = [
    { kind: "service", prefix: "", of: (catalogue: Catalogue) => catalogue.services },
    { kind: "store", prefix: "stores.", of: (catalogue: Catalogue) => catalogue.stores },
    { kind: "external group", prefix: "external.", of: (catalogue: Catalogue) => catalogue.external },
] as const;

/** Malformed, reserved, ambiguous and colliding names. */
export function checkNames(catalogue: Catalogue): Problem[] {
    return [
        ...KINDS.flatMap(({ kind, prefix, of }) =>
            sortedEntries<unknown>(of(catalogue)).flatMap(([name]) =>
                nameProblems(kind, name, `${prefix}${name}`),
            ),
        ),
        ...collisions(catalogue),
        ...portOwners(catalogue).flatMap(({ ports }) => ports.flatMap(portNameProblems)),
    ];
}

/** Names that two files define. */
export function checkDuplicates(duplicates: readonly Duplicate[]): Problem[] {
    return duplicates.map(duplicateName);
}

function duplicateName({ kind, name, kept, dropped }: Duplicate): Problem {
    return {
        rule: "duplicate-name",
        where: name,
        message: `${kept} and ${dropped} both define the ${kind} ${name}`,
        remedy: `Rename or remove one of the two.`,
    };
}

function nameProblems(kind: string, name: string, where: string): Problem[] {
    const problems: Problem[] = [];
    if (!LABEL.test(name)) {
        problems.push({
            rule: "malformed-name",
            where,
            message: `"${name}" is not a valid name for a ${kind}`,
            remedy: "Use lower-case letters, digits and hyphens. Start with a letter, and do not end with a hyphen.",
        });
    }
    if (name.length > MAX_NAME_LENGTH) {
        problems.push({
            rule: "malformed-name",
            where,
            message: `the name of the ${kind} ${name} has ${name.length} characters, more than ${MAX_NAME_LENGTH}`,
            remedy: `Shorten it to ${MAX_NAME_LENGTH} characters: object names add to it.`,
        });
    }
    const reason = Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined;
    if (reason !== undefined) {
        problems.push({
            rule: "reserved-name",
            where,
            message: `the name of the ${kind} ${name} is reserved: ${reason}`,
            remedy: "Choose another name.",
        });
    }
    const suffix = Object.values(ROLLOUT_SUFFIXES).find((end) => name.endsWith(end));
    if (suffix !== undefined) {
        problems.push({
            rule: "reserved-name",
            where,
            message: `the name of the ${kind} ${name} is the one of Flagger's workload for ${name.slice(0, -suffix.length)}`,
            remedy: `Choose a name that does not end with ${suffix}.`,
        });
    }
    // Also at either end: `a-from` called by `b` and `a` called by `from-b` would give two policies the same name.
    if (`-${name}-`.includes("-from-")) {
        problems.push({
            rule: "ambiguous-name",
            where,
            message: `the name of the ${kind} ${name} contains the word "from", which makes the policy names <callee>-from-<caller> ambiguous`,
            remedy: `Choose a name without the word "from".`,
        });
    }
    return problems;
}

/** Names are unique across kinds: labels and host names do not carry the kind. */
function collisions(catalogue: Catalogue): Problem[] {
    const kindByName = new Map<string, string>();
    const problems: Problem[] = [];
    for (const { kind, prefix, of } of KINDS) {
        for (const [name] of sortedEntries<unknown>(of(catalogue))) {
            const other = kindByName.get(name);
            if (other === undefined) {
                kindByName.set(name, kind);
                continue;
            }
            problems.push({
                rule: "name-collision",
                where: `${prefix}${name}`,
                message: `the ${kind} ${name} has the same name as the ${other} ${name}`,
                remedy: "Rename one of the two.",
            });
        }
    }
    return problems;
}

function portNameProblems({ name, label, where }: PortSite): Problem[] {
    if (PORT_NAME.test(name) && /[a-z]/.test(name)) return [];
    return [
        {
            rule: "malformed-name",
            where,
            message: `${label} has an invalid name`,
            remedy: "Use at most 15 lower-case letters, digits and single hyphens, with at least one letter.",
        },
    ];
}
