/** Runs all checks, layer by layer; reads Envoy's counters before and after each layer. */
import type { Catalogue } from "../../catalogue/model";
import { groupBy } from "../../catalogue/order";
import { clientSecret } from "../../components/shared/tls/client-authorities";
import { SERVICE_LABEL } from "../../components/base/labels";
import { NAMESPACES, STAND_IN_CONTAINER } from "../../components/base/names";
import { createAuthority, issue } from "../../local";
import { plural } from "../lib/plural";
import { type ProbeOptions, type ProbePod, type Batch, runBatches, retryInconclusive } from "./probe/batches";
import { toleranceOf } from "./probe/tolerance";
import { type Miscount, type WorkloadRef, miscounts, readCounters } from "./probe/counters";
import { type Credentials, type KeyPair, presented } from "./probe/wire";
import { readCertificates, readClients } from "./cluster/certificates";
import type { Cluster } from "../lib/cluster/cluster";
import { type PodObject, isReady } from "./cluster/pods";
import { waitForPropagation } from "./cluster/propagation";
import { readTrafficObjects } from "../lib/drift/read";
import { CannotVerify } from "../lib/cluster/cannot-verify";
import { assess } from "./assess";
import {
    type Check,
    type IngressTarget,
    type CheckResult,
    LAYERS,
    type Layer,
    type Unchecked,
    isSentFromPod,
    tokenOf,
} from "./model";
import { destinations } from "./plan/endpoints";
import { PROBE_CONTAINER, proberName } from "./probers/objects";
import type { StatusLine } from "./status-line";

export interface Outcome {
    readonly results: CheckResult[];
    readonly miscounts: Miscount[];
    readonly unchecked: Unchecked[];
    /** The results that were replaced by retries, one per retry. */
    readonly retried: CheckResult[];
    /** How late a timeout was allowed to be; undefined if no timeout was tested. */
    toleranceMs?: number;
    /** Duration of the requests alone. */
    seconds: number;
}

interface PhaseOptions {
    /** Whether the probers of an earlier run are reused. */
    readonly reused: boolean;
    /** How long sidecars may use old connections. */
    readonly drainedMs: number;
    readonly signal: AbortSignal;
    readonly progress: StatusLine;
    /** Signs tokens; undefined without a key. */
    readonly sign: Credentials["sign"];
    /** Services that the stack declares to run something other than a stand-in (`workloads.services`). */
    readonly declared: ReadonlySet<string>;
    /** Services that run as jobs, so that they may have no pod. */
    readonly batch: ReadonlySet<string>;
}

const TITLES: Readonly<Record<Layer, string>> = {
    identity: "testing each identity",
    authorization: "testing from each service's pod",
    ingress: "testing the ingress gateways",
    egress: "testing external hosts",
    resilience: "testing timeouts and retries",
};

export async function makeRequests(
    cluster: Cluster,
    catalogue: Catalogue,
    planned: readonly Check[],
    { reused, drainedMs: drained, signal, progress, sign, declared, batch }: PhaseOptions,
): Promise<Outcome> {
    const { pods, real } = await findProbePods(cluster, catalogue, batch);
    const checks = planned.filter((check) => realServiceOf(check, real) === undefined);
    const { certificates, missing } = await readCertificates(cluster, checks);
    const tcp = tcpWorkloads(catalogue, checks);
    const clients = await readClients(cluster, checks);
    const credentials = { certificates, sign, clients, foreignClient: await foreignClient() };
    const unchecked = [
        ...missing,
        ...unsigned(checks, sign),
        ...withoutCertificate(checks, credentials),
        ...ofRealServices(planned, real, declared),
    ];
    const outcome: Outcome = { results: [], miscounts: [], unchecked, retried: [], seconds: 0 };
    for (const layer of LAYERS.filter((one) => checks.some((check) => check.layer === one))) {
        const isConnected = reused || layer !== "identity";
        await waitForPropagation(await readTrafficObjects(cluster), {
            drainedMs: isConnected ? drained : 0,
            signal,
            progress,
        });
        const began = performance.now();
        const layerChecks = checks.filter((check) => {
            const { layer: one, ingress } = check;
            const signable = tokenOf(check) === undefined || sign !== undefined;
            const known =
                ingress === undefined ||
                (certificates.has(ingress.certificate) && isPresentable(ingress, credentials));
            return one === layer && signable && known;
        });
        const batches = batchesOf(layerChecks, pods);
        const options: ProbeOptions = {
            credentials,
            signal,
            progress,
            title: TITLES[layer],
        };
        const before = await readCounters(cluster, tcp, signal);
        const answered = await runBatches(cluster, batches, options);
        const after = await readCounters(cluster, tcp, signal);
        const toleranceMs = toleranceOf(answered);
        const first = answered.map(({ check, result }) => assess(check, result, toleranceMs));
        const last = await retryInconclusive(cluster, batches, first, { ...options, toleranceMs });
        if (layer === "resilience") outcome.toleranceMs = toleranceMs;
        outcome.miscounts.push(...miscounts(layer, first, before, after));
        outcome.results.push(...last.results);
        outcome.retried.push(...last.retried);
        outcome.seconds += (performance.now() - began) / 1000;
    }
    return outcome;
}

