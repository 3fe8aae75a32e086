/** What an object does, in half a sentence after "it". */
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
            return `makes ${hosts.join(", ")} known in ${exportTo.join(", ")}`;
        }
        case "Namespace":
            return "decides about injection and pod security in it";
        case "Service":
            return "is how callers find a workload";
        case "ServiceAccount":
            return "is a workload's identity";
        case "Role":
        case "ClusterRole":
        case "RoleBinding":
        case "ClusterRoleBinding":
            return "decides about rights on the API server";
        case "MutatingAdmissionPolicy":
        case "MutatingWebhookConfiguration":
            return "changes pods or policies as they are admitted";
        case "Certificate":
        case "Issuer":
        case "ClusterIssuer":
            return "decides about certificates";
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
            ? `denies whatever no other policy allows to ${target(object)}`
            : `${verb} nothing`;
    }
    const texts = rules.map(({ from, to = [], when = [] }) => {
        const who = (from ?? []).map(
            ({ source = {} }) => source["principals"]?.map(account).join(", ") ?? "some sources",
        );
        const what = to.map(({ operation = {} }) => describeOperation(operation)).join(" and ");
        const where = when.map(({ key, values = [] }) => ` where ${key} is ${values.join(" or ")}`).join("");
        return `${from === undefined ? "anyone" : who.join(", ")} → ${target(object)}${what === "" ? "" : ` ${what}`}${where}`;
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
    return `makes mutual TLS ${mtls.mode ?? "UNSET"} for ${target(object)}${ports.join("")}`;
}

function describeSidecar(object: KubeObject): string {
    const { egress = [] } = object.spec as { egress?: readonly { hosts?: readonly string[] }[] };
    const hosts = egress
        .flatMap((one) => one.hosts ?? [])
        .map((host) => host.replace(/^([^/]+)\/([^.]+)\.\1\..*/, "$2"));
    return `lets ${target(object)} see ${hosts.filter((host) => host !== "~/*").join(", ") || "nothing"}`;
}

/** The workloads that an object applies to. */
function target(object: KubeObject): string {
    const labels = selectorOf(object);
    if (labels !== undefined) return Object.values(labels).join("/");
    return `all of ${object.metadata.namespace ?? "the cluster"}`;
}

/** `cluster.local/ns/sparc/sa/users` → `users`. */
function account(principal: string): string {
    return /\/sa\/(.+)$/.exec(principal)?.[1] ?? principal;
}
