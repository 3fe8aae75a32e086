/**
 * Access that objects grant other than by single calls, as plain facts: permissions in the cluster, what is reachable from outside,
 * which JWTs are accepted, what the edge accepts, what pods can do to their node. A fact that is new after a change, and that no
 * earlier fact covers, is an opening. The readers follow the kinds' API references and use no policy of the pack.
 */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { idOf } from "../schema";

type Fields = Readonly<Record<string, unknown>>;

/** New facts by a change of the resource; undefined if no reader supports its kind. */
export function newFacts(
    before: readonly EvaluatedResource[],
    after: readonly EvaluatedResource[],
    changed: EvaluatedResource,
): readonly string[] | undefined {
    const reader = READERS[idOf(changed) ?? ""];
    if (reader === undefined) return undefined;
    const [old, now] = [reader(before), reader(after)];
    return now.filter((fact) => !old.some((known) => covers(known, fact)));
}

/** A fact consists of parts; a `*` in a known fact matches any part. */
function covers(known: string, fact: string): boolean {
    const [knownParts, factParts] = [known.split(" "), fact.split(" ")];
    return (
        knownParts.length === factParts.length &&
        knownParts.every((part, place) => part === "*" || part === factParts[place])
    );
}

type Reader = (stack: readonly EvaluatedResource[]) => readonly string[];

const READERS: Readonly<Record<string, Reader>> = {
    "apps/Deployment": ofPods,
    "core/Service": ofServices,
    "networking.istio.io/Gateway": ofServers,
    "rbac.authorization.k8s.io/ClusterRole": ofRights,
    "rbac.authorization.k8s.io/ClusterRoleBinding": ofRights,
    "rbac.authorization.k8s.io/Role": ofRights,
    "rbac.authorization.k8s.io/RoleBinding": ofRights,
    "security.istio.io/RequestAuthentication": ofTokens,
};

function all(stack: readonly EvaluatedResource[], id: string): readonly Fields[] {
    return stack.filter((resource) => idOf(resource) === id).map(({ properties }) => properties);
}

function list(value: unknown): readonly Fields[] {
    return Array.isArray(value) ? (value as Fields[]) : [];
}

function at(value: unknown, ...path: readonly string[]): unknown {
    return path.reduce<unknown>((inner, key) => (inner as Fields | null | undefined)?.[key], value);
}

function text(value: unknown): string {
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
        ? String(value)
        : "";
}

function texts(value: unknown): readonly string[] {
    return list(value).map(text);
}

function keyOf(object: Fields): string {
    return `${text(at(object, "metadata", "namespace"))}/${text(at(object, "metadata", "name"))}`;
}

/** `<subject> <namespace> <group> <resource> <name> <verb>` for every binding. */
function ofRights(stack: readonly EvaluatedResource[]): readonly string[] {
    const group = "rbac.authorization.k8s.io";
    const roles = new Map(
        [...all(stack, `${group}/ClusterRole`), ...all(stack, `${group}/Role`)].map((role) => [
            `${text(role["kind"])} ${text(role["kind"]) === "Role" ? keyOf(role) : `/${text(at(role, "metadata", "name"))}`}`,
            role,
        ]),
    );
    const bindings = [...all(stack, `${group}/ClusterRoleBinding`), ...all(stack, `${group}/RoleBinding`)];
    return bindings.flatMap((binding) => {
        const isWide = binding["kind"] === "ClusterRoleBinding";
        const namespace = text(at(binding, "metadata", "namespace"));
        const kind = text(at(binding, "roleRef", "kind"));
        const name = text(at(binding, "roleRef", "name"));
        const role = roles.get(`${kind} ${kind === "Role" ? namespace : ""}/${name}`);
        const subjects = list(binding["subjects"])
            .filter(isGrantable)
            .map((one) => `${text(one["kind"])}:${text(one["namespace"])}/${text(one["name"])}`);
        const where = isWide ? "*" : namespace;
        // A role that is not in the stack grants nothing, unless Kubernetes defines it.
        const isBuiltIn = kind === "ClusterRole" && BUILT_IN.test(name);
        const grants =
            role === undefined
                ? isBuiltIn
                    ? [`role ${name} * *`]
                    : []
                : list(role["rules"]).flatMap((rule) => grantsOf(rule, isWide));
        return subjects.flatMap((subject) => grants.map((grant) => `${subject} ${where} ${grant}`));
    });
}