/** The checks that are skipped without a key to sign tokens. */
function unsigned(checks: readonly Check[], sign: PhaseOptions["sign"]): Outcome["unchecked"] {
    const count = checks.filter((check) => tokenOf(check) !== undefined).length;
    if (sign !== undefined || count === 0) return [];
    const reason = "this machine has no key of an issuer that the gateways trust (`make up` creates one)";
    const part = `${plural(count, "request")} with a token`;
    return [{ part, reason, optional: "tokens", requested: false }];
}

/** The checks that are skipped for CAs whose client certificates are not in the cluster. */
function withoutCertificate(checks: readonly Check[], credentials: Credentials): Outcome["unchecked"] {
    const left = checks.filter(
        ({ ingress }) => ingress !== undefined && !isPresentable(ingress, credentials),
    );
    const authorities = groupBy(left, ({ ingress }) => ingress?.clientCertificate?.authority ?? "");
    return [...authorities].map(([authority, { length }]) => ({
        part: `${plural(length, "request")} with a client certificate of ${authority}`,
        reason: `Secret ${NAMESPACES.ingress}/${clientSecret(authority)} is missing; certificates.clients.${authority} creates it for a self-signed CA`,
        optional: "client-certificates" as const,
        requested: false,
    }));
}

function isPresentable(ingress: IngressTarget, credentials: Credentials): boolean {
    return ingress.clientCertificate === undefined || presented(ingress, credentials) !== undefined;
}

/** A client certificate of an untrusted CA. */
async function foreignClient(): Promise<KeyPair> {
    return await issue(await createAuthority("mesh-verify"), {
        commonName: "mesh-verify",
        dnsNames: ["client.mesh-verify.example.com"],
        usages: ["client"],
    });
}

/** The service without a stand-in that would get the check's request, or from whose pod it would be sent. */
function realServiceOf(check: Check, real: ReadonlySet<string>): string | undefined {
    const { destination, source } = check;
    if (destination.namespace === NAMESPACES.services && real.has(destination.name)) return destination.name;
    return source.kind === "service" && real.has(source.name) && isSentFromPod(check)
        ? source.name
        : undefined;
}

/**
 * The checks that are skipped for services without a stand-in: their requests would reach the application. Only the stack
 * can permit that; a pod of the cluster cannot.
 */
function ofRealServices(
    checks: readonly Check[],
    real: ReadonlySet<string>,
    declared: ReadonlySet<string>,
): Outcome["unchecked"] {
    const skipped = checks.flatMap((check) => realServiceOf(check, real) ?? []);
    return [...groupBy(skipped, (service) => service)].sort().map(([service, { length }]) => ({
        part: `${plural(length, "request")} to and from ${service}`,
        reason: `its pods are not a stand-in's, so the requests would reach the application${declared.has(service) ? "" : "; workloads.services does not declare it"}`,
        requested: declared.has(service),
    }));
}

