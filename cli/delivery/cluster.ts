/** The Canaries of a cluster, and the gates of Flagger's load tester. */
import {
    AppsV1Api,
    AuthenticationV1Api,
    CoreV1Event,
    CoreV1Api,
    CustomObjectsApi,
    Exec,
    type KubeConfig,
    PatchStrategy,
    setHeaderOptions,
    V1EventSource,
    V1ObjectMeta,
    V1ObjectReference,
    V1SelfSubjectReview,
} from "@kubernetes/client-node";
import { NAMESPACES } from "../../components/base/names";
import { SERVICE_LABEL } from "../../components/base/labels";
import { CANARY, FLAGGER_API, GATES } from "../../components/shared/flagger/flagger";
import { execute } from "../lib/cluster/exec";
import {
    ApprovalError,
    type Decision,
    DECISIONS,
    type CanaryObject,
    type Version,
    versionOf,
    withDecision,
} from "./decision";

const CANARIES = { ...FLAGGER_API, namespace: NAMESPACES.services, plural: CANARY.plural } as const;
const TIMEOUT_SECONDS = 30;

/** Empty if Flagger is not installed. */
export async function canariesIn(config: KubeConfig): Promise<readonly CanaryObject[]> {
    try {
        const { items } = (await config
            .makeApiClient(CustomObjectsApi)
            .listNamespacedCustomObject(CANARIES)) as { items: CanaryObject[] };
        return items;
    } catch (error) {
        if ((error as { code?: number }).code === 404) return [];
        throw error;
    }
}

/** The user that the API server authenticates: a decision cannot be recorded under another name. */
export async function currentUser(config: KubeConfig): Promise<string> {
    const { status } = await config
        .makeApiClient(AuthenticationV1Api)
        .createSelfSubjectReview({ body: new V1SelfSubjectReview() });
    const name = status?.userInfo?.username;
    if (name === undefined)
        throw new ApprovalError("the API server returned no user name (SelfSubjectReview)");
    return name;
}

/** The version that is being rolled out, or is current. */
export async function versionIn(config: KubeConfig, name: string): Promise<Version> {
    const { namespace } = CANARIES;
    return versionOf(await config.makeApiClient(AppsV1Api).readNamespacedDeployment({ name, namespace }));
}

/**
 * Records a decision in the Canary's annotation, and as a Kubernetes event.
 *
 * @returns false on a write conflict: the Canary has changed since it was read, and nothing is recorded
 */
export async function recordDecision(
    config: KubeConfig,
    canary: CanaryObject,
    decision: Decision,
): Promise<boolean> {
    const { name, resourceVersion } = canary.metadata;
    const annotations = { [DECISIONS]: withDecision(canary, decision) };
    try {
        await config
            .makeApiClient(CustomObjectsApi)
            .patchNamespacedCustomObject(
                { ...CANARIES, name, body: { metadata: { resourceVersion, annotations } } },
                setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
            );
    } catch (error) {
        if ((error as { code?: number }).code === 409) return false;
        throw error;
    }
    await recordEvent(config, name, decision);
    return true;
}

async function recordEvent(config: KubeConfig, name: string, decision: Decision): Promise<void> {
    const { namespace } = CANARIES;
    const time = new Date(decision.at);
    const event = Object.assign(new CoreV1Event(), {
        metadata: Object.assign(new V1ObjectMeta(), { generateName: `${name}-`, namespace }),
        involvedObject: Object.assign(new V1ObjectReference(), {
            apiVersion: CANARY.apiVersion,
            kind: CANARY.kind,
            name,
            namespace,
        }),
        type: decision.verdict === "approved" ? "Normal" : "Warning",
        reason: decision.verdict === "approved" ? "Approved" : "Rejected",
        message: `${decision.stage} of ${decision.version} ${decision.verdict} by ${decision.by}: ${decision.reason}`,
        source: Object.assign(new V1EventSource(), { component: "mesh" }),
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
    });
    await config.makeApiClient(CoreV1Api).createNamespacedEvent({ namespace, body: event });
}

/** Opens or closes a gate from inside the load tester's pod: the mesh denies it from anywhere else. */
export async function callGate(config: KubeConfig, path: string, name: string): Promise<void> {
    const { items } = await config.makeApiClient(CoreV1Api).listNamespacedPod({
        namespace: NAMESPACES.delivery,
        labelSelector: `${SERVICE_LABEL}=${GATES.name}`,
        fieldSelector: "status.phase=Running",
    });
    const pod = items.find(
        ({ metadata, status }) =>
            metadata?.deletionTimestamp === undefined &&
            status?.conditions?.some(({ type, status: holds }) => type === "Ready" && holds === "True"),
    )?.metadata?.name;
    if (pod === undefined)
        throw new ApprovalError(
            `no ready pod of ${GATES.name} in namespace ${NAMESPACES.delivery}: see \`make status\``,
        );
    const body = JSON.stringify({ name, namespace: CANARIES.namespace });
    const { code, stderr } = await execute(new Exec(config), {
        namespace: NAMESPACES.delivery,
        pod,
        container: GATES.container,
        command: [
            ...["wget", "--quiet", "-O", "-", `--post-data=${body}`],
            `http://localhost:${GATES.targetPort}${path}`,
        ],
        stdin: "",
        timeoutSeconds: TIMEOUT_SECONDS,
        signal: new AbortController().signal,
    });
    if (code !== 0) throw new ApprovalError(`POST ${path} failed: ${stderr.trim()}`);
}
