import assert from "node:assert/strict";
import { join } from "node:path";
import type { NetworkPolicy as Policy } from "kubernetes-types/networking/v1";
import { platform as catalogue } from "../../../catalogue/platform";
import { deriveAll } from "../../../components/concerns";
import { loadStackFile } from "../../../config/load";
import { type Registered, runProgram } from "../../support/program";

const ROOT = join(__dirname, "..", "..", "..");

interface Pod {
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    /** Whether it calls the API server before it is ready. */
    readonly callsApi?: boolean;
    /** Whether it resolves DNS names. */
    readonly usesDns?: boolean;
}

const named = (name: string) => ({ "app.kubernetes.io/name": name });
const certManager = (component: string): Pod => ({
    namespace: "cert-manager",
    labels: { "app.kubernetes.io/instance": "cert-manager", "app.kubernetes.io/component": component },
    callsApi: true,
});
const ours = (namespace: string, name: string, callsApi = false): Pod => ({
    namespace,
    labels: { "sparc.dev/service": name },
    callsApi: callsApi,
});

/** Pods of charts and add-ons, with the labels of their templates; this list is written by hand. */
const PODS: Readonly<Record<string, Pod>> = {
    coredns: { namespace: "kube-system", labels: { "k8s-app": "kube-dns" }, callsApi: true, usesDns: false },
    "EBS CSI controller": {
        namespace: "kube-system",
        labels: { app: "ebs-csi-controller", ...named("aws-ebs-csi-driver") },
        callsApi: true,
    },
    "EBS CSI node": {
        namespace: "kube-system",
        labels: { app: "ebs-csi-node", ...named("aws-ebs-csi-driver") },
        callsApi: true,
    },
    "metrics-server": {
        namespace: "kube-system",
        labels: { ...named("metrics-server"), "app.kubernetes.io/instance": "metrics-server" },
        callsApi: true,
    },
    "load balancer controller": {
        namespace: "kube-system",
        labels: {
            "app.kubernetes.io/instance": "aws-load-balancer-controller",
            ...named("aws-load-balancer-controller"),
        },
        callsApi: true,
    },
    "cluster autoscaler": {
        namespace: "kube-system",
        labels: { "app.kubernetes.io/instance": "cluster-autoscaler", ...named("aws-cluster-autoscaler") },
        callsApi: true,
    },
    "cert-manager's controller": certManager("controller"),
    "cert-manager's webhook": certManager("webhook"),
    "cert-manager's cainjector": certManager("cainjector"),
    "cert-manager's start-up check": certManager("startupapicheck"),
    "aws-privateca-issuer": {
        namespace: "cert-manager",
        labels: named("aws-privateca-issuer"),
        callsApi: true,
    },
    istiod: { namespace: "istio-system", labels: { app: "istiod", istio: "istiod" }, callsApi: true },
    "istio-cni": { namespace: "istio-system", labels: { "k8s-app": "istio-cni-node" }, callsApi: true },
    prometheus: {
        namespace: "monitoring",
        labels: { "app.kubernetes.io/name": "prometheus", "sparc.dev/service": "prometheus" },
        callsApi: true,
    },
    "prometheus operator": ours("monitoring", "prometheus-operator", true),
    grafana: ours("monitoring", "grafana", true),
    jaeger: ours("monitoring", "jaeger-collector"),
    flagger: ours("flagger-system", "flagger", true),
    "load tester": ours("flagger-system", "loadtester"),
    "public gateway": ours("istio-ingress", "istio-ingressgateway"),
    "admin gateway": ours("istio-ingress", "istio-admingateway"),
    "internal gateway": ours("istio-ingress", "istio-internalgateway"),
    "egress gateway": ours("istio-egress", "istio-egressgateway"),
    limiter: ours("istio-ingress", "ratelimit"),
    "limiter's counters": ours("istio-ingress", "ratelimit-redis"),
};

