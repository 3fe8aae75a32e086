/**
 * Services that are no stand-ins: a workload that kubectl deploys is adopted and released under load, and an image is deployed,
 * reached and removed. Both run the stand-in's program under other names, so that its responses say which pod served.
 */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serviceHost } from "../../components/base/names";
import { CHECKOUT, mesh, withStack } from "./checkout";
import { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { underLoad } from "./load";
import { callsFrom } from "./mesh-load";

const ADOPTED = "recordings";
const DEPLOYED = "acme-recordings";
/** A service with a maximum of replicas, so that it gets an autoscaler. */
const FROM_IMAGE = "alerts";
const CALLER = "api-gateway";
const LOAD_WORKERS = 2;

/** Fields that change with every change of the object, and who made it. */
const VOLATILE = ["managedFields", "resourceVersion", "generation"];

const CALLS = [`GET ${ADOPTED}/v1/${ADOPTED}`, `POST ${ADOPTED}/v1/${ADOPTED}/x/exports`];
const IMAGE_CALLS = [
    `GET ${FROM_IMAGE}/v1/${FROM_IMAGE}`,
    `POST ${FROM_IMAGE}/v1/${FROM_IMAGE}/x/acknowledgement`,
];

interface LiveDeployment {
    readonly metadata: Readonly<Record<string, unknown>> & {
        readonly managedFields?: readonly { readonly manager: string }[];
        readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly spec: {
        readonly template: { readonly spec: { readonly containers: readonly { image: string }[] } };
    };
}

describe("real workloads on the local cluster", function () {
    this.timeout(1_200_000);
    this.retries(0);
    let node: Deployment;
    let image: string;
    let asDeployed: unknown;

    const kubectl = (args: readonly string[], input?: string) =>
        node.kubectl(["--namespace", "sparc", ...args], input);

    async function deploymentOf(name: string): Promise<LiveDeployment> {
        const args = ["get", "deployment", name, "--output", "json", "--show-managed-fields"];
        return JSON.parse(await kubectl(args)) as LiveDeployment;
    }

    /** The Deployment as its owner sees it. Its controller counts rollouts in an annotation. */
    async function stable(): Promise<unknown> {
        const { metadata, spec } = await deploymentOf(DEPLOYED);
        const { annotations = {}, ...rest } = metadata;
        const kept = Object.entries(rest).filter(([key]) => !VOLATILE.includes(key));
        const others = Object.entries(annotations).filter(
            ([key]) => key !== "deployment.kubernetes.io/revision",
        );
        return { metadata: Object.fromEntries(kept), annotations: Object.fromEntries(others), spec };
    }

    async function managers(): Promise<string[]> {
        const { metadata } = await deploymentOf(DEPLOYED);
        return (metadata.managedFields ?? []).map(({ manager }) => manager);
    }

    /** The versions of the pods that serve the adopted service. */
    async function versions(service: string): Promise<string[]> {
        const request = { address: `${serviceHost(service)}:8080`, path: `/v1/${service}`, method: "GET" };
        const results = await node.probe(
            CALLER,
            Array.from({ length: 20 }, () => request),
        );
        for (const { status, detail } of results) assert.equal(status, 200, detail);
        return [...new Set(results.map(({ answer }) => answer?.version ?? ""))];
    }

    function stackWith(services: object): string {
        const file = readFileSync(join(CHECKOUT, "Pulumi.local.yaml"), "utf8");
        const { config } = parse(file) as { config: Record<string, object> };
        return withStack({ workloads: { ...config["sparc-mesh:workloads"], services } });
    }

    /**
     * Runs `mesh up` under load, of which the second call is never retried; no request may fail.
     *
     * @param restarted the Deployment whose pods the change replaces, also under load
     */
    async function changeUnderLoad(
        checkout: string,
        calls: readonly string[],
        restarted?: string,
    ): Promise<void> {
        const send = callsFrom(node, CALLER, calls);
        const { count, failures } = await underLoad(send, LOAD_WORKERS, async () => {
            await node.up(checkout);
            if (restarted !== undefined)
                await kubectl(["rollout", "status", `deployment/${restarted}`, "--timeout=300s"]);
        });
        process.stdout.write(`      ${count} requests, ${failures.length} failed\n`);
        assert.ok(count > 100, `only ${count} requests`);
        assert.deepEqual(failures, []);
    }

    before(async () => {
        node = await Deployment.of();
        const { spec } = await deploymentOf(ADOPTED);
        image = spec.template.spec.containers[0]?.image ?? assert.fail("no stand-in");
    });

    after(async () => {
        await kubectl(["delete", "deployment", DEPLOYED, "--ignore-not-found", "--wait"]);
        await node.up();
    });

    it("a workload of another tool runs next to the stand-in, without traffic", async () => {
        const restricted = {
            securityContext: {
                runAsNonRoot: true,
                runAsUser: 65532,
                seccompProfile: { type: "RuntimeDefault" },
            },
        };
        const container = {
            name: "main",
            image,
            args: [
                ...["serve", "--service", ADOPTED, "--version", "acme", "--health", "8081", "--drain", "5s"],
                ...["--port", "http:http:8080", "--port", "grpc:grpc:9090"],
            ],
            ports: [{ containerPort: 8080 }, { containerPort: 9090 }],
            readinessProbe: { httpGet: { path: "/healthz/ready", port: 8081 }, periodSeconds: 2 },
            resources: { requests: { cpu: "5m", memory: "16Mi" } },
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        };
        const labels = { app: DEPLOYED };
        const object = {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: { name: DEPLOYED, labels },
            spec: {
                replicas: 2,
                selector: { matchLabels: labels },
                template: { metadata: { labels }, spec: { ...restricted, containers: [container] } },
            },
        };
        await kubectl(
            ["apply", "--server-side", "--field-manager", "helm", "--filename", "-"],
            JSON.stringify(object),
        );
        await kubectl(["rollout", "status", `deployment/${DEPLOYED}`, "--timeout=300s"]);
        asDeployed = await stable();
        assert.deepEqual(await versions(ADOPTED), ["v1"]);
    });

    it("`mesh workloads check` names what keeps it from its traffic, and nothing once the stack adopts it", async () => {
        const args = ["workloads", "check", "--stack", "local", "--json"];
        const errorsOf = (stdout: string) =>
            (
                JSON.parse(stdout) as { findings: { check: string; severity: string; object: string }[] }
            ).findings
                .filter(({ severity, object }) => severity === "error" && object.endsWith(DEPLOYED))
                .map(({ check }) => check);
        const plain = await mesh(CHECKOUT, [...args, "--service", ADOPTED]);
        assert.equal(plain.status, 1, plain.stderr);
        assert.deepEqual(errorsOf(plain.stdout), ["label", "account"]);
        const adopting = await mesh(stackWith({ [ADOPTED]: { from: "existing", name: DEPLOYED } }), args);
        assert.equal(adopting.status, 0, `${adopting.stdout}${adopting.stderr}`);
    });

    it("is adopted under load without a failed request, with the label and the account only", async () => {
        const checkout = stackWith({ [ADOPTED]: { from: "existing", name: DEPLOYED } });
        await changeUnderLoad(checkout, CALLS);
        assert.deepEqual(await versions(ADOPTED), ["acme"]);
        assert.deepEqual(await managers().then((all) => all.filter((one) => one.startsWith("sparc"))), [
            "sparc-mesh-patch",
        ]);
        const { created, updated, pruned } = await node.up(checkout);
        assert.deepEqual({ created, updated, pruned }, { created: 0, updated: 0, pruned: 0 });

        const { status, stdout, stderr } = await mesh(checkout, ["verify", "--layer", "authorization"]);
        assert.equal(status, 0, `${stdout}${stderr}`);
        assert.match(stdout, /not checked: [\d ,]+requests to and from recordings/);
    });

    it("is released under load without a failed request, and nothing of the program's is left on it", async () => {
        // Its pods with the label leave the Service one after the other, as its controller replaces them.
        await changeUnderLoad(CHECKOUT, CALLS, DEPLOYED);
        await eventually(async () => {
            assert.deepEqual(await versions(ADOPTED), ["v1"]);
            assert.deepEqual(await stable(), asDeployed);
        });
        assert.deepEqual(
            (await managers()).filter((manager) => manager.startsWith("sparc")),
            [],
        );
    });

    it("a service from an image runs, scales, is reached by its callers, and is removed with its key", async () => {
        const service = {
            from: "image",
            image,
            args: [
                ...["serve", "--service", FROM_IMAGE, "--version", "own", "--health", "8081"],
                ...["--port", "http:http:8080", "--port", "grpc:grpc:9090"],
            ],
            resources: { cpu: "5m", memory: "16Mi", cpuLimit: "500m", memoryLimit: "128Mi" },
        };
        await changeUnderLoad(stackWith({ [FROM_IMAGE]: service }), IMAGE_CALLS);
        assert.deepEqual(await versions(FROM_IMAGE), ["own"]);
        assert.deepEqual(await budgetsAndAutoscalers(), [
            `horizontalpodautoscaler.autoscaling/${FROM_IMAGE}`,
            `poddisruptionbudget.policy/${FROM_IMAGE}`,
        ]);
        // It measures the application's container, and brings the Deployment to the catalogue's minimum.
        const condition = "--for=condition=ScalingActive";
        await kubectl(["wait", condition, `horizontalpodautoscaler/${FROM_IMAGE}`, "--timeout=180s"]);
        await eventually(async () => {
            const args = ["get", "deployment", FROM_IMAGE, "--output", "jsonpath={.status.readyReplicas}"];
            assert.ok(Number(await kubectl(args)) >= 3);
        });

        await changeUnderLoad(CHECKOUT, IMAGE_CALLS);
        assert.deepEqual(await versions(FROM_IMAGE), ["v1"]);
        assert.deepEqual(await budgetsAndAutoscalers(), []);
    });

    /** Those in the services' namespace. */
    async function budgetsAndAutoscalers(): Promise<string[]> {
        const printed = await kubectl([
            ...["get", "poddisruptionbudgets,horizontalpodautoscalers", "--output", "name"],
            ...["--ignore-not-found"],
        ]);
        return printed
            .split("\n")
            .filter((line) => line !== "")
            .sort();
    }
});
