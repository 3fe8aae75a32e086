/** Pod templates in unlisted kinds (C17–C20). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { itAccepts, violationMessages, itRejects } from "./assertions";

const kind = (apiVersion: string, name: string, spec: string): string =>
    `{ apiVersion: ${apiVersion}, kind: ${name}, metadata: { name: x, namespace: shop }, spec: ${spec} }`;
const OUT =
    'metadata: { labels: { sidecar.istio.io/inject: "false" } }, spec: { containers: [{ name: a, image: "a:1" }] }';
const HOST = 'spec: { hostNetwork: true, containers: [{ name: a, image: "a:1" }] }';

describe("pod templates of other kinds", () => {
    itRejects("injection-no-opt-out", [
        {
            what: "OpenKruise's CloneSet",
            yaml: kind("apps.kruise.io/v1alpha1", "CloneSet", `{ template: { ${OUT} } }`),
        },
        {
            what: "OpenKruise's BroadcastJob",
            yaml: kind("apps.kruise.io/v1beta1", "BroadcastJob", `{ template: { ${HOST} } }`),
        },
        {
            what: "OpenShift's DeploymentConfig",
            yaml: kind("apps.openshift.io/v1", "DeploymentConfig", `{ template: { ${HOST} } }`),
        },
        {
            what: "Knative's Service",
            yaml: kind(
                "serving.knative.dev/v1",
                "Service",
                '{ template: { metadata: { annotations: { sidecar.istio.io/inject: "false" } }, spec: { containers: [{ image: x }] } } }',
            ),
        },
        {
            what: "KEDA's ScaledJob",
            yaml: kind("keda.sh/v1alpha1", "ScaledJob", `{ jobTargetRef: { template: { ${OUT} } } }`),
        },
        {
            what: "JobSet",
            yaml: kind(
                "jobset.x-k8s.io/v1alpha2",
                "JobSet",
                `{ replicatedJobs: [{ name: a, template: { spec: { template: { ${HOST} } } } }] }`,
            ),
        },
        {
            what: "LeaderWorkerSet",
            yaml: kind(
                "leaderworkerset.x-k8s.io/v1",
                "LeaderWorkerSet",
                `{ leaderWorkerTemplate: { workerTemplate: { ${HOST} } } }`,
            ),
        },
        {
            what: "Volcano's Job",
            yaml: kind(
                "batch.volcano.sh/v1alpha1",
                "Job",
                `{ tasks: [{ replicas: 1, template: { ${OUT} } }] }`,
            ),
        },
        {
            what: "Ray's cluster, in its second group",
            yaml: kind(
                "ray.io/v1",
                "RayCluster",
                `{ headGroupSpec: { template: { spec: { containers: [{ name: h, image: "h:1" }] } } }, workerGroupSpecs: [{ template: { ${HOST} } }] }`,
            ),
        },
        {
            what: "Argo's Workflow",
            yaml: kind(
                "argoproj.io/v1alpha1",
                "Workflow",
                '{ hostNetwork: true, templates: [{ name: a, container: { image: "x:1" } }] }',
            ),
        },
        {
            what: "Argo's CronWorkflow",
            yaml: kind(
                "argoproj.io/v1alpha1",
                "CronWorkflow",
                '{ workflowSpec: { podMetadata: { labels: { sidecar.istio.io/inject: "false" } }, templates: [{ name: a, container: { image: "x:1" } }] } }',
            ),
        },
        {
            what: "Spark's application",
            yaml: kind(
                "sparkoperator.k8s.io/v1beta2",
                "SparkApplication",
                '{ driver: { annotations: { sidecar.istio.io/inject: "false" } }, executor: { hostNetwork: true } }',
            ),
        },
        {
            what: "Tekton's TaskRun",
            yaml: kind(
                "tekton.dev/v1",
                "TaskRun",
                '{ podTemplate: { hostNetwork: true }, taskSpec: { steps: [{ image: "x:1" }] } }',
            ),
        },
        {
            what: "KubeVirt's machine",
            yaml: kind(
                "kubevirt.io/v1",
                "VirtualMachine",
                '{ template: { metadata: { annotations: { sidecar.istio.io/inject: "false" } }, spec: { domain: {} } } }',
            ),
        },
        {
            what: "an unknown kind",
            yaml: kind("example.com/v9", "Thing", `{ a: { b: [{ c: { podTemplate: { ${OUT} } } }] } }`),
        },
        {
            what: "a PodTemplate",
            yaml: `{ apiVersion: v1, kind: PodTemplate, metadata: { name: x, namespace: shop }, template: { ${HOST} } }`,
        },
        { what: "Rollout, still", yaml: kind("argoproj.io/v1alpha1", "Rollout", `{ template: { ${OUT} } }`) },
    ]);
    itAccepts("injection-no-opt-out", [
        {
            what: "a CloneSet in the mesh",
            yaml: kind(
                "apps.kruise.io/v1alpha1",
                "CloneSet",
                '{ template: { metadata: { labels: { app: x } }, spec: { containers: [{ name: a, image: "a:1" }] } } }',
            ),
        },
        {
            what: "Kyverno's pattern of pods",
            yaml: kind(
                "kyverno.io/v1",
                "ClusterPolicy",
                '{ rules: [{ validate: { pattern: { spec: { containers: [{ image: "!*:latest" }], hostNetwork: false } } } }] }',
            ),
        },
        {
            what: "Prometheus with an additional container",
            yaml: kind(
                "monitoring.coreos.com/v1",
                "Prometheus",
                "{ containers: [{ name: prometheus, args: [x] }] }",
            ),
        },
    ]);
    itRejects("injection-no-net-admin", [
        {
            what: "a privileged container of Argo's",
            yaml: kind(
                "argoproj.io/v1alpha1",
                "WorkflowTemplate",
                '{ templates: [{ name: a, container: { image: "x:1", securityContext: { privileged: true } } }] }',
            ),
        },
        {
            what: "a privileged script of Argo's",
            yaml: kind(
                "argoproj.io/v1alpha1",
                "Workflow",
                '{ templates: [{ name: a, script: { image: "x:1", securityContext: { privileged: true } } }] }',
            ),
        },
        {
            what: "a privileged step of Tekton's",
            yaml: kind(
                "tekton.dev/v1",
                "Task",
                '{ steps: [{ name: a, image: "x:1", securityContext: { privileged: true } }] }',
            ),
        },
    ]);
    itRejects("injection-no-bypass", [
        {
            what: "Knative's proxy user",
            yaml: kind(
                "serving.knative.dev/v1",
                "Service",
                "{ template: { spec: { containers: [{ image: x, securityContext: { runAsUser: 1337 } }] } } }",
            ),
        },
        {
            what: "Prometheus' annotation",
            yaml: kind(
                "monitoring.coreos.com/v1",
                "Prometheus",
                '{ podMetadata: { annotations: { traffic.sidecar.istio.io/includeOutboundIPRanges: "" } } }',
            ),
        },
        {
            what: "a WorkloadGroup's annotation",
            yaml: kind(
                "networking.istio.io/v1",
                "WorkloadGroup",
                '{ metadata: { annotations: { proxy.istio.io/config: "interception_mode: NONE" } }, template: {} }',
            ),
        },
    ]);

    it("finds hostNetwork at any depth of a template", () => {
        const key = fc.constantFrom("a", "jobs", "podSpecPatch", "group", "workers");
        fc.assert(
            fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 7 }), (path) => {
                const template = { spec: { hostNetwork: true, containers: [{ name: "a", image: "a:1" }] } };
                const spec = path.reduceRight<unknown>(
                    (inner, [name, isList]) => ({ [name]: isList ? [inner] : inner }),
                    { template },
                );
                const yaml = kind("example.com/v1", "Thing", JSON.stringify(spec));
                assert.equal(violationMessages("injection-no-opt-out", yaml).length, 1, yaml);
            }),
            { numRuns: 100 },
        );
    });
});
