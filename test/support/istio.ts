/** Evaluates Istio's authorization of a request, written from Istio's documentation and independent of the derivations. */
import type {
    AuthorizationPolicyManifest,
    Manifest,
    PeerAuthenticationManifest,
} from "../../components/base/manifest";

export interface RequestAttributes {
    /** The caller's principal, or undefined without mutual TLS. */
    readonly principal: string | undefined;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly port: number;
    /** Absent for a TCP port. */
    readonly http?: { readonly method: string; readonly path: string };
    /** The host of an HTTP request; `sni` is the TLS server name of a connection. */
    readonly host?: string;
    readonly sni?: string;
}

const ROOT_NAMESPACE = "istio-system";

export function policiesOf(objects: readonly Manifest[]): AuthorizationPolicyManifest[] {
    return objects.filter((object) => object.kind === "AuthorizationPolicy");
}

/** Allowed if no ALLOW policy applies to the workload, or a rule of one matches. DENY and CUSTOM are not supported. */
export function isAllowed(
    policies: readonly AuthorizationPolicyManifest[],
    request: RequestAttributes,
): boolean {
    const applying = policies.filter(
        ({ metadata, spec }) =>
            [ROOT_NAMESPACE, request.namespace].includes(metadata.namespace) &&
            Object.entries(spec.selector?.matchLabels ?? {}).every(
                ([key, value]) => request.labels[key] === value,
            ),
    );
    if (applying.some(({ spec }) => spec.action !== undefined && spec.action !== "ALLOW")) {
        throw new Error("this evaluator supports only ALLOW");
    }
    if (applying.length === 0) return true;
    return applying
        .flatMap(({ spec }) => spec.rules ?? [])
        .some((rule) => {
            const from = rule.from ?? [];
            const to = rule.to ?? [];
            const when = rule.when ?? [];
            if (when.some(({ key }) => key !== "connection.sni")) {
                throw new Error("the only condition that this evaluator supports is connection.sni");
            }
            return (
                (from.length === 0 ||
                    from.some(({ source }) => matches(source?.principals, request.principal))) &&
                (to.length === 0 || to.some(({ operation }) => operationMatches(operation ?? {}, request))) &&
                when.every(({ values }) => matches(values, request.sni))
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
    { port, http, host }: RequestAttributes,
): boolean {
    return (
        matches(hosts, host) &&
        matches(ports, String(port)) &&
        matches(methods, http?.method) &&
        matches(paths, http?.path)
    );
}

/** An absent or empty list matches everything; any other list requires a value. */
function matches(list: readonly string[] | undefined, value: string | undefined): boolean {
    if (list === undefined || list.length === 0) return true;
    return value !== undefined && list.some((entry) => entry === "*" || entry === value);
}

/** The mTLS mode of a workload's port: from the workload's policy, else the namespace's, else the mesh's. */
export function tlsMode(
    objects: readonly Manifest[],
    { namespace, labels, port }: Pick<RequestAttributes, "namespace" | "labels" | "port">,
): string {
    const all = objects.filter(
        (object): object is PeerAuthenticationManifest => object.kind === "PeerAuthentication",
    );
    const workloadPolicy = all.find(({ metadata, spec }) => {
        const selector = Object.entries(spec.selector?.matchLabels ?? {});
        return (
            metadata.namespace === namespace &&
            selector.length > 0 &&
            selector.every(([k, v]) => labels[k] === v)
        );
    });
    const wide = (where: string) =>
        all.find(({ metadata, spec }) => metadata.namespace === where && spec.selector === undefined);
    return (
        workloadPolicy?.spec.portLevelMtls?.[String(port)]?.mode ??
        [workloadPolicy, wide(namespace), wide(ROOT_NAMESPACE)].flatMap(
            (policy) => policy?.spec.mtls?.mode ?? [],
        )[0] ??
        "PERMISSIVE"
    );
}
