/** Objects for synthetic load on low-traffic services, and for the receiver of rollout events. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Service } from "../../../catalogue/model";
import { platform as catalogue } from "../../../catalogue/platform";
import type {
    AuthorizationPolicyManifest,
    CanaryManifest,
    Manifest,
    NetworkPolicyManifest,
    SidecarManifest,
} from "../../../components/base/manifest";
import { deriveAll } from "../../../components/concerns";
import { delivery } from "../../../components/delivery/delivery";
import { loadStackFile } from "../../../config/load";

const stack = loadStackFile("prod", join(__dirname, "..", "..", ".."));
const inProd = (more: Partial<(typeof stack)["delivery"]> = {}) => ({
    catalogue,
    config: { ...stack, delivery: { ...stack.delivery, ...more } },
});
const { objects, releases } = deriveAll(inProd());

function ofKind<One extends Manifest>(kind: One["kind"], namespace: string) {
    return (all: readonly Manifest[], name: string): One | undefined =>
        all.find(
            (object): object is One =>
                object.kind === kind &&
                object.metadata.namespace === namespace &&
                object.metadata.name === name,
        );
}

const policy = ofKind<AuthorizationPolicyManifest>("AuthorizationPolicy", "sparc");
const flaggersPolicy = ofKind<AuthorizationPolicyManifest>("AuthorizationPolicy", "flagger-system");
const network = ofKind<NetworkPolicyManifest>("NetworkPolicy", "sparc");
const flaggersNetwork = ofKind<NetworkPolicyManifest>("NetworkPolicy", "flagger-system");
const sidecar = ofKind<SidecarManifest>("Sidecar", "flagger-system");
const canaryOf = ofKind<CanaryManifest>("Canary", "sparc");
const peerOf = (name: string) => ({
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "flagger-system" } },
    podSelector: { matchLabels: { "sparc.dev/service": name } },
});
const tasks = (object: CanaryManifest | undefined) =>
    (object?.spec.analysis.webhooks ?? []).filter(({ metadata }) => metadata?.["cmd"] !== undefined);

const canaries = objects.filter((object): object is CanaryManifest => object.kind === "Canary");

describe("synthetic load on a new version", () => {
    const canary = canaryOf(objects, "integrations");

    it("starts before the first user request, repeats at each check, and ends before the next", () => {
        assert.deepEqual(
            tasks(canary).map(({ type }) => type),
            ["pre-rollout", "rollout"],
        );
        for (const { url, metadata, retries } of tasks(canary)) {
            assert.equal(retries, 3);
            assert.equal(url, "http://loadtester.flagger-system:80/");
            assert.equal(metadata?.["type"], "cmd");
            // The stack's analysis interval is one minute.
            assert.equal(
                metadata["cmd"],
                "hey -z 54s -c 1 -q 5 -t 5 -disable-redirects 'http://integrations-rollout-canary.sparc.svc.cluster.local:8080/v1/integrations'",
            );
        }
        const quick = delivery.derive(inProd({ interval: "10s" })).objects;
        const [task] = tasks(canaryOf(quick, "integrations"));
        assert.match(task?.metadata?.["cmd"] ?? "", /^hey -z 9s /);
    });

    it("starts before the gate closes, after which no hook is allowed to fail", () => {
        const integrations = {
            ...catalogue.services["integrations"],
            rollout: {
                strategy: "progressive",
                approval: true,
                load: { path: "/v1/integrations", perSecond: 5 },
            },
        } as Service;
        const services = { ...catalogue.services, integrations };
        const { config } = inProd();
        const both = delivery.derive({ catalogue: { ...catalogue, services }, config }).objects;
        const hooks = (canaryOf(both, "integrations")?.spec.analysis.webhooks ?? []).filter(
            ({ type }) => type === "pre-rollout",
        );
        assert.deepEqual(
            hooks.map(({ name }) => name),
            ["load-from-the-start", "still-approved", "shut-for-promotion"],
        );
    });

    it("requires an analysis interval after which the first check has metrics", () => {
        const problems = (interval: string) => delivery.check?.(inProd({ interval, window: "60s" })) ?? [];
        assert.deepEqual(problems("30s"), []);
        assert.match(
            problems("20s")[0] ?? "",
            /^delivery\.interval: .*new versions of integrations .*set it to 30s or more/,
        );
        assert.deepEqual(
            delivery.check?.(inProd({ interval: "20s", window: "60s", services: ["auth"] })),
            [],
        );
    });

    it("exists only if the catalogue declares it, and allows the load tester only that one read", () => {
        const loaded = objects.filter((object) => object.kind === "Canary" && tasks(object).length > 0);
        assert.deepEqual(
            loaded.map(({ metadata }) => metadata.name),
            ["integrations"],
        );
        const byLoadTester = objects.filter(
            (object) =>
                object.kind === "AuthorizationPolicy" &&
                JSON.stringify(object.spec).includes("ns/flagger-system/sa/loadtester"),
        );
        assert.deepEqual(byLoadTester, [policy(objects, "integrations-from-loadtester")]);
        const principals = [`${stack.trustDomain}/ns/flagger-system/sa/loadtester`];
        assert.deepEqual(policy(objects, "integrations-from-loadtester")?.spec, {
            selector: { matchLabels: { "sparc.dev/service": "integrations" } },
            action: "ALLOW",
            rules: [
                {
                    from: [{ source: { principals } }],
                    to: [{ operation: { ports: ["8080"], methods: ["GET"], paths: ["/v1/integrations"] } }],
                },
            ],
        });
        assert.deepEqual(sidecar(objects, "loadtester")?.spec, {
            workloadSelector: { labels: { "sparc.dev/service": "loadtester" } },
            egress: [{ hosts: ["sparc/integrations-rollout-canary.sparc.svc.cluster.local"] }],
        });
        const ports = [{ port: 8080, protocol: "TCP" }];
        assert.ok(
            network(objects, "integrations")?.spec?.ingress?.some(
                (rule) => JSON.stringify(rule) === JSON.stringify({ from: [peerOf("loadtester")], ports }),
            ),
        );
        assert.equal(flaggersNetwork(objects, "loadtester")?.spec?.egress?.length, 1);
    });

    it("makes Flagger's metadata readable only if there is such load", () => {
        const paths = (all: readonly Manifest[], name: string) =>
            flaggersPolicy(all, `${name}-from-flagger`)?.spec.rules?.[0]?.to?.[0]?.operation?.paths;
        assert.deepEqual(paths(objects, "loadtester"), ["/"]);
        const without = deriveAll(inProd({ services: ["auth"] }));
        for (const all of [objects, without.objects])
            assert.deepEqual(paths(all, "gates"), [
                "/gate/check",
                "/gate/close",
                "/rollback/check",
                "/rollback/close",
            ]);
        assert.equal(paths(without.objects, "loadtester"), undefined);
        assert.ok(without.releases.some(({ name }) => name === "gates"));
        assert.ok(!without.releases.some(({ name }) => name === "loadtester"));
        assert.equal(sidecar(without.objects, "loadtester"), undefined);
        assert.equal(policy(without.objects, "integrations-from-loadtester"), undefined);
    });

    it("is separate from the gates: the workload that runs commands holds none", () => {
        const held = canaries
            .flatMap(({ spec }) => spec.analysis.webhooks ?? [])
            .filter(({ url }) => /gate|rollback/.test(new URL(url).pathname));
        assert.ok(held.length > 0);
        assert.deepEqual(
            new Set(held.map(({ url }) => new URL(url).hostname)),
            new Set(["gates.flagger-system"]),
        );
        // The chart's Service and Deployment have this name in their selectors.
        const names = releases.flatMap(({ values }) => values["nameOverride"] ?? []);
        assert.deepEqual(names.sort(), ["gates", "loadtester"]);
        for (const one of canaries.flatMap(tasks))
            assert.equal(new URL(one.url).hostname, "loadtester.flagger-system");
    });
});

describe("the receiver of rollout events", () => {
    const urlIn = (all: typeof releases) =>
        all.find(({ name }) => name === "flagger")?.values["eventWebhook"] as string | undefined;

    it("is notified by Flagger, which is allowed to POST only to its path", () => {
        // Events go to the primary, not to a version that is itself under analysis.
        const path = "svc.cluster.local:8080/internal/rollouts";
        assert.equal(urlIn(releases), `http://admin-console-rollout-primary.sparc.${path}`);
        const asItIs = deriveAll(inProd({ services: ["auth"] })).releases;
        assert.equal(urlIn(asItIs), `http://admin-console.sparc.${path}`);
        assert.deepEqual(policy(objects, "admin-console-from-flagger")?.spec.rules, [
            {
                from: [{ source: { principals: [`${stack.trustDomain}/ns/flagger-system/sa/flagger`] } }],
                to: [{ operation: { ports: ["8080"], methods: ["POST"], paths: ["/internal/rollouts"] } }],
            },
        ]);
        assert.ok(
            sidecar(objects, "flagger")?.spec.egress?.[0]?.hosts.includes(
                "sparc/admin-console-rollout-primary.sparc.svc.cluster.local",
            ),
        );
        assert.ok(
            network(objects, "admin-console")?.spec?.ingress?.some(
                ({ from }) => JSON.stringify(from) === JSON.stringify([peerOf("flagger")]),
            ),
        );
    });

    it("does not exist if the stack configures none, or has no rollouts", () => {
        const silent = Object.fromEntries(
            Object.entries(stack.delivery).filter(([key]) => key !== "receiver"),
        ) as (typeof stack)["delivery"];
        for (const config of [
            { ...stack, delivery: silent },
            { ...stack, delivery: { ...stack.delivery, enabled: false } },
        ]) {
            const derived = deriveAll({ catalogue, config });
            assert.equal(urlIn(derived.releases), undefined);
            assert.equal(policy(derived.objects, "admin-console-from-flagger"), undefined);
        }
    });

    it("must be a service with an HTTP port that offers the request", () => {
        const problems = (receiver: NonNullable<(typeof stack)["delivery"]["receiver"]>) =>
            delivery.check?.(inProd({ receiver })) ?? [];
        const good = { service: "admin-console", port: "http", path: "/internal/rollouts" };
        assert.deepEqual(problems(good), []);
        const cases = [
            [
                { ...good, service: "admin-consol" },
                /^delivery\.receiver\.service: .*Did you mean "admin-console"/,
            ],
            [
                { ...good, port: "grpc" },
                /^delivery\.receiver\.port: admin-console has no port grpc .*it has http$/,
            ],
            [
                { ...good, service: "billing", port: "grpc" },
                /^delivery\.receiver\.port: billing .*name a service/,
            ],
            [
                { ...good, path: "/internal/other" },
                /^delivery\.receiver\.path: admin-console does not offer POST/,
            ],
        ] as const;
        for (const [receiver, message] of cases) {
            const reported = problems(receiver);
            assert.equal(reported.length, 1);
            assert.match(reported[0] ?? "", message);
        }
    });
});
