import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, type Fields, fields, isNonEmpty, list, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

/** Kinds whose controller applies the objects that they contain, or deploys a program. */
const CONTAINERS = [
    "apiextensions.crossplane.io/Composition",
    "core.oam.dev/Application",
    "fleet.cattle.io/Bundle",
    "helm.cattle.io/HelmChartConfig",
    "helm.crossplane.io/Release",
    "helm.m.crossplane.io/Release",
    "kro.run/ResourceGraphDefinition",
    "kubernetes.crossplane.io/Object",
    "kubernetes.m.crossplane.io/Object",
    "policy.karmada.io/ClusterOverridePolicy",
    "policy.karmada.io/OverridePolicy",
    "policy.open-cluster-management.io/ConfigurationPolicy",
    "policy.open-cluster-management.io/Policy",
    "work.karmada.io/Work",
    "work.open-cluster-management.io/ManifestWork",
    "work.open-cluster-management.io/ManifestWorkReplicaSet",
];

/** Kinds whose controller applies what is in a repository, a catalog, or another object. */
const REFERENCES = [
    "addons.cluster.x-k8s.io/ClusterResourceSet",
    "addons.cluster.x-k8s.io/HelmChartProxy",
    "apps.open-cluster-management.io/Subscription",
    "configsync.gke.io/RepoSync",
    "configsync.gke.io/RootSync",
    "fleet.cattle.io/GitRepo",
    "fleet.cattle.io/HelmOp",
    "helm.fluxcd.io/HelmRelease",
    "k3s.cattle.io/Addon",
    "kappctrl.k14s.io/App",
    "kustomize.toolkit.fluxcd.io/Kustomization",
    "olm.operatorframework.io/ClusterExtension",
    "operators.coreos.com/CatalogSource",
    "operators.coreos.com/ClusterServiceVersion",
    "operators.coreos.com/Subscription",
    "packaging.carvel.dev/PackageInstall",
];

/** Other policies evaluate the values of a chart in them, and no policy a folder or a plugin. */
const ARGO_CD = ["argoproj.io/Application", "argoproj.io/ApplicationSet"];
const FLUX_RELEASE = "helm.toolkit.fluxcd.io/HelmRelease";

/** Sources of Flux with packaged charts. */
const CHART_SOURCES: ReadonlySet<string> = new Set(["HelmRepository", "OCIRepository"]);

/** Kinds that deploy with permissions of a controller, for rules of RBAC. */
export const APPLYING_GROUPS: readonly string[] = [
    ...new Set([...CONTAINERS, ...REFERENCES].map((id) => id.slice(0, id.indexOf("/")))),
];

export const appliedManifests = objectRule<WithExceptions>({
    name: "extensions-applied-manifests",
    area: "extensions",
    title: "No other controller applies objects that the policies do not evaluate",
    severity: "high",
    why: "a controller applies the objects with its own permissions: a PeerAuthentication, a Role or a Deployment in them passes every other policy",
    remediation:
        "Register the objects in the program, or their chart as a Helm release. If a controller must apply them, run the same checks in its repository.",
    appliesTo: [...CONTAINERS, ...REFERENCES, ...ARGO_CD, FLUX_RELEASE],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: kubernetes.crossplane.io/v1alpha2
kind: Object
metadata: { name: plain }
spec:
  forProvider:
    manifest:
      apiVersion: security.istio.io/v1
      kind: PeerAuthentication
      metadata: { name: default, namespace: shop }
      spec: { mtls: { mode: DISABLE } }
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: shop, namespace: flux-system }
spec: { path: ./shop, prune: true, sourceRef: { kind: GitRepository, name: shop } }
`,
        compliant: `
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: carts, namespace: shop }
spec: { chart: { spec: { chart: carts, sourceRef: { kind: HelmRepository, name: shop } } }, values: { replicas: 2 } }
`,
    },
    *evaluate(subject, config) {
        if (isOfCharts(subject) || isExcepted(config, subject)) return;
        const what = CONTAINERS.includes(subject.id)
            ? "the objects in it"
            : "objects from a repository, a catalog, a patch or another object";
        yield {
            subject,
            problem: `a controller applies ${what}, and no policy evaluates them`,
            fix: "register the objects in the program, or add it to this policy's exceptions with a reason and an end date.",
        };
    },
});

/** Whether an object of Argo CD or Flux only deploys charts of a chart repository, as they are. */
function isOfCharts(subject: Subject): boolean {
    const { id, spec } = subject;
    if (id === FLUX_RELEASE) return isFluxChart(spec);
    if (!ARGO_CD.includes(id)) return false;
    if (id.endsWith("Set")) {
        // Both are merged into the template.
        if (isNonEmpty(spec["templatePatch"]) || hasTemplate(spec["generators"])) return false;
        return isArgoChart(at(spec, "template", "spec"));
    }
    return isArgoChart(spec);
}

function isFluxChart(spec: Fields): boolean {
    const kinds = [textAt(spec, "chart", "spec", "sourceRef", "kind"), textAt(spec, "chartRef", "kind")];
    return (
        !isNonEmpty(spec["postRenderers"]) &&
        kinds.every((kind) => kind === undefined || CHART_SOURCES.has(kind))
    );
}

function isArgoChart(application: unknown): boolean {
    // The hydrator reads from a repository in place of `source`.
    if (isNonEmpty(at(application, "sourceHydrator"))) return false;
    const sources = [at(application, "source"), ...list(at(application, "sources"))].filter(isNonEmpty);
    return (
        sources.length > 0 &&
        sources.every((source) => isNonEmpty(at(source, "chart")) && !isNonEmpty(at(source, "path")))
    );
}

/** Whether a generator of an ApplicationSet has a template of its own; `matrix` and `merge` contain others. */
function hasTemplate(generators: unknown): boolean {
    return list(generators).some((generator) =>
        Object.values(fields(generator)).some(
            (settings) => isNonEmpty(at(settings, "template")) || hasTemplate(at(settings, "generators")),
        ),
    );
}
