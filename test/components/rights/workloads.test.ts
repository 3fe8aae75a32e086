import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { platform as catalogue } from "../../../catalogue/platform";
import { deriveAll } from "../../../components/concerns";
import { loadStackFile } from "../../../config/load";
import { type RbacObject, isAuthorized } from "../../support/rbac";

const ROOT = join(__dirname, "..", "..", "..");
const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "*"];
/** Where each may access Secrets: nowhere, except the operator, which stores Prometheus' configuration in them. */
const WORKLOADS: Readonly<Record<string, readonly string[]>> = {
    "monitoring/grafana": [],
    "monitoring/prometheus": [],
    "monitoring/prometheus-operator": ["monitoring"],
    "flagger-system/flagger": [],
    "flagger-system/loadtester": [],
    "istio-ingress/istio-ingressgateway": [],
    "sparc/reports": [],
};

for (const stack of ["dev", "prod"]) {
    describe(`API server permissions of workloads of stack ${stack}`, () => {
        const { objects, releases } = deriveAll({ catalogue, config: loadStackFile(stack, ROOT) });
        const rbac = objects as readonly RbacObject[];
        const values = (name: string) =>
            (releases.find((release) => release.name === name) ?? assert.fail(`no release ${name}`))
                .values as Record<string, Record<string, Record<string, unknown>>>;
        const namespaces = [
            ...["default", "kube-system"],
            ...objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name),
        ];

        it("include no access to Secrets", () => {
            fc.assert(
                fc.property(
                    fc.constantFrom(...Object.keys(WORKLOADS)),
                    fc.constantFrom(...VERBS),
                    fc.constantFrom(undefined, ...namespaces),
                    fc.constantFrom(
                        undefined,
                        "mesh-root-1",
                        "mesh-intermediate",
                        "grafana-admin-sparc-mesh",
                    ),
                    (workload, verb, at, name) => {
                        fc.pre(at === undefined || WORKLOADS[workload]?.includes(at) !== true);
                        const [namespace = "", account = ""] = workload.split("/");
                        const allowed = isAuthorized(
                            rbac,
                            { kind: "ServiceAccount", namespace, name: account },
                            {
                                verb,
                                group: "",
                                resource: "secrets",
                                ...(at === undefined ? {} : { namespace: at }),
                                ...(name === undefined ? {} : { name }),
                            },
                        );
                        assert.ok(!allowed, `${workload} ${verb} secrets in ${at ?? "all namespaces"}`);
                    },
                ),
                { numRuns: 1000 },
            );
        });

        it("include what the workloads need", () => {
            const can = (
                account: string,
                verb: string,
                group: string,
                resource: string,
                namespace?: string,
            ) =>
                isAuthorized(
                    rbac,
                    { kind: "ServiceAccount", namespace: "monitoring", name: account },
                    { verb, group, resource, ...(namespace === undefined ? {} : { namespace }) },
                );
            assert.ok(can("prometheus", "watch", "", "pods"));
            assert.ok(can("prometheus", "get", "", "nodes/metrics"));
            assert.ok(can("grafana", "watch", "", "configmaps", "monitoring"));
            assert.ok(
                can("prometheus-operator", "watch", "monitoring.coreos.com", "prometheuses", "monitoring"),
            );
            assert.ok(can("prometheus-operator", "create", "apps", "statefulsets", "monitoring"));
            assert.ok(!can("prometheus-operator", "create", "apps", "statefulsets", "sparc"));
            assert.ok(!can("grafana", "get", "", "configmaps", "istio-system"));
        });

        it("are not widened by roles of the charts", () => {
            const stackOf = values("prometheus");
            assert.deepEqual(stackOf["global"]?.["rbac"], { create: false });
            assert.deepEqual(stackOf["grafana"]?.["rbac"], { create: false });
            const loaders = stackOf["grafana"]["sidecar"] as
                Record<string, { resource?: string }> | undefined;
            for (const part of ["dashboards", "datasources"])
                assert.equal(loaders?.[part]?.resource, "configmap");
            assert.deepEqual(values("flagger")["rbac"], { create: false });
            assert.deepEqual(values("istio-egressgateway")["rbac"], { enabled: false });
            for (const name of ["istio-base", "istiod-1-31-1"])
                assert.equal(values(name)["global"]?.["enableReaderRBAC"], false);
        });
    });
}
