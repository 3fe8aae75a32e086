/** The calls that a change of one object can affect: only these need evaluating again. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { isAbout, matchesDnsName, matchesLabels, qualified } from "../../../../cli/lib/evaluate/match";
import { type Callee, type Workload } from "../../../../cli/lib/evaluate/model";
import { type Labels } from "../../../../cli/lib/snapshot/snapshot";
import { idOf } from "../schema";

export interface AffectedCalls {
    callee(callee: Callee): boolean;
    caller(workload: Workload): boolean;
    /** For an external host. */
    host(host: string): boolean;
}

interface Props {
    readonly metadata?: { readonly name?: string; readonly namespace?: string };
    readonly spec?: {
        readonly selector?: { readonly matchLabels?: Labels } & Labels;
        readonly workloadSelector?: { readonly labels?: Labels };
        readonly podSelector?: { readonly matchLabels?: Labels };
        readonly host?: string;
        readonly hosts?: readonly string[];
        readonly servers?: readonly { readonly hosts?: readonly string[] }[];
    };
}

const no = (): boolean => false;
const yes = (): boolean => true;

/** Undefined if no layer of `mesh explain` reads the kind. */
export function touchedBy(resource: EvaluatedResource): AffectedCalls | undefined {
    const { metadata, spec } = resource.properties as Props;
    const namespace = metadata?.namespace ?? "";
    switch (idOf(resource) ?? "") {
        case "security.istio.io/AuthorizationPolicy":
        case "security.istio.io/PeerAuthentication":
        case "security.istio.io/RequestAuthentication": {
            const labels = spec?.selector?.matchLabels;
            return { callee: ({ workload }) => isAbout(namespace, labels, workload), caller: no, host: no };
        }
        case "networking.k8s.io/NetworkPolicy": {
            const labels = spec?.podSelector?.matchLabels;
            const selects = (workload: Workload): boolean =>
                workload.namespace === namespace && matchesLabels(labels, workload.labels);
            return { callee: ({ workload }) => selects(workload), caller: selects, host: no };
        }
        case "networking.istio.io/Sidecar": {
            const labels = spec?.workloadSelector?.labels;
            return { callee: no, caller: (workload) => isAbout(namespace, labels, workload), host: no };
        }
        case "networking.istio.io/DestinationRule":
        case "networking.istio.io/ServiceEntry":
        case "networking.istio.io/VirtualService": {
            const declaredHosts = [...(spec?.hosts ?? []), ...(spec?.host === undefined ? [] : [spec.host])];
            const hosts = declaredHosts.map((host) => qualified(host, namespace));
            const text = JSON.stringify(spec);
            const isFor = (host: string): boolean => hosts.some((pattern) => matchesDnsName(pattern, host));
            return {
                // A route also affects its destinations.
                callee: ({ host }) => isFor(host) || text.includes(`"${host}"`),
                caller: no,
                host: isFor,
            };
        }
        case "networking.istio.io/Gateway": {
            const text = JSON.stringify(spec?.selector ?? {});
            const hosts = (spec?.servers ?? []).flatMap((server) => server.hosts ?? []);
            return {
                callee: no,
                caller: ({ gateway, labels }) =>
                    gateway === true && (text === "{}" || matchesLabels(spec?.selector, labels)),
                host: (host) =>
                    hosts.some((declared) => matchesDnsName(declared.slice(declared.indexOf("/") + 1), host)),
            };
        }
        case "core/Namespace": {
            const isIn = ({ namespace: home }: { namespace: string }): boolean => home === metadata?.name;
            return { callee: isIn, caller: isIn, host: no };
        }
        case "core/Service":
            return {
                callee: ({ host }) => host === `${metadata?.name ?? ""}.${namespace}.svc.cluster.local`,
                caller: no,
                host: no,
            };
        case "apps/Deployment":
            return { callee: ({ namespace: home }) => home === namespace, caller: no, host: no };
        default:
            return undefined;
    }
}

/** The calls that either affects. */
export function either(one: AffectedCalls, other: AffectedCalls): AffectedCalls {
    return {
        callee: (callee) => one.callee(callee) || other.callee(callee),
        caller: (workload) => one.caller(workload) || other.caller(workload),
        host: (host) => one.host(host) || other.host(host),
    };
}

export const EVERYTHING: AffectedCalls = { callee: yes, caller: yes, host: yes };
