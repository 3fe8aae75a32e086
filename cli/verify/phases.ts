/** All requests of a run, layer by layer, each between two readings of the counters. */
import type { Catalogue } from "../../catalogue/model";
import { groupBy } from "../../catalogue/order";
import { clientSecret } from "../../components/base/client-authorities";
import { SERVICE_LABEL } from "../../components/base/labels";
import { NAMESPACES } from "../../components/base/names";
import { createAuthority, issue } from "../../local";
import { type AskOptions, type Asker, type Batch, ask, askAgain } from "./ask/batches";
import { toleranceOf } from "./ask/tolerance";
import { type Miscount, type Workload, miscounts, readCounters } from "./ask/counters";
import { type Credentials, type KeyPair, presented } from "./ask/wire";
import { readCertificates, readClients } from "./cluster/certificates";
import type { Cluster } from "./cluster/cluster";
import { type PodObject, isReady } from "./cluster/pods";
import { settle } from "./cluster/settle";
import { readTrafficObjects } from "./drift/read";
import { CannotVerify } from "./errors";
import { judge } from "./judge";
import { type Check, type Entry, type Finding, LAYERS, type Layer, type Unchecked, tokenOf } from "./model";
import { destinations } from "./plan/places";
import { PROBE_CONTAINER, proberName } from "./probers/objects";
import type { StatusLine } from "./status-line";

/** The container of a stand-in's pod. */
const STAND_IN = "stand-in";

export interface Outcome {
    readonly findings: Finding[];
    readonly miscounts: Miscount[];
    readonly notChecked: Unchecked[];
    /** What was found by each request that was made again, of one that was made again twice both times. */
    readonly repeated: Finding[];
    /** By how much a timeout was allowed to be late; undefined where none was waited for. */
    toleranceMs?: number;
    /** For the requests alone. */
    seconds: number;
}

interface PhaseOptions {
    /** Whether probers are those of an earlier run. */
    readonly reused: boolean;
    readonly signal: AbortSignal;
    readonly progress: StatusLine;
    /** Signs tokens; undefined where no key is at hand. */
    readonly sign: Credentials["sign"];
}

const TITLES: Readonly<Record<Layer, string>> = {
    identity: "asking as each identity",
    source: "asking from each service's own pod",
    entry: "asking at the gateways",
    egress: "asking the world outside",
    resilience: "asking of callees that fail or are slow",
};

export async function makeRequests(
    cluster: Cluster,
    catalogue: Catalogue,
    checks: readonly Check[],
    { reused, signal, progress, sign }: PhaseOptions,
): Promise<Outcome> {
    const askers = await findAskers(cluster, catalogue);
    const { certificates, missing } = await readCertificates(cluster, checks);
    const tcp = tcpWorkloads(catalogue, checks);
    const clients = await readClients(cluster, checks);
    const credentials = { certificates, sign, clients, foreignClient: await foreignClient() };
    const notChecked = [...missing, ...unsigned(checks, sign), ...withoutCertificate(checks, credentials)];
    const outcome: Outcome = { findings: [], miscounts: [], notChecked, repeated: [], seconds: 0 };
    for (const layer of LAYERS.filter((one) => checks.some((check) => check.layer === one))) {
        const connected = reused || layer !== "identity";
        await settle(await readTrafficObjects(cluster), { connected, signal, progress });
        const began = performance.now();
        const own = checks.filter((check) => {
            const { layer: one, entry } = check;
            const signable = tokenOf(check) === undefined || sign !== undefined;
            const known =
                entry === undefined ||
                (certificates.has(entry.certificate) && isPresentable(entry, credentials));
            return one === layer && signable && known;
        });
        const batches = batchesOf(own, askers);
        const options: AskOptions = {
            credentials,
            signal,
            progress,
            title: TITLES[layer],
        };
        const before = await readCounters(cluster, tcp, signal);
        const answered = await ask(cluster, batches, options);
        const after = await readCounters(cluster, tcp, signal);
        const toleranceMs = toleranceOf(answered);
        const first = answered.map(({ check, result }) => judge(check, result, toleranceMs));
        const last = await askAgain(cluster, batches, first, { ...options, toleranceMs });
        if (layer === "resilience") outcome.toleranceMs = toleranceMs;
        outcome.miscounts.push(...miscounts(layer, first, before, after));
        outcome.findings.push(...last.findings);
        outcome.repeated.push(...last.repeated);
        outcome.seconds += (performance.now() - began) / 1000;
    }
    return outcome;
}

