/** Alerts on the node: their causes are made for real, and go again. What takes a month or a new CA is left to promtool. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { serviceHost } from "../../components/base/names";
import { CHECKOUT } from "./checkout";
import { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { query } from "./prometheus";

const RUNBOOKS = join(CHECKOUT, "docs/runbooks");
const MINUTE = 60_000;

/** Causes that last until they are ended: by alert, what of its labels tells that it is this one. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    MeshErrorRate: { service: "recordings" },
    MeshSlow: { service: "users" },
    MeshBreakerOverflow: { service: "api-gateway" },
    MeshRefusedHost: { source_workload: "reports" },
    MeshPushRejected: {},
    MeshKeySet: {},
};

/** A filter that no proxy can have. */
const BROKEN = `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: broken, namespace: sparc }
spec:
  workloadSelector: { labels: { sparc.dev/service: reports } }
  configPatches:
    - applyTo: HTTP_FILTER
      match:
        context: SIDECAR_INBOUND
        listener: { filterChain: { filter: { name: envoy.filters.network.http_connection_manager } } }
      patch:
        operation: INSERT_BEFORE
        value:
          name: broken
          typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua, inline_code: "this is no Lua" }
`;

/** Keys from where nobody answers. */
const KEYLESS = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: keyless, namespace: sparc }
spec:
  selector: { matchLabels: { sparc.dev/service: reports } }
  jwtRules: [{ issuer: "https://nobody.example.com", jwksUri: "https://nobody.example.com/keys" }]
`;

describe("alerts on the node", function () {
    this.timeout(30 * MINUTE);
    let node: Deployment;

    before(async () => {
        node = await Deployment.of();
    });

    async function firing(): Promise<Readonly<Record<string, string>>[]> {
        return (await query(node, 'ALERTS{alertstate="firing"}')).map(({ metric }) => metric);
    }

    function found(alerts: readonly Readonly<Record<string, string>>[], name: string): boolean {
        return alerts.some(
            (labels) =>
                labels["alertname"] === name &&
                Object.entries(EXPECTED[name] ?? {}).every(([label, value]) => labels[label] === value),
        );
    }

    async function ask(
        caller: string,
        host: string,
        port: number,
        requests: readonly object[],
        at = 8,
    ): Promise<void> {
        const address = `${serviceHost(host)}:${port}`;
        await node.probe(
            caller,
            requests.map((one) => ({ address, timeoutMs: 20_000, ...one })),
            at,
        );
    }

    function times(count: number, one: object): object[] {
        return Array.from({ length: count }, () => one);
    }

    /** One round of everything that goes wrong, within some seconds. */
    async function trouble(): Promise<void> {
        const failing = { method: "POST", path: "/v1/recordings/7/exports?status=503" };
        await ask("api-gateway", "recordings", 8080, [
            ...times(40, { path: "/v1/recordings" }),
            ...times(4, failing),
        ]);
        const slow = {
            protocol: "grpc",
            method: "/sparc.users.v1.Users/Get",
            headers: { "standin-delay": "600ms" },
        };
        await ask("api-gateway", "users", 9090, times(8, slow));
        await ask("api-gateway", "recordings", 8080, times(250, { path: "/v1/recordings?delay=900ms" }), 250);
        await node.probe("reports", [
            { address: `${serviceHost("alerts")}:8080`, host: "refused.example.com" },
        ]);
    }

    it("fire when their causes are made, and end when those do", async () => {
        await node.kubectl(["apply", "--filename", "-"], BROKEN);
        await node.kubectl(["apply", "--filename", "-"], KEYLESS);
        const seen = new Map<string, number>();
        const begun = Date.now();
        try {
            while (
                Object.keys(EXPECTED).some((name) => !seen.has(name)) &&
                Date.now() - begun < 11 * MINUTE
            ) {
                await trouble();
                const alerts = await firing();
                for (const name of Object.keys(EXPECTED))
                    if (found(alerts, name) && !seen.has(name)) seen.set(name, (Date.now() - begun) / 1000);
            }
        } finally {
            for (const [kind, name] of [
                ["envoyfilter", "broken"],
                ["requestauthentication", "keyless"],
            ] as const)
                await node.kubectl(["delete", kind, "--namespace", "sparc", name]);
        }
        assert.deepEqual([...seen.keys()].sort(), Object.keys(EXPECTED).sort());
        const ended = Date.now();
        const gone = new Map<string, number>();
        await eventually(async () => {
            const alerts = await firing();
            for (const name of Object.keys(EXPECTED))
                if (!found(alerts, name) && !gone.has(name)) gone.set(name, (Date.now() - ended) / 1000);
            const left = Object.keys(EXPECTED).filter((name) => found(alerts, name));
            assert.deepEqual(left, []);
        }, 18 * MINUTE);
        for (const [name, seconds] of seen)
            process.stdout.write(
                `      ${name}: after ${seconds.toFixed(0)} s, gone ${(gone.get(name) ?? 0).toFixed(0)} s after its cause\n`,
            );
    });

    it("tell of a control plane that is down", async () => {
        const scale = (replicas: number) =>
            node.kubectl([
                "scale",
                "--namespace",
                "istio-system",
                "deployment/istiod",
                `--replicas=${replicas}`,
            ]);
        await scale(0);
        try {
            await eventually(async () => {
                assert.ok((await firing()).some(({ alertname }) => alertname === "MeshControlPlaneDown"));
            }, 6 * MINUTE);
        } finally {
            await scale(1);
            await node.kubectl([
                "rollout",
                "status",
                "--namespace",
                "istio-system",
                "deployment/istiod",
                "--timeout=180s",
            ]);
        }
        await eventually(async () => {
            assert.ok(!(await firing()).some(({ alertname }) => alertname === "MeshControlPlaneDown"));
        }, 3 * MINUTE);
    });

    it("have runbooks whose commands work", async () => {
        const env = {
            ...process.env,
            KUBECONFIG: node.kubeconfig,
            PATH: `${dirname(node.program("kubectl"))}:${process.env["PATH"] ?? ""}`,
        };
        const pages = readdirSync(RUNBOOKS).filter((name) => name !== "README.md");
        assert.ok(pages.length > 10);
        for (const page of pages) {
            const text = readFileSync(join(RUNBOOKS, page), "utf8");
            const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
            assert.ok(blocks.length > 0, page);
            for (const block of blocks) {
                const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", block], {
                    env,
                });
                assert.doesNotMatch(stdout, /error/i, page);
            }
            await pause(10);
        }
    });
});
