/** Istio's decision on a request, written from its documentation and independent of the derivations. */
import type {
    AuthorizationPolicyManifest,
    Manifest,
    PeerAuthenticationManifest,
} from "../../components/base/manifest";

export interface Asking {
    /** The caller's principal, or undefined if mutual TLS did not identify it. */
    readonly principal: string | undefined;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly port: number;
    /** Absent on a TCP port. */
    readonly http?: { readonly method: string; readonly path: string };
    /** The host of an HTTP request, and the name in a connection's TLS. */
    readonly host?: string;
    readonly sni?: string;
}

const ROOT_NAMESPACE = "istio-system";

export function policiesOf(objects: readonly Manifest[]): AuthorizationPolicyManifest[] {
    return objects.filter((object) => object.kind === "AuthorizationPolicy");
}

/** Allowed, if no ALLOW policy applies to the workload, or a rule of one matches. Knows no DENY and no CUSTOM. */
export function isAllowed(policies: readonly AuthorizationPolicyManifest[], asking: Asking): boolean {
    const applying = policies.filter(
        ({ metadata, spec }) =>
            [ROOT_NAMESPACE, asking.namespace].includes(metadata.namespace) &&
            Object.entries(spec.selector?.matchLabels ?? {}).every(
                ([key, value]) => asking.labels[key] === value,
            ),
    );
    if (applying.some(({ spec }) => spec.action !== undefined && spec.action !== "ALLOW")) {
        throw new Error("this evaluator knows only ALLOW");
    }
    if (applying.length === 0) return true;
    return applying
        .flatMap(({ spec }) => spec.rules ?? [])
        .some((rule) => {
            const from = rule.from ?? [];
            const to = rule.to ?? [];
            const when = rule.when ?? [];
            if (when.some(({ key }) => key !== "connection.sni")) {
                throw new Error("of conditions this evaluator knows only connection.sni");
            }
            return (
                (from.length === 0 ||
                    from.some(({ source }) => matches(source?.principals, asking.principal))) &&
                (to.length === 0 || to.some(({ operation }) => operationMatches(operation ?? {}, asking))) &&
                when.every(({ values }) => matches(values, asking.sni))
            );
        });
}

function operationMatches(
    {
        ports,
        hosts,
        methods,
        paths,
    }: { ports?: string[]; hosts?: string[]; methods?: string[]; paths?: string[] },
    { port, http, host }: Asking,
): boolean {
    return (
        matches(hosts, host) &&
        matches(ports, String(port)) &&
        matches(methods, http?.method) &&
        matches(paths, http?.path)
    );
}

/** A list that is absent or empty matches everything, and one that is not matches nothing that is absent. */
function matches(list: readonly string[] | undefined, value: string | undefined): boolean {
    if (list === undefined || list.length === 0) return true;
    return value !== undefined && list.some((entry) => entry === "*" || entry === value);
}

/** The TLS mode on a port of a workload: its own policy's, else its namespace's, else the mesh's. */
export function tlsMode(
    objects: readonly Manifest[],
    { namespace, labels, port }: Pick<Asking, "namespace" | "labels" | "port">,
): string {
    const all = objects.filter(
        (object): object is PeerAuthenticationManifest => object.kind === "PeerAuthentication",
    );
    const own = all.find(({ metadata, spec }) => {
        const wanted = Object.entries(spec.selector?.matchLabels ?? {});
        return (
            metadata.namespace === namespace && wanted.length > 0 && wanted.every(([k, v]) => labels[k] === v)
        );
    });
    const wide = (where: string) =>
        all.find(({ metadata, spec }) => metadata.namespace === where && spec.selector === undefined);
    return (
        own?.spec.portLevelMtls?.[String(port)]?.mode ??
        [own, wide(namespace), wide(ROOT_NAMESPACE)].flatMap((policy) => policy?.spec.mtls?.mode ?? [])[0] ??
        "PERMISSIVE"
    );
}
