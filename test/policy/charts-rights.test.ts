/**
 * The subjects that can read Secrets, by the roles that charts contain and those that the program registers. The lists are ADR 31's;
 * this test evaluates RBAC without the program's code.
 */
import assert from "node:assert/strict";
import { Charts, type ChartObjects } from "../../cli/policy/charts";
import { type EvaluatedResource } from "../../cli/policy/protocol";
import { storedChartTools } from "../../local/toolchain";
import { skip } from "../support/skip";
import { registered } from "./support/registered";

interface Rule {
    readonly apiGroups?: readonly string[];
    readonly resources?: readonly string[];
    readonly verbs?: readonly string[];
}

interface Rbac {
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: object };
    readonly rules?: readonly Rule[];
    readonly aggregationRule?: unknown;
    readonly roleRef?: { readonly kind: string; readonly name: string };
    readonly subjects?: readonly {
        readonly kind: string;
        readonly name: string;
        readonly namespace?: string;
    }[];
}

/** `subject at scope`, from ADR 31's table. */
const DOCUMENTED: readonly RegExp[] = [
    /^istio-system\/istiod-1-31-1 at (everywhere|istio-system)$/,
    /^cert-manager\/cert-manager(-cainjector)? at everywhere$/,
    /^cert-manager\/cert-manager-webhook at cert-manager$/,
    /^istio-ingress\/istio-(ingress|admin|internal)gateway at istio-ingress$/,
    /^istio-egress\/istio-egressgateway at istio-egress$/,
    /^monitoring\/prometheus-operator at monitoring$/,
];

/** Charts that a machine without a network does not have: test/components/observability checks their values. */
const ABSENT =
    /^(cluster-autoscaler|aws-load-balancer-controller|aws-privateca-issuer|jaeger|kube-prometheus-stack) /;

const allows = (listed: readonly string[] | undefined, ...names: readonly string[]): boolean =>
    (listed ?? []).some((one) => one === "*" || names.includes(one));

function readsSecrets({ rules = [] }: Rbac): boolean {
    return rules.some(
        ({ apiGroups, resources, verbs }) =>
            allows(apiGroups, "") && allows(resources, "secrets") && allows(verbs, "get", "list", "watch"),
    );
}

/** Every subject that is bound to a role that reads Secrets, with the scope. */
function readersOf(objects: readonly Rbac[]): readonly string[] {
    const roleOf = (kind: string, name: string, namespace: string | undefined): Rbac | undefined =>
        objects.find(
            (one) =>
                one.kind === kind &&
                one.metadata.name === name &&
                (kind === "ClusterRole" || one.metadata.namespace === namespace),
        );
    return objects.flatMap(({ kind, metadata: { namespace }, roleRef, subjects = [] }) => {
        if (roleRef === undefined) return [];
        const role = roleOf(roleRef.kind, roleRef.name, namespace);
        // Of the roles that no chart contains, only Kubernetes' `view` is bound here, and it does not read Secrets.
        const isKnown = role !== undefined || roleRef.name.startsWith("system:");
        assert.ok(isKnown, `${roleRef.kind} ${roleRef.name} is bound, but its rules are unknown`);
        if (role === undefined || !readsSecrets(role)) return [];
        const scope = kind === "ClusterRoleBinding" ? "everywhere" : (namespace ?? "");
        return subjects.map(
            (subject) => `${subject.namespace ?? namespace ?? subject.kind}/${subject.name} at ${scope}`,
        );
    });
}

function rbacOf(resources: readonly EvaluatedResource[]): readonly Rbac[] {
    return resources
        .filter(({ type }) => type.includes("rbac.authorization.k8s.io"))
        .map(({ properties }) => properties as unknown as Rbac);
}

for (const stack of ["prod", "dev", "local"]) {
    describe(`access to Secrets in ${stack}, by templated charts`, function () {
        this.timeout(300_000);
        let made: ChartObjects;
        let rbac: readonly Rbac[];

        before(async function () {
            const tools = await storedChartTools();
            if (tools === undefined) skip(this, "no toolchain; `make up` builds it");
            const charts = new Charts({ tools: Promise.resolve(tools) });
            const resources = await registered(stack);
            resources.forEach(charts.take.bind(charts));
            made = await charts.end();
            rbac = rbacOf([...resources, ...made.objects]);
        });

        it("cover every chart except those that need a network", () => {
            assert.deepEqual(made.failed, []);
            assert.deepEqual(
                made.unevaluated.filter(({ chart }) => !ABSENT.test(chart)),
                [],
            );
            assert.ok(rbac.some(({ metadata }) => metadata.name === "cert-manager-controller-issuers"));
            assert.ok(rbac.some(({ metadata }) => metadata.name.startsWith("istiod-clusterrole-")));
        });

        it("are those of ADR 31's table", () => {
            const readers = readersOf(rbac);
            assert.deepEqual(
                readers.filter((reader) => !DOCUMENTED.some((pattern) => pattern.test(reader))),
                [],
            );
            // The evaluation finds readers at all.
            assert.ok(readers.includes("cert-manager/cert-manager at everywhere"));
            assert.ok(readers.includes("istio-system/istiod-1-31-1 at everywhere"));
        });

        it("are in no role that is aggregated to `view`, or is itself aggregated", () => {
            const added = rbac.filter(
                (role) =>
                    role.aggregationRule !== undefined ||
                    (readsSecrets(role) &&
                        JSON.stringify(role.metadata.labels ?? {}).includes("aggregate-to")),
            );
            assert.deepEqual(
                added.map(({ metadata }) => metadata.name),
                [],
            );
        });

        it("exclude Flagger, its load tester, Prometheus, Grafana and Istio's reader", () => {
            const readers = readersOf(rbac).join("\n");
            assert.doesNotMatch(readers, /flagger|loadtester|gates|grafana|monitoring\/prometheus at|reader/);
            assert.deepEqual(
                rbac.filter(({ metadata }) => /istio(d)?-reader/.test(metadata.name)),
                [],
            );
        });
    });
}
