import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { platform as catalogue } from "../../../catalogue/platform";
import { deriveAll } from "../../../components/concerns";
import { loadStackFile } from "../../../config/load";
import { type RbacObject, isAuthorized } from "../../support/rbac";
import { runProgram } from "../../support/program";

const ROOT = join(__dirname, "..", "..", "..");
const VIEWER = { kind: "Group", name: "sparc-mesh:viewers" } as const;
const READS = ["get", "list", "watch"];
const WRITES = [
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "impersonate",
    "bind",
    "escalate",
    "approve",
    "sign",
];

/** Resources that would grant a viewer more than viewing, some by `get` alone. */
const SENSITIVE = [
    "secrets",
    "serviceaccounts/token",
    "pods/exec",
    "pods/attach",
    "pods/portforward",
    "pods/ephemeralcontainers",
    "pods/proxy",
    "services/proxy",
    "nodes/proxy",
    "nodes/log",
    "nodes/configz",
];

/** The API resources of the kinds that the program or a chart creates, as `kubectl api-resources` lists them. */
const PLURALS: Readonly<Record<string, string>> = {
    NetworkPolicy: "networkpolicies",
    AuthorizationPolicy: "authorizationpolicies",
    ServiceEntry: "serviceentries",
    Telemetry: "telemetries",
    Canary: "canaries",
};

for (const stack of ["local", "dev", "prod"]) {
    describe(`the viewers of stack ${stack}`, () => {
        const config = loadStackFile(stack, ROOT);
        const { objects } = deriveAll({ catalogue, config });
        const rbac = objects as readonly RbacObject[];
        const namespaces = objects
            .filter(({ kind }) => kind === "Namespace")
            .map(({ metadata }) => metadata.name);
        const somewhere = fc.constantFrom(undefined, "kube-system", "default", ...namespaces);

        it("cannot get, list or change Secrets, exec into containers or create tokens, in any namespace", () => {
            fc.assert(
                fc.property(
                    fc.constantFrom(...READS, ...WRITES, "*"),
                    fc.constantFrom(...SENSITIVE),
                    somewhere,
                    fc.option(
                        fc.constantFrom("mesh-root-1", "mesh-intermediate", "grafana-admin-sparc-mesh"),
                        {
                            nil: undefined,
                        },
                    ),
                    (verb, resource, namespace, name) => {
                        const attempt = { verb, group: "", resource };
                        assert.ok(
                            !isAuthorized(rbac, VIEWER, {
                                ...attempt,
                                ...(name === undefined ? {} : { name }),
                                ...(namespace === undefined ? {} : { namespace }),
                            }),
                            `${verb} ${resource}`,
                        );
                    },
                ),
                { numRuns: 500 },
            );
        });

        it("cannot change anything", () => {
            const known = objects.map(({ apiVersion, kind }) => resourceOf(apiVersion, kind));
            fc.assert(
                fc.property(
                    fc.constantFrom(...WRITES),
                    fc.constantFrom(...known),
                    somewhere,
                    (verb, of, namespace) => {
                        assert.ok(
                            !isAuthorized(rbac, VIEWER, {
                                verb,
                                ...of,
                                ...(namespace === undefined ? {} : { namespace }),
                            }),
                        );
                    },
                ),
            );
        });

        it("can read every kind of object that the program creates", () => {
            for (const { apiVersion, kind, metadata } of objects) {
                const { namespace } = metadata;
                const of = resourceOf(apiVersion, kind);
                for (const verb of READS)
                    assert.ok(
                        isAuthorized(rbac, VIEWER, {
                            verb,
                            ...of,
                            ...(namespace === undefined ? {} : { namespace }),
                        }),
                        `${verb} ${of.resource}.${of.group}`,
                    );
            }
        });
    });
}

describe("access entries of viewers", () => {
    it("name the group, and have no EKS access policy", async () => {
        const all = await runProgram("prod");
        const entries = all.filter(({ type }) => type === "aws:eks/accessEntry:AccessEntry");
        const grouped = entries.filter(({ inputs }) => inputs["kubernetesGroups"] !== undefined);
        assert.deepEqual(
            grouped.map(({ inputs }) => [inputs["principalArn"], inputs["kubernetesGroups"]]),
            [["arn:aws:iam::111122223333:role/on-call", [VIEWER.name]]],
        );
        // EKS rejects these prefixes, only at creation.
        assert.doesNotMatch(VIEWER.name, /^(system|eks|aws|amazon|iam):/);
        const associated = all.filter(
            ({ type }) => type === "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        );
        assert.deepEqual(
            associated.map(({ inputs }) => inputs["principalArn"]),
            ["arn:aws:iam::111122223333:role/platform-engineer"],
        );
    });
});

function resourceOf(apiVersion: string, kind: string): { group: string; resource: string } {
    const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
    return { group, resource: PLURALS[kind] ?? `${kind.toLowerCase()}s` };
}
