/** Describes what an object does, as a predicate: `it <text>`. */
import type { KubeObject } from "./objects";
import { selectorOf } from "./objects";

export function describeObject(object: KubeObject): string {
    switch (object.kind) {
        case "AuthorizationPolicy":
            return describeAuthorization(object);
        case "PeerAuthentication":
            return describeIdentity(object);
        case "Sidecar":
            return describeSidecar(object);
        case "DestinationRule": {
            const { host = "?", trafficPolicy } = object.spec as {
                host?: string;
                trafficPolicy?: { tls?: { mode?: string } };
            };
            const mode = trafficPolicy?.tls?.mode;
            return `sets the traffic policy for ${host}${mode === undefined ? "" : `, with TLS ${mode}`}`;
        }
        case "ServiceEntry": {
            const { hosts = [], exportTo = ["*"] } = object.spec as { hosts?: string[]; exportTo?: string[] };
            return `adds ${hosts.join(", ")} to the service registry of ${exportTo.join(", ")}`;
        }
        case "Namespace":
            return "controls sidecar injection and pod security";
        case "Service":
            return "routes callers to a workload";
        case "ServiceAccount":
            return "is a workload's identity";
        case "Role":
        case "ClusterRole":
        case "RoleBinding":
        case "ClusterRoleBinding":
            return "controls access to the Kubernetes API";
        case "MutatingAdmissionPolicy":
        case "MutatingWebhookConfiguration":
            return "mutates pods or policies on admission";
        case "Certificate":
        case "Issuer":
        case "ClusterIssuer":
            return "controls certificates";
        default:
            return `applies to ${target(object)}`;
    }
}

interface AuthorizationSpec {
    readonly action?: string;
    readonly rules?: readonly {
        readonly from?: readonly { readonly source?: Readonly<Record<string, readonly string[]>> }[];
        readonly to?: readonly { readonly operation?: Readonly<Record<string, readonly string[]>> }[];
        readonly when?: readonly { readonly key: string; readonly values?: readonly string[] }[];
    }[];
}

const VERBS: Readonly<Record<string, string>> = {
    ALLOW: "allows",
    DENY: "denies",
    AUDIT: "audits",
    CUSTOM: "delegates",
};

/** `allows users → auth on 9090: POST /sparc.auth.v1.Auth/Check`. */
function describeAuthorization(object: KubeObject): string {
    const { action = "ALLOW", rules = [] } = (object.spec ?? {}) as AuthorizationSpec;
    const verb = VERBS[action] ?? action;
    if (rules.length === 0) {
        return action === "ALLOW"
            ? `denies everything to ${target(object)} that no other policy allows`
            : `${verb} nothing`;
    }
    const texts = rules.map(({ from, to = [], when = [] }) => {
        const callers = (from ?? []).map(
            ({ source = {} }) => source["principals"]?.map(account).join(", ") ?? "some sources",
        );
        const operations = to.map(({ operation = {} }) => describeOperation(operation)).join(" and ");
        const where = when.map(({ key, values = [] }) => ` where ${key} is ${values.join(" or ")}`).join("");
        return `${from === undefined ? "anyone" : callers.join(", ")} → ${target(object)}${operations === "" ? "" : ` ${operations}`}${where}`;
    });
    return `${verb} ${texts.join("; ")}`;
}

function describeOperation({
    ports,
    hosts,
    methods,
    paths,
}: Readonly<Record<string, readonly string[]>>): string {
    const where = [hosts && `as ${hosts.join(", ")}`, ports && `on ${ports.join(", ")}`].filter(Boolean);
    const request = [methods?.join(", "), paths?.join(", ")].filter(Boolean).join(" ");
    return `${where.join(" ")}${request === "" ? "" : `: ${request}`}`;
}

function describeIdentity(object: KubeObject): string {
    const { mtls = {}, portLevelMtls = {} } = object.spec as {
        mtls?: { mode?: string };
        portLevelMtls?: Readonly<Record<string, { mode?: string }>>;
    };
    const ports = Object.entries(portLevelMtls).map(([port, { mode = "UNSET" }]) => `, ${mode} on ${port}`);
    return `sets mutual TLS to ${mtls.mode ?? "UNSET"} for ${target(object)}${ports.join("")}`;
}

function describeSidecar(object: KubeObject): string {
    const { egress = [] } = object.spec as { egress?: readonly { hosts?: readonly string[] }[] };
    const hosts = egress
        .flatMap((one) => one.hosts ?? [])
        .map((host) => host.replace(/^([^/]+)\/([^.]+)\.\1\..*/, "$2"));
    return `limits ${target(object)} to ${hosts.filter((host) => host !== "~/*").join(", ") || "no hosts"}`;
}

/** The workloads that an object selects. */
function target(object: KubeObject): string {
    const labels = selectorOf(object);
    if (labels !== undefined) return Object.values(labels).join("/");
    return `all of ${object.metadata.namespace ?? "the cluster"}`;
}

/** `cluster.local/ns/sparc/sa/users` → `users`. */
function account(principal: string): string {
    return /\/sa\/(.+)$/.exec(principal)?.[1] ?? principal;
}
