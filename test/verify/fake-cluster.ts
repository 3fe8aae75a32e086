/** An in-memory cluster whose pods answer as a mesh with the given objects would. */
import type { Cluster, Command, CommandResult } from "../../cli/lib/cluster/cluster";
import type { Kind } from "../../cli/lib/cluster/kinds";
import { type KubeObject, keyOf } from "../../cli/lib/drift/objects";
import { type Check, isTcp } from "../../cli/verify/model";
import { SimulatedMesh } from "./simulated-mesh";

const READY = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
const CERTIFICATE = Buffer.from("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n").toString(
    "base64",
);

export class FakeCluster implements Cluster {
    readonly name = "fake";
    /** All objects by key. */
    readonly objects = new Map<string, KubeObject>();
    /** The operations in order: `apply Pod sparc/x`. */
    readonly log: string[] = [];
    /** Called before each exec; may throw. */
    onExec: (command: Command) => void = () => undefined;
    /** How many of the next readings of Envoy's counters are lost. */
    lostReadings = 0;
    /** How many of the next batches are sent, but their results are lost. */
    brokenBatches = 0;
    /** Whether deleted pods keep running. */
    keepsPods = false;
    /** The error of every removal. */
    removalError: string | undefined;
    /** Added to every count of denied TCP connections after the first reading. */
    denied = new Map<string, number>();
    private version = 0;

    constructor(
        objects: readonly KubeObject[],
        private readonly checks: readonly Check[],
    ) {
        for (const object of objects) this.objects.set(keyOf(object), object);
    }

    /** Adds a ready pod of a workload; `app` for a Deployment other than the workload's first. */
    addPod(namespace: string, name: string, podIP = "10.244.0.2", app = name, container = "stand-in"): void {
        const labels = { app, "sparc.dev/service": name };
        const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: `${app}-0`, namespace, labels } };
        const spec = { containers: [{ name: container }] };
        this.objects.set(keyOf(pod), { ...pod, spec, status: { ...READY, podIP } } as KubeObject);
    }

    addCertificate(gateway: string): void {
        const name = `${gateway}-certificate`;
        const secret = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "istio-ingress" } };
        this.objects.set(keyOf(secret), { ...secret, data: { "ca.crt": CERTIFICATE } } as KubeObject);
    }

    /** Adds the Secret of a CA that cert-manager issued. */
    addClient(authority: string): void {
        const metadata = { name: `client-${authority}`, namespace: "istio-ingress" };
        const secret = { apiVersion: "v1", kind: "Secret", metadata };
        const data = { "tls.crt": CERTIFICATE, "tls.key": Buffer.from("a key").toString("base64") };
        this.objects.set(keyOf(secret), { ...secret, data } as KubeObject);
    }

    list(kind: Kind, { namespace, labelSelector }: { namespace?: string; labelSelector?: string } = {}) {
        const [label = "", value] = (labelSelector ?? "").split("=");
        const matching = [...this.objects.values()].filter(
            (object) =>
                object.kind === kind &&
                (namespace === undefined || object.metadata.namespace === namespace) &&
                (label === "" ||
                    (value ?? object.metadata.labels?.[label]) === object.metadata.labels?.[label]) &&
                (label === "" || object.metadata.labels?.[label] !== undefined),
        );
        return Promise.resolve(matching);
    }

    get(kind: Kind, namespace: string, name: string): Promise<KubeObject | undefined> {
        return Promise.resolve(this.objects.get(`${kind} ${namespace}/${name}`));
    }

    apply(object: KubeObject): Promise<void> {
        this.log.push(`apply ${keyOf(object)}`);
        this.put(object);
        return Promise.resolve();
    }

    create(object: KubeObject): Promise<boolean> {
        if (this.objects.has(keyOf(object))) return Promise.resolve(false);
        this.log.push(`create ${keyOf(object)}`);
        this.put(object);
        return Promise.resolve(true);
    }

    replace(object: KubeObject): Promise<boolean> {
        const current = this.objects.get(keyOf(object))?.metadata.resourceVersion;
        if (current === undefined || current !== object.metadata.resourceVersion)
            return Promise.resolve(false);
        this.log.push(`replace ${keyOf(object)}`);
        this.put(object);
        return Promise.resolve(true);
    }

    remove(kind: Kind, namespace: string, name: string): Promise<void> {
        if (this.removalError !== undefined && kind === "Pod")
            return Promise.reject(new Error(this.removalError));
        this.log.push(`remove ${kind} ${namespace}/${name}`);
        if (!(this.keepsPods && kind === "Pod")) this.objects.delete(`${kind} ${namespace}/${name}`);
        return Promise.resolve();
    }

    exec(command: Command): Promise<CommandResult> {
        this.onExec(command);
        if (command.command[0] === "pilot-agent") {
            if (this.lostReadings-- > 0) return done("");
            const workload = `${command.namespace}/${command.pod.replace(/-0$/, "")}`;
            return done(`server.live: 1\ntcp.rbac.denied: ${this.denied.get(workload) ?? 0}\n`);
        }
        const mesh = new SimulatedMesh([...this.objects.values()]);
        const byId = new Map(this.checks.map((check) => [check.id, check]));
        const results = (JSON.parse(command.stdin) as { id: string }[]).map(({ id }) => {
            const check = byId.get(id.replace(/ at .*$/, ""));
            if (check === undefined) throw new Error(`unexpected ${id}`);
            this.count(check);
            return JSON.stringify(mesh.send({ ...check, id }));
        });
        if (this.brokenBatches-- > 0) return Promise.reject(new Error("the connection was closed"));
        return done(results.join("\n"));
    }

    private count(check: Check): void {
        const { destination, expected } = check;
        if (!isTcp(check) || expected.kind !== "rbac") return;
        const workload = `${destination.namespace}/${destination.name}`;
        this.denied.set(workload, (this.denied.get(workload) ?? 0) + 1);
    }

    private put(object: KubeObject): void {
        const status = object.kind === "Pod" ? { status: READY } : {};
        const resourceVersion = String((this.version += 1));
        this.objects.set(keyOf(object), {
            ...object,
            ...status,
            metadata: { ...object.metadata, resourceVersion },
        });
    }
}

function done(stdout: string): Promise<CommandResult> {
    return Promise.resolve({ code: 0, stdout, stderr: "" });
}