describe("NetworkPolicies in the VPC CNI's strict mode", () => {
    const config = loadStackFile("prod", ROOT);
    const policies = deriveAll({ catalogue, config }).objects.filter(
        ({ kind }) => kind === "NetworkPolicy",
    ) as unknown as (Policy & { metadata: { name: string; namespace: string } })[];
    const of = ({ namespace, labels }: Pod) =>
        policies.filter(({ metadata, spec }) => {
            assert.equal(
                spec?.podSelector.matchExpressions,
                undefined,
                "this test supports only matchLabels",
            );
            const selector = Object.entries(spec?.podSelector.matchLabels ?? {});
            return (
                metadata.namespace === namespace && selector.every(([key, value]) => labels[key] === value)
            );
        });
    const services = Object.keys(catalogue.services).map((name) => [name, ours("sparc", name)] as const);
    const stores = Object.keys(catalogue.stores).map((name) => [name, ours("databases", name)] as const);

    for (const [name, pod] of [...Object.entries(PODS), ...services, ...stores]) {
        it(`allow ${name} to start: both directions have policies, with what it needs at startup`, () => {
            const podPolicies = of(pod);
            for (const direction of ["Ingress", "Egress"])
                assert.ok(
                    podPolicies.some(({ spec }) => spec?.policyTypes?.includes(direction)),
                    `no policy selects its ${direction}`,
                );
            const egress = podPolicies.flatMap(({ spec }) => spec?.egress ?? []);
            const reaches = (cidr: string, port: number) =>
                egress.some(
                    ({ to = [], ports = [] }) =>
                        to.some(({ ipBlock }) => ipBlock?.cidr === cidr) &&
                        ports.some((one) => one.port === port),
                );
            if (pod.callsApi === true)
                for (const address of ["172.20.0.1/32", "10.96.227.0/28"])
                    assert.ok(reaches(address, 443), `no policy allows it to reach ${address}`);
            const dns = egress.some(({ to = [], ports = [] }) =>
                to.some(
                    ({ podSelector }) =>
                        podSelector?.matchLabels?.["k8s-app"] === "kube-dns" &&
                        ports.some(({ port, protocol }) => port === 53 && protocol === "UDP"),
                ),
            );
            if (pod.usesDns !== false) assert.ok(dns, "no policy allows it to resolve names");
        });
    }

    it("allow every pod and node to reach the cluster's DNS, and the DNS only the VPC resolver", () => {
        const [policy, ...more] = of(PODS["coredns"] ?? assert.fail());
        assert.deepEqual(more, []);
        const from = (policy?.spec?.ingress ?? []).flatMap(({ from: peers = [] }) => peers);
        assert.deepEqual(from, [
            {
                namespaceSelector: {
                    matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "Exists" }],
                },
            },
            ...["10.96.0.0/19", "10.96.32.0/19", "10.96.64.0/19"].map((cidr) => ({ ipBlock: { cidr } })),
        ]);
        const resolvers = (policy?.spec?.egress ?? [])
            .filter(({ ports = [] }) => ports.some(({ port }) => port === 53))
            .flatMap(({ to = [] }) => to);
        assert.deepEqual(resolvers, [{ ipBlock: { cidr: "10.96.0.2/32" } }]);
    });

    it("allow the API server to read metrics from metrics-server, and it to read them from kubelets, alone", () => {
        const [policy, ...more] = of(PODS["metrics-server"] ?? assert.fail());
        assert.deepEqual(more, []);
        assert.deepEqual(
            (policy?.spec?.ingress ?? []).map(({ ports = [] }) => ports.map(({ port }) => port)),
            [[10251]],
        );
        const nodes = (policy?.spec?.egress ?? [])
            .filter(({ ports = [] }) => ports.some(({ port }) => port === 10250))
            .flatMap(({ to = [] }) => to.map(({ ipBlock }) => ipBlock?.cidr));
        assert.deepEqual(nodes, ["10.96.0.0/19", "10.96.32.0/19", "10.96.64.0/19"]);
    });

    it("do not exist in kube-system of an existing cluster", () => {
        const { objects } = deriveAll({ catalogue, config: loadStackFile("local", ROOT) });
        assert.deepEqual(
            objects.filter(({ metadata }) => metadata.namespace === "kube-system"),
            [],
        );
    });

    describe("NetworkPolicies of kube-system in the program", () => {
        let all: readonly Registered[];
        before(async function () {
            this.timeout(240_000);
            all = await runProgram("prod");
        });
        const find = (name: string) =>
            all.find((one) => one.name === name) ?? assert.fail(`there is no ${name}`);

        it("exist before the first pod that they select, and as long as it", () => {
            for (const addOn of ["coredns", "aws-ebs-csi-driver", "metrics-server"])
                assert.ok(find(`cluster-add-ons-late-${addOn}`).dependsOn.includes("network"), addOn);
            for (const name of ["cloud-controllers", "cert-manager", "control-plane"])
                for (const needed of ["network", "cluster-add-ons-late-coredns"])
                    assert.ok(find(name).dependsOn.includes(needed), `${name} without ${needed}`);
            for (const { name, dependsOn } of all.filter(({ type }) => type.endsWith(":Release")))
                assert.ok(
                    dependsOn.some((one) => /^network-[a-z-]+-deny-all$/.test(one)),
                    name,
                );
        });

        it("depend only on namespaces", () => {
            const children = all.filter(({ parent }) => parent === "network");
            assert.ok(children.length > 50);
            for (const { dependsOn, type } of children) {
                assert.equal(type, "kubernetes:networking.k8s.io/v1:NetworkPolicy");
                assert.deepEqual(
                    dependsOn.filter((name) => !name.startsWith("namespaces-")),
                    [],
                );
            }
        });

        it("have aliases of the objects that earlier versions registered with the access policies", () => {
            assert.deepEqual(find("network-sparc-deny-all").aliases, ["access-sparc-deny-all"]);
        });
    });
});
