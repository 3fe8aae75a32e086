/** The pack as the engine runs it: its process, over gRPC. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { configErrors } from "../../cli/policy/config";
import { evaluateAll } from "../../cli/policy/evaluation";
import { type RunningPack, startPack } from "../../cli/policy/pack";
import {
    type Diagnostic,
    type EvaluatedResource,
    type PackConfig,
    type PolicyInfo,
} from "../../cli/policy/protocol";
import { registrations } from "../../cli/policy/registrations";
import { openingChanges } from "./mutations/opening/index";
import { large } from "./support/large";
import { registered } from "./support/registered";
import { fromYaml, packConfig } from "./support/stacks";

const PACK = join(__dirname, "..", "..", "policy");

/** What Pulumi's engine sends for a string that is unknown until the update. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n";

function resourcesOf(yaml: string): EvaluatedResource[] {
    return fromYaml(yaml).map(({ urn, type, name, props }) => ({
        urn,
        type,
        name,
        properties: props as Record<string, unknown>,
    }));
}

describe("the pack's process", function () {
    // The process transpiles itself when it starts, which takes long on a busy machine.
    this.timeout(240_000);
    let pack: RunningPack;
    let policies: readonly PolicyInfo[];
    let prod: readonly EvaluatedResource[];

    before(async () => {
        [pack, prod] = await Promise.all([startPack(PACK), registered("prod")]);
        policies = await pack.analyzer.policies();
    });
    after(() => {
        pack.stop();
    });

    const configured = (config: PackConfig): Promise<void> => pack.analyzer.configure(config, policies);
    const policiesOf = (diagnostics: readonly Diagnostic[]): string[] =>
        [...new Set(diagnostics.map(({ policy }) => policy))].sort();

    it("is mandatory in every policy, and publishes each policy's configuration schema", () => {
        assert.ok(policies.length >= 50);
        assert.ok(policies.every(({ level }) => level === "mandatory"));
        for (const stack of ["local", "dev", "prod"]) {
            assert.deepEqual(configErrors(packConfig(stack) as PackConfig, policies), []);
        }
    });

    it("rejects a configuration with an unknown policy or an unknown property", () => {
        const mistakes = configErrors(
            {
                "identity-no-plaintxt": "advisory",
                "identity-no-plaintext": { exceptions: [{ namespace: "a", reason: "a test needs it" }] },
            },
            policies,
        );
        assert.match(
            mistakes.join("\n"),
            /unknown policy "identity-no-plaintxt"\. Did you mean "identity-no-plaintext"\?/,
        );
        assert.match(mistakes.join("\n"), /exceptions\/0 must have required property 'until'/);
    });

    it("reports no violation in prod", async () => {
        await configured(packConfig("prod") as PackConfig);
        assert.deepEqual(await evaluateAll(pack.analyzer, prod), []);
    });

    it("evaluates a whole stack by its inputs, if a preview has no outputs of a provider that it cannot configure", async () => {
        await configured(packConfig("prod") as PackConfig);
        const opened = prod.map((resource) =>
            resource.name === "traffic-sparc-video" && resource.type.endsWith(":Sidecar")
                ? { ...resource, properties: { ...resource.properties, spec: {} } }
                : resource,
        );
        for (const [stack, rejecting] of [
            [prod, []],
            [opened, ["egress-sidecar-scope"]],
        ] as const) {
            for (const resource of stack) await pack.analyzer.analyze(resource);
            const diagnostics = await pack.analyzer.analyzeStack(
                stack.map((resource) =>
                    resource.type.startsWith("kubernetes:")
                        ? { ...resource, properties: {}, outputs: {} }
                        : resource,
                ),
            );
            assert.deepEqual(policiesOf(diagnostics), rejecting);
        }
    });

    it("rejects over gRPC what the mutation test rejects", async () => {
        const byKind = new Map(openingChanges(prod).map((mutation) => [mutation.kind, mutation]));
        for (const kind of [
            "a namespace's deny-all removed",
            "STRICT to DISABLE",
            "mesh: ALLOW_ANY",
            "ALLOW: ports dropped",
        ]) {
            const mutation = byKind.get(kind) ?? assert.fail(kind);
            const after = prod.flatMap((resource) =>
                mutation.replace.has(resource.urn) ? (mutation.replace.get(resource.urn) ?? []) : [resource],
            );
            const fresh = [...mutation.replace.values()].filter((resource) => resource !== undefined);
            const diagnostics = await Promise.all(fresh.map((resource) => pack.analyzer.analyze(resource)));
            diagnostics.push(await pack.analyzer.analyzeStack(after));
            assert.ok(
                diagnostics
                    .flat()
                    .some(
                        ({ level, message }) =>
                            level === "mandatory" && mutation.names.some((name) => message.includes(name)),
                    ),
                kind,
            );
        }
    });

    it("evaluates another team's TypeScript program", async () => {
        await configured({});
        const program = join(__dirname, "other-teams", "shop.ts");
        const diagnostics = await evaluateAll(
            pack.analyzer,
            await registrations({ stack: "shop", program, config: {} }),
        );
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
                "injection-dedicated-service-account",
                "network-deny-all",
                "resilience-circuit-breaker",
                "resilience-retries",
                "workloads-images",
                "workloads-non-root",
                "workloads-pod-security",
                "workloads-resources",
            ].filter((policy) => !policiesOf(diagnostics).includes(policy)),
            [],
        );
        assert.ok(diagnostics.some(({ message }) => message.includes("shop/Deployment/carts: ")));
    });

    it("evaluates plain YAML with removed API versions", async () => {
        await configured({});
        const yaml = readFileSync(join(__dirname, "other-teams", "plain.yaml"), "utf8");
        const diagnostics = await evaluateAll(pack.analyzer, resourcesOf(yaml));
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
            ].filter((policy) => !policiesOf(diagnostics).includes(policy)),
            [],
        );
    });

    it("reports what is unknown in a preview, and rejects what is known", async () => {
        await configured({});
        const [resource = assert.fail()] = resourcesOf(`
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: PERMISSIVE }, portLevelMtls: { "8080": { mode: ${UNKNOWN} } } }
`);
        const diagnostics = await pack.analyzer.analyze(resource);
        const report = diagnostics.map(({ level, message }) => `${level}: ${message}`).join("\n");
        assert.match(
            report,
            /mandatory: .*shop\/PeerAuthentication\/default: spec\.mtls\.mode is PERMISSIVE/s,
        );
        assert.match(
            report,
            /advisory: shop\/PeerAuthentication\/default: spec\.portLevelMtls\.8080\.mode is unknown until the update/,
        );
    });

    it("reports an unknown object, and evaluates the others of the stack", async () => {
        await configured({});
        const diagnostics = await pack.analyzer.analyzeStack(
            resourcesOf(`
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
            diagnostics
                .filter((entry) => entry.policy === policy)
                .map(({ level, message }) => `${level}: ${message}`)
                .join("\n");
        const network = of("network-least-privilege");
        assert.match(
            network,
            /advisory: shop\/NetworkPolicy\/one: spec\.ingress is unknown until the update/,
        );
        assert.match(network, /mandatory: .*shop\/NetworkPolicy\/two: spec\.ingress\[0\] has no ports/s);
        assert.match(of("access-deny-all"), /mandatory/);
    });

    it("remediates nothing unless it is configured to", async () => {
        const [resource = assert.fail()] = resourcesOf(NAMESPACE);
        await configured({});
        assert.equal(await pack.analyzer.remediate(resource), undefined);
        await configured({ "injection-namespaces": { enforcementLevel: "remediate" } });
        const mended = (await pack.analyzer.remediate(resource)) as
            { metadata: { labels: object } } | undefined;
        assert.deepEqual(mended?.metadata.labels, { "istio-injection": "enabled" });
    });

    it("uses the enforcement level of the configuration", async () => {
        const [resource = assert.fail()] = resourcesOf(NAMESPACE);
        await configured({ all: "disabled", "injection-namespaces": "advisory" });
        assert.deepEqual(
            (await pack.analyzer.analyze(resource)).map(({ policy, level }) => `${policy} ${level}`),
            ["injection-namespaces advisory"],
        );
    });

    it("evaluates 5,000 resources", async () => {
        await configured({});
        const stack = large(5000);
        const start = performance.now();
        const diagnostics = await evaluateAll(pack.analyzer, stack);
        const seconds = (performance.now() - start) / 1000;
        const status = readFileSync(`/proc/${pack.pid}/status`, "utf8");
        const peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
        process.stdout.write(
            `      ${stack.length} resources in ${seconds.toFixed(0)} s, at most ${peak.toFixed(0)} MB\n`,
        );
        assert.ok(diagnostics.length > 0, "the large stack has exactly one violation");
        assert.deepEqual(policiesOf(diagnostics), ["identity-no-plaintext"]);
        assert.ok(peak < 2048);
    });
});