/** Groups checks by the pod that sends them. */
function batchesOf(checks: readonly Check[], servicePods: ServicePods): Batch[] {
    const batches = new Map<string, { pod: ProbePod; checks: Check[] }>();
    for (const check of checks) {
        const { source, layer } = check;
        const senders = (isSentFromPod(check) ? servicePods.get(source.name) : undefined) ?? [
            { namespace: source.namespace, pod: proberName(source), container: PROBE_CONTAINER },
        ];
        // All versions of a service have the same permissions. Each request gets a separate result.
        const [first, ...others] = senders;
        const pods = layer === "authorization" ? [first, ...others] : [first];
        pods.forEach((pod, position) => {
            if (pod === undefined) return;
            const key = `${pod.namespace}/${pod.pod}`;
            const batch = batches.get(key) ?? { pod, checks: [] };
            batch.checks.push(position === 0 ? check : { ...check, id: `${check.id} at ${pod.pod}` });
            batches.set(key, batch);
        });
    }
    return [...batches.values()];
}

/** By service: one ready pod per Deployment. There are several Deployments during a rollout. */
type ServicePods = ReadonlyMap<string, readonly ProbePod[]>;

interface ProbePods {
    readonly pods: ServicePods;
    /** Services whose pods are not a stand-in's. */
    readonly real: ReadonlySet<string>;
}

/** Finds a ready pod of every service. Stores must run as well: otherwise a closed connection would prove nothing. */
async function findProbePods(
    cluster: Cluster,
    catalogue: Catalogue,
    batch: ReadonlySet<string>,
): Promise<ProbePods> {
    const services = await readyPods(cluster, NAMESPACES.services);
    const stores = await readyPods(cluster, NAMESPACES.stores);
    const absent = [
        ...Object.keys(catalogue.services).filter((name) => !services.has(name) && !batch.has(name)),
        ...Object.keys(catalogue.stores).filter((name) => !stores.has(name)),
    ];
    if (absent.length > 0) {
        throw new CannotVerify(
            `no ready pod of ${absent.sort().join(", ")}`,
            "`make up` deploys the stand-ins; deploy the services that are not stand-ins (workloads.services).",
        );
    }
    const real = [...services].filter(([, pods]) => !pods.every(isStandIn)).map(([name]) => name);
    return { pods: services, real: new Set([...real, ...batch]) };
}

function isStandIn({ container }: ProbePod): boolean {
    return container === STAND_IN_CONTAINER;
}

async function readyPods(cluster: Cluster, namespace: string): Promise<ServicePods> {
    const pods = (await cluster.list("Pod", { namespace, labelSelector: SERVICE_LABEL })) as PodObject[];
    const byService = new Map<string, Map<string, ProbePod>>();
    for (const { metadata, spec } of pods.filter(isReady)) {
        const { [SERVICE_LABEL]: service = "", app = "" } = metadata.labels ?? {};
        const podsByApp = byService.get(service) ?? new Map<string, ProbePod>();
        const { containers: specs = [] } = (spec ?? {}) as { containers?: readonly { name: string }[] };
        const containers = specs.map(({ name }) => name);
        const container = containers.find((name) => name === STAND_IN_CONTAINER) ?? containers[0] ?? "";
        byService.set(service, podsByApp.set(app, { namespace, pod: metadata.name, container }));
    }
    return new Map(
        [...byService].map(([service, podsByApp]) => [service, [...podsByApp.values()].reverse()]),
    );
}

/** The workloads whose TCP denials are counted, including the egress gateway if egress is checked. */
function tcpWorkloads(catalogue: Catalogue, checks: readonly Check[]): WorkloadRef[] {
    const all = [
        ...destinations(catalogue).filter(({ port }) => port.protocol === "tcp"),
        ...checks.filter(({ egress }) => egress !== undefined).map(({ destination }) => destination),
    ];
    const byKey = new Map(all.map(({ namespace, name }) => [`${namespace}/${name}`, { namespace, name }]));
    return [...byKey.values()];
}