/** What is left out where nobody can sign a token that the gateways take. */
function unsigned(checks: readonly Check[], sign: PhaseOptions["sign"]): Outcome["notChecked"] {
    const count = checks.filter((check) => tokenOf(check) !== undefined).length;
    if (sign !== undefined || count === 0) return [];
    const why = "no key of an issuer that the gateways trust is on this machine; `make up` makes one";
    const part = `${count} requests with a token`;
    return [{ part, why, optional: "tokens", requested: false }];
}

/** Of an authority whose certificates are issued elsewhere, none is at hand. */
function withoutCertificate(checks: readonly Check[], credentials: Credentials): Outcome["notChecked"] {
    const left = checks.filter(({ entry }) => entry !== undefined && !isPresentable(entry, credentials));
    const authorities = groupBy(left, ({ entry }) => entry?.clientCertificate?.authority ?? "");
    return [...authorities].map(([authority, { length }]) => ({
        part: `${length} requests with a client certificate of ${authority}`,
        why: `the Secret ${NAMESPACES.ingress}/${clientSecret(authority)} with one is missing; certificates.clients.${authority} makes one where it is self-signed`,
        optional: "client-certificates" as const,
        requested: false,
    }));
}

function isPresentable(entry: Entry, credentials: Credentials): boolean {
    return entry.clientCertificate === undefined || presented(entry, credentials) !== undefined;
}

/** By a CA that nobody knows. */
async function foreignClient(): Promise<KeyPair> {
    return await issue(await createAuthority("mesh-verify"), {
        commonName: "mesh-verify",
        dnsNames: ["client.mesh-verify.example.com"],
        usages: ["client"],
    });
}

/** By layer and source: one pod makes all of them. */
function batchesOf(checks: readonly Check[], servicePods: ServicePods): Batch[] {
    const batches = new Map<string, { asker: Asker; checks: Check[] }>();
    for (const check of checks) {
        const { source, layer, outside } = check;
        const atPod = layer === "source" || layer === "resilience" || outside?.from === "pod";
        const own = (atPod ? servicePods.get(source.name) : undefined) ?? [
            { namespace: source.namespace, pod: proberName(source), container: PROBE_CONTAINER },
        ];
        // What the others may ask is the same, and each request has its own result.
        const [first, ...others] = own;
        const askers = layer === "source" ? [first, ...others] : [first];
        askers.forEach((asker, position) => {
            if (asker === undefined) return;
            const key = `${asker.namespace}/${asker.pod}`;
            const batch = batches.get(key) ?? { asker, checks: [] };
            batch.checks.push(position === 0 ? check : { ...check, id: `${check.id} at ${asker.pod}` });
            batches.set(key, batch);
        });
    }
    return [...batches.values()];
}

/** By service, a ready pod of each of its Deployments: several while a new version is rolled out. */
type ServicePods = ReadonlyMap<string, readonly Asker[]>;

/** Stores must be there as well: a closed connection would say nothing without them. */
async function findAskers(cluster: Cluster, catalogue: Catalogue): Promise<ServicePods> {
    const services = await readyPods(cluster, NAMESPACES.services);
    const stores = await readyPods(cluster, NAMESPACES.stores);
    const absent = [
        ...Object.keys(catalogue.services).filter((name) => !services.has(name)),
        ...Object.keys(catalogue.stores).filter((name) => !stores.has(name)),
    ];
    if (absent.length > 0) {
        throw new CannotVerify(
            `no pod is ready of ${absent.sort().join(", ")}`,
            "`make up` deploys the stand-ins and waits for them; a stack without stand-ins cannot be verified",
        );
    }
    return services;
}

async function readyPods(cluster: Cluster, namespace: string): Promise<ServicePods> {
    const pods = (await cluster.list("Pod", { namespace, labelSelector: SERVICE_LABEL })) as PodObject[];
    const byService = new Map<string, Map<string, Asker>>();
    for (const { metadata } of pods.filter(isReady)) {
        const { [SERVICE_LABEL]: service = "", app = "" } = metadata.labels ?? {};
        const own = byService.get(service) ?? new Map<string, Asker>();
        byService.set(service, own.set(app, { namespace, pod: metadata.name, container: STAND_IN }));
    }
    return new Map([...byService].map(([service, own]) => [service, [...own.values()].reverse()]));
}

/** Those whose denials of TCP are counted; the egress gateway among them where it is asked. */
function tcpWorkloads(catalogue: Catalogue, checks: readonly Check[]): Workload[] {
    const all = [
        ...destinations(catalogue).filter(({ port }) => port.protocol === "tcp"),
        ...checks.filter(({ outside }) => outside !== undefined).map(({ destination }) => destination),
    ];
    const byKey = new Map(all.map(({ namespace, name }) => [`${namespace}/${name}`, { namespace, name }]));
    return [...byKey.values()];
}