const BUILT_IN = /^(cluster-admin|admin|edit|view|system:.+)$/;

/** In a subject, `*` is a literal name, which no subject has. */
function isGrantable(subject: Fields): boolean {
    const kind = text(subject["kind"]);
    const parts = [text(subject["name"]), ...(kind === "ServiceAccount" ? [text(subject["namespace"])] : [])];
    return (
        ["ServiceAccount", "User", "Group"].includes(kind) &&
        !parts.some((part) => part === "" || part === "*")
    );
}

/** API groups with their resources, as far as they matter here; in other groups any resource counts. */
const RESOURCES: Readonly<Record<string, RegExp>> = {
    "": /^(\*|(bindings|configmaps|endpoints|events|limitranges|namespaces|nodes|persistentvolume(claim)?s|pods|podtemplates|replicationcontrollers|resourcequotas|secrets|serviceaccounts|services)(\/.+)?)$/,
    "flagger.app": /^(\*|(alertproviders|canaries|metrictemplates)(\/.+)?)$/,
    "networking.istio.io":
        /^(\*|(destinationrules|envoyfilters|gateways|proxyconfigs|serviceentries|sidecars|virtualservices|workload(entries|groups))(\/.+)?)$/,
    "security.istio.io": /^(\*|(authorizationpolicies|peerauthentications|requestauthentications)(\/.+)?)$/,
    "telemetry.istio.io": /^(\*|telemetries(\/.+)?)$/,
    "extensions.istio.io": /^(\*|(trafficextensions|wasmplugins)(\/.+)?)$/,
    "cert-manager.io": /^(\*|(certificaterequests|certificates|clusterissuers|issuers)(\/.+)?)$/,
};

function exists(group: string, resource: string): boolean {
    return RESOURCES[group]?.test(resource) ?? true;
}

/** @param isWide whether a ClusterRoleBinding grants it: otherwise non-resource URLs have no effect */
function grantsOf(rule: Fields, isWide: boolean): readonly string[] {
    const names = texts(rule["resourceNames"]);
    const urls = isWide ? texts(rule["nonResourceURLs"]) : [];
    return texts(rule["verbs"]).flatMap((verb) => [
        ...texts(rule["apiGroups"]).flatMap((group) =>
            texts(rule["resources"])
                .filter((resource) => exists(group, resource))
                .flatMap((resource) =>
                    (names.length === 0 ? ["*"] : names).map(
                        (name) => `${group || "core"} ${resource} ${name} ${verb}`,
                    ),
                ),
        ),
        ...urls.map((url) => `url ${url} * ${verb}`),
    ]);
}

/** Services that are reachable from outside the cluster, by port. */
function ofServices(stack: readonly EvaluatedResource[]): readonly string[] {
    return all(stack, "core/Service").flatMap((service) => {
        const type = text(at(service, "spec", "type"));
        const addresses = texts(at(service, "spec", "externalIPs"));
        const elsewhere =
            type === "ExternalName"
                ? [`${keyOf(service)} is ${text(at(service, "spec", "externalName"))}`]
                : [];
        const isOpen = type === "NodePort" || type === "LoadBalancer" || addresses.length > 0;
        const ports = isOpen
            ? list(at(service, "spec", "ports")).map(({ port }) => `${keyOf(service)} outside ${text(port)}`)
            : [];
        return [...elsewhere, ...ports];
    });
}

const VERSIONS = ["TLS_AUTO", "TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"];

