/** The pack as the engine runs it: its real process, over its real protocol. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mistakesOf } from "../../cli/policy/config";
import { judge } from "../../cli/policy/judge";
import { type RunningPack, startPack } from "../../cli/policy/pack";
import {
    type Diagnostic,
    type JudgedResource,
    type PackConfig,
    type PolicyInfo,
} from "../../cli/policy/protocol";
import { registrations } from "../../cli/policy/registrations";
import { openingChanges } from "./mutations/opening/index";
import { large } from "./support/large";
import { registered } from "./support/registered";
import { fromYaml, packConfig } from "./support/stacks";

const PACK = join(__dirname, "..", "..", "policy");

/** What Pulumi's engine sends for a text that only the update will know. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

function judged(yaml: string): JudgedResource[] {
    return fromYaml(yaml).map(({ urn, type, name, props }) => ({
        urn,
        type,
        name,
        properties: props as Record<string, unknown>,
    }));
}

describe("the pack's process", function () {
    // It transpiles itself when it starts, and a busy machine takes its time.
    this.timeout(240_000);
    let pack: RunningPack;
    let policies: readonly PolicyInfo[];
    let prod: readonly JudgedResource[];

    before(async () => {
        [pack, prod] = await Promise.all([startPack(PACK), registered("prod")]);
        policies = await pack.analyzer.policies();
    });
    after(() => {
        pack.stop();
    });

    const configured = (config: PackConfig): Promise<void> => pack.analyzer.configure(config, policies);
    const policiesOf = (found: readonly Diagnostic[]): string[] =>
        [...new Set(found.map(({ policy }) => policy))].sort();

    it("is mandatory in every policy, and publishes what each may be told", () => {
        assert.ok(policies.length >= 50);
        assert.ok(policies.every(({ level }) => level === "mandatory"));
        for (const stack of ["local", "dev", "prod"]) {
            assert.deepEqual(mistakesOf(packConfig(stack) as PackConfig, policies), []);
        }
    });

    it("refuses a configuration with a policy that is none, and a property that is none", () => {
        const mistakes = mistakesOf(
            {
                "identity-no-plaintxt": "advisory",
                "identity-no-plaintext": { exceptions: [{ namespace: "a", reason: "because it is so" }] },
            },
            policies,
        );
        assert.match(mistakes.join("\n"), /identity-no-plaintxt\. Did you mean identity-no-plaintext\?/);
        assert.match(mistakes.join("\n"), /exceptions\/0 must have required property 'until'/);
    });

    it("finds nothing in prod", async () => {
        await configured(packConfig("prod") as PackConfig);
        assert.deepEqual(await judge(pack.analyzer, prod), []);
    });

    it("judges the whole stack by what was asked, where a preview has no outputs yet of a provider that it cannot configure", async () => {
        await configured(packConfig("prod") as PackConfig);
        const opened = prod.map((resource) =>
            resource.name === "traffic-sparc-video" && resource.type.endsWith(":Sidecar")
                ? { ...resource, properties: { ...resource.properties, spec: {} } }
                : resource,
        );
        for (const [stack, refused] of [
            [prod, []],
            [opened, ["egress-sidecar-scope"]],
        ] as const) {
            for (const resource of stack) await pack.analyzer.analyze(resource);
            const found = await pack.analyzer.analyzeStack(
                stack.map((resource) =>
                    resource.type.startsWith("kubernetes:")
                        ? { ...resource, properties: {}, outputs: {} }
                        : resource,
                ),
            );
            assert.deepEqual(policiesOf(found), refused);
        }
    });

    it("refuses over the protocol what the mutation proof says that it refuses", async () => {
        const byKind = new Map(openingChanges(prod).map((mutation) => [mutation.kind, mutation]));
        for (const kind of [
            "a namespace's deny-all taken out",
            "STRICT to DISABLE",
            "mesh: ALLOW_ANY",
            "ALLOW: ports dropped",
        ]) {
            const mutation = byKind.get(kind);
            assert.ok(mutation, kind);
            const after = prod.flatMap((resource) =>
                mutation.replace.has(resource.urn) ? (mutation.replace.get(resource.urn) ?? []) : [resource],
            );
            const fresh = [...mutation.replace.values()].filter((resource) => resource !== undefined);
            const found = (
                await Promise.all(fresh.map((resource) => pack.analyzer.analyze(resource)))
            ).flat();
            found.push(...(await pack.analyzer.analyzeStack(after)));
            assert.ok(
                found.some(
                    ({ level, message }) =>
                        level === "mandatory" && mutation.names.some((name) => message.includes(name)),
                ),
                kind,
            );
        }
    });

    it("judges a stranger's TypeScript program", async () => {
        await configured({});
        const program = join(__dirname, "strangers", "shop.ts");
        const found = await judge(pack.analyzer, await registrations({ stack: "shop", program, config: {} }));
        assert.deepEqual(
            [
                "access-allow-identity",
                "access-allow-scope",
                "access-deny-all",
                "egress-registry-only",
                "egress-sidecar-scope",
                "gateways-hosts",
                "gateways-tls",
                "identity-mesh-strict",
                "identity-mesh-tls",
                "injection-no-bypass",
                "injection-own-account",
                "network-deny-all",
                "resilience-breaker",
                "resilience-retries",
                "workloads-images",
                "workloads-non-root",
                "workloads-pod-security",
                "workloads-resources",
            ].filter((policy) => !policiesOf(found).includes(policy)),
            [],
        );
        assert.ok(found.some(({ message }) => message.includes("shop/Deployment/carts: ")));
    });

    it("judges plain YAML of API versions that are long gone", async () => {
        await configured({});
        const yaml = readFileSync(join(__dirname, "strangers", "plain.yaml"), "utf8");
        const found = await judge(pack.analyzer, judged(yaml));
        assert.deepEqual(
            [
                "access-deny-all",
                "access-deny-ports",
                "egress-export-to",
                "egress-registry-only",
                "egress-service-entries",
                "extensions-envoy-filters",
                "gateways-tls",
                "identity-client-tls",
                "identity-mesh-strict",
                "identity-mesh-tls",
                "identity-no-plaintext",
                "injection-no-net-admin",
                "injection-no-opt-out",
                "network-deny-all",
                "workloads-images",
            ].filter((policy) => !policiesOf(found).includes(policy)),
            [],
        );
    });

    it("tells what a preview cannot know, and still refuses what it does", async () => {
        await configured({});
        const [resource] = judged(`
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: PERMISSIVE }, portLevelMtls: { "8080": { mode: ${UNKNOWN} } } }
`);
        assert.ok(resource);
        const found = await pack.analyzer.analyze(resource);
        const told = found.map(({ level, message }) => `${level}: ${message}`).join("\n");
        assert.match(told, /mandatory: .*shop\/PeerAuthentication\/default: spec\.mtls\.mode is PERMISSIVE/s);
        assert.match(
            told,
            /advisory: shop\/PeerAuthentication\/default: spec\.portLevelMtls\.8080\.mode is known only during the update/,
        );
    });

    it("tells of an unknown object, and still judges the others of the stack", async () => {
        await configured({});
        const found = await pack.analyzer.analyzeStack(
            judged(`
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: one, namespace: shop }
spec: { podSelector: {}, policyTypes: [Ingress], ingress: ${UNKNOWN} }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: two, namespace: shop }
spec: { podSelector: { matchLabels: { a: b } }, policyTypes: [Ingress], ingress: [{}] }
`),
        );
        const of = (policy: string): string =>
            found
                .filter((entry) => entry.policy === policy)
                .map(({ level, message }) => `${level}: ${message}`)
                .join("\n");
        assert.match(of("network-narrow"), /advisory: shop\/NetworkPolicy\/one: spec\.ingress is known only/);
        assert.match(
            of("network-narrow"),
            /mandatory: .*shop\/NetworkPolicy\/two: spec\.ingress\[0\] names no ports/s,
        );
        assert.match(of("access-deny-all"), /mandatory/);
    });

    it("mends nothing unless it is told to", async () => {
        const [resource] = judged("apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n");
        assert.ok(resource);
        await configured({});
        assert.equal(await pack.analyzer.remediate(resource), undefined);
        await configured({ "injection-namespaces": { enforcementLevel: "remediate" } });
        const mended = (await pack.analyzer.remediate(resource)) as
            { metadata: { labels: object } } | undefined;
        assert.deepEqual(mended?.metadata.labels, { "istio-injection": "enabled" });
    });

    it("takes a level from the configuration", async () => {
        const [resource] = judged("apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n");
        assert.ok(resource);
        await configured({ all: "disabled", "injection-namespaces": "advisory" });
        assert.deepEqual(
            (await pack.analyzer.analyze(resource)).map(({ policy, level }) => `${policy} ${level}`),
            ["injection-namespaces advisory"],
        );
    });

    it("judges 5,000 resources", async () => {
        await configured({});
        const stack = large(5000);
        const start = performance.now();
        const found = await judge(pack.analyzer, stack);
        const seconds = (performance.now() - start) / 1000;
        const status = readFileSync(`/proc/${pack.pid}/status`, "utf8");
        const peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
        process.stdout.write(
            `      ${stack.length} resources in ${seconds.toFixed(0)} s, at most ${peak.toFixed(0)} MB\n`,
        );
        assert.ok(found.length > 0, "the large stack has its one mistake");
        assert.deepEqual(policiesOf(found), ["identity-no-plaintext"]);
        assert.ok(peak < 2048);
    });
});
