/** Names become names of Kubernetes objects and parts of such names, and must stay unambiguous as such. */

import type { Duplicate } from "../assemble";
import type { Catalogue } from "../model";
import { sortedEntries } from "../order";
import type { Problem } from "./problem";
import { portOwners } from "./sites";
import type { PortSite } from "./sites";

/** The longest name: `<callee>-from-<caller>` and what Flagger adds must fit where Kubernetes allows 63 or 253. */
const LONGEST = 40;

/** RFC 1035: a Service's name must begin with a letter. */
const LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** What Kubernetes asks of a port's name: at most 15 characters, no two hyphens in a row. */
const PORT_NAME = /^(?=.{1,15}$)[a-z0-9]+(-[a-z0-9]+)*$/;

/** Names of objects that the mesh itself has beside those it derives, and why. */
const RESERVED: Readonly<Record<string, string>> = {
    default: "policies for a whole namespace are called so",
    "deny-all": "the policy that denies by default is called so",
    kubernetes: "the API server's Service is called so",
    mesh: "in a VirtualService it means every sidecar",
    istiod: "Istio's control plane is called so",
    prometheus: "the monitoring that scrapes every service is called so",
    "istio-ingressgateway": "a gateway is called so",
    "istio-internalgateway": "a gateway is called so",
    "istio-egressgateway": "a gateway is called so",
    "istio-admingateway": "a gateway is called so",
    "mesh-basics": "the policy for what every meshed pod needs is called so",
};

/** Flagger derives these workloads from each one that it rolls out. */
const FLAGGER_SUFFIXES = ["-primary", "-canary", "-rollout"];

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

/** Names that two files give to two things. */
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
            message: `the ${kind} "${name}" has a name that Kubernetes does not allow`,
            remedy: "Use lower-case letters, digits and hyphens; begin with a letter, end with no hyphen.",
        });
    }
    if (name.length > LONGEST) {
        problems.push({
            rule: "malformed-name",
            where,
            message: `the ${kind} ${name} has a name of ${name.length} characters, more than ${LONGEST}`,
            remedy: `Shorten it to ${LONGEST}: longer names are made of it.`,
        });
    }
    const reason = Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined;
    if (reason !== undefined) {
        problems.push({
            rule: "reserved-name",
            where,
            message: `the ${kind} ${name} has a name that the mesh needs itself: ${reason}`,
            remedy: "Choose another name.",
        });
    }
    const suffix = FLAGGER_SUFFIXES.find((end) => name.endsWith(end));
    if (suffix !== undefined) {
        problems.push({
            rule: "reserved-name",
            where,
            message: `the ${kind} ${name} has a name that Flagger gives to a workload of ${name.slice(0, -suffix.length)}`,
            remedy: `Choose a name that does not end in ${suffix}.`,
        });
    }
    // Also at either end: `a-from` called by `b` and `a` called by `from-b` would give one name to two policies.
    if (`-${name}-`.includes("-from-")) {
        problems.push({
            rule: "ambiguous-name",
            where,
            message: `the ${kind} ${name} has the word "from" in its name, as has each policy <callee>-from-<caller>`,
            remedy: `Choose a name without the word "from".`,
        });
    }
    return problems;
}

/** A name means one thing: labels, host names and people know no kinds. */
function collisions(catalogue: Catalogue): Problem[] {
    const taken = new Map<string, string>();
    const problems: Problem[] = [];
    for (const { kind, prefix, of } of KINDS) {
        for (const [name] of sortedEntries<unknown>(of(catalogue))) {
            const other = taken.get(name);
            if (other === undefined) {
                taken.set(name, kind);
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

function portNameProblems({ name, who, where }: PortSite): Problem[] {
    if (PORT_NAME.test(name) && /[a-z]/.test(name)) return [];
    return [
        {
            rule: "malformed-name",
            where,
            message: `${who} has a name that Kubernetes does not allow`,
            remedy: "Use at most 15 lower-case letters, digits and single hyphens, and at least one letter.",
        },
    ];
}