/** What each host of a Gateway accepts: plaintext, no client certificate, each TLS version. */
function ofServers(stack: readonly EvaluatedResource[]): readonly string[] {
    return all(stack, "networking.istio.io/Gateway").flatMap((gateway) =>
        list(at(gateway, "spec", "servers")).flatMap((server) => {
            const protocol = text(at(server, "port", "protocol")).toUpperCase();
            const mode = text(at(server, "tls", "mode"));
            const minimum = VERSIONS.indexOf(text(at(server, "tls", "minProtocolVersion")) || "TLS_AUTO");
            const place = `${JSON.stringify(at(gateway, "spec", "selector") ?? {})} ${text(at(server, "port", "number"))}`;
            const isPlain = /^(HTTP|HTTP2|GRPC|GRPC-WEB|TCP|MONGO)$/.test(protocol) || mode === "";
            const redirects = isPlain && at(server, "tls", "httpsRedirect") === true;
            if (redirects) return [];
            const takes = isPlain
                ? ["plain"]
                : [
                      ...(/^(MUTUAL|ISTIO_MUTUAL)$/.test(mode) ? [] : ["nocertificate"]),
                      ...(mode === "AUTO_PASSTHROUGH" ? ["passthrough"] : []),
                      ...(/MUTUAL$|^SIMPLE$/.test(mode) && mode !== "ISTIO_MUTUAL"
                          ? VERSIONS.slice(Math.max(1, minimum))
                          : []),
                  ];
            return texts(server["hosts"]).flatMap((host) =>
                takes.map((one) => `${place} ${host.split("/").at(-1) ?? ""} ${one}`),
            );
        }),
    );
}

/** Which JWTs are accepted where: issuer, audience and keys; `*` for any. */
function ofTokens(stack: readonly EvaluatedResource[]): readonly string[] {
    return all(stack, "security.istio.io/RequestAuthentication").flatMap((policy) => {
        const place = `${text(at(policy, "metadata", "namespace"))}:${JSON.stringify(at(policy, "spec", "selector") ?? {})}`;
        return list(at(policy, "spec", "jwtRules")).flatMap((rule) => {
            const audiences = texts(rule["audiences"]).filter((one) => one !== "" && one !== "*");
            // `*` is a literal issuer or audience, which no token has.
            if (text(rule["issuer"]) === "" || text(rule["issuer"]) === "*") return [];
            if (audiences.length === 0 && texts(rule["audiences"]).length > 0) return [];
            const keys = text(rule["jwksUri"]) || text(rule["jwks"]).length;
            return (audiences.length === 0 ? ["any"] : audiences).map(
                (audience) => `${place} ${text(rule["issuer"])} ${audience} ${keys}`,
            );
        });
    });
}

/** Violations of the Pod Security Standard "restricted", and pods outside the mesh. */
function ofPods(stack: readonly EvaluatedResource[]): readonly string[] {
    return all(stack, "apps/Deployment").flatMap((deployment) => {
        const template = at(deployment, "spec", "template");
        const spec = at(template, "spec");
        const place = keyOf(deployment);
        const host = ["hostNetwork", "hostPID", "hostIPC"].filter((field) => at(spec, field) === true);
        const volumes = list(at(spec, "volumes"))
            .filter((volume) => volume["hostPath"] !== undefined)
            .map(() => "hostPath");
        const inject = ["labels", "annotations"].filter(
            (map) => text(at(template, "metadata", map, "sidecar.istio.io/inject")) === "false",
        );
        const containers = [...list(at(spec, "initContainers")), ...list(at(spec, "containers"))];
        const powers = containers.flatMap((container) => {
            const of = (field: string): unknown =>
                at(container, "securityContext", field) ?? at(spec, "securityContext", field);
            return [
                ...(at(container, "securityContext", "privileged") === true ? ["privileged"] : []),
                ...(at(container, "securityContext", "allowPrivilegeEscalation") === false
                    ? []
                    : ["escalation"]),
                ...(texts(at(container, "securityContext", "capabilities", "drop")).includes("ALL")
                    ? []
                    : ["capabilities"]),
                ...texts(at(container, "securityContext", "capabilities", "add")).map((one) => `adds:${one}`),
                ...(of("runAsNonRoot") === true ? [] : ["root"]),
                ...(of("runAsUser") === 0 ? ["user:0"] : []),
                ...(text(at(of("seccompProfile"), "type")) === "RuntimeDefault" ? [] : ["seccomp"]),
                ...list(container["ports"])
                    .filter(({ hostPort }) => hostPort !== undefined && hostPort !== 0)
                    .map(() => "hostPort"),
            ].map((power) => `${text(container["name"])}:${power}`);
        });
        return [...host, ...volumes, ...inject.map(() => "uninjected"), ...powers].map(
            (power) => `${place} ${power}`,
        );
    });
}
