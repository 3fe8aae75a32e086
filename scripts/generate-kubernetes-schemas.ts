/**
 * Writes test/policy/openings/schemas/kubernetes.json: the OpenAPI definitions of the core kinds that the stacks register, and
 * of the types that they refer to, without descriptions. Source: api/openapi-spec/swagger.json of the Go module
 * k8s.io/kubernetes in the version of the local toolchain. Run by `npm run generate:kubernetes-schemas`.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The definition's name in the specification, by `group/Kind`. */
const KINDS: Readonly<Record<string, string>> = {
    "apps/Deployment": "io.k8s.api.apps.v1.Deployment",
    "core/ConfigMap": "io.k8s.api.core.v1.ConfigMap",
    "core/Namespace": "io.k8s.api.core.v1.Namespace",
    "core/Service": "io.k8s.api.core.v1.Service",
    "core/ServiceAccount": "io.k8s.api.core.v1.ServiceAccount",
    "networking.k8s.io/NetworkPolicy": "io.k8s.api.networking.v1.NetworkPolicy",
    "rbac.authorization.k8s.io/ClusterRole": "io.k8s.api.rbac.v1.ClusterRole",
    "rbac.authorization.k8s.io/ClusterRoleBinding": "io.k8s.api.rbac.v1.ClusterRoleBinding",
    "rbac.authorization.k8s.io/Role": "io.k8s.api.rbac.v1.Role",
    "rbac.authorization.k8s.io/RoleBinding": "io.k8s.api.rbac.v1.RoleBinding",
    "admissionregistration.k8s.io/MutatingWebhookConfiguration":
        "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration",
};

/** Fields that the API server sets. */
const SERVER_SIDE = new Set(["status", "managedFields", "x-kubernetes-group-version-kind"]);

type Definitions = Readonly<Record<string, unknown>>;

function main(): void {
    const modules = execFileSync("go", ["env", "GOMODCACHE"], { encoding: "utf8" }).trim();
    const folder = readdirSync(join(modules, "k8s.io")).find((name) => name.startsWith("kubernetes@"));
    if (folder === undefined)
        throw new Error("the Go module k8s.io/kubernetes is missing: run `make up` first");
    const file = join(modules, "k8s.io", folder, "api", "openapi-spec", "swagger.json");
    const { definitions } = JSON.parse(readFileSync(file, "utf8")) as { definitions: Definitions };
    const used: Record<string, unknown> = {};
    for (const name of Object.values(KINDS)) take(name, definitions, used);
    const sorted = Object.fromEntries(Object.entries(used).sort(([a], [b]) => (a < b ? -1 : 1)));
    const text = JSON.stringify({ source: folder, kinds: KINDS, definitions: sorted });
    writeFileSync(
        join(__dirname, "..", "test", "policy", "openings", "schemas", "kubernetes.json"),
        `${text}\n`,
    );
}

function take(name: string, from: Definitions, into: Record<string, unknown>): void {
    if (name in into) return;
    into[name] = compact(from[name]);
    for (const [, inner = ""] of JSON.stringify(into[name]).matchAll(/"\$ref":"([^"]+)"/g))
        take(inner, from, into);
}

function compact(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(compact);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
        Object.entries(value)
            .filter(
                ([key, inner]) =>
                    !SERVER_SIDE.has(key) && !(key === "description" && typeof inner === "string"),
            )
            .map(([key, inner]) => [
                key,
                key === "$ref" && typeof inner === "string"
                    ? inner.replace("#/definitions/", "")
                    : compact(inner),
            ]),
    );
}

main();
