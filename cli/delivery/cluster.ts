/** The rollouts of a cluster, and its gates. */
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
import { GATES } from "../../components/base/rollouts";
import { execute } from "../verify/cluster/exec";
import {
    CannotDecide,
    type Decision,
    DECISIONS,
    type Rollout,
    type Version,
    versionOf,
    withDecision,
} from "./decision";

const CANARIES = {
    group: "flagger.app",
    version: "v1beta1",
    namespace: NAMESPACES.services,
    plural: "canaries",
} as const;
const TIMEOUT_SECONDS = 30;

/** None where Flagger is not there. */
export async function rolloutsOf(config: KubeConfig): Promise<readonly Rollout[]> {
    try {
        const { items } = (await config
            .makeApiClient(CustomObjectsApi)
            .listNamespacedCustomObject(CANARIES)) as { items: Rollout[] };
        return items;
    } catch (error) {
        if ((error as { code?: number }).code === 404) return [];
        throw error;
    }
}

/** Whom the API server takes us for: nobody decides under another's name. */
export async function whoAmI(config: KubeConfig): Promise<string> {
    const { status } = await config
        .makeApiClient(AuthenticationV1Api)
        .createSelfSubjectReview({ body: new V1SelfSubjectReview() });
    const name = status?.userInfo?.username;
    if (name === undefined) throw new CannotDecide("the API server does not say who you are");
    return name;
}

/** What is to be rolled out, or is. */
export async function versionIn(config: KubeConfig, name: string): Promise<Version> {
    const { namespace } = CANARIES;
    return versionOf(await config.makeApiClient(AppsV1Api).readNamespacedDeployment({ name, namespace }));
}

/**
 * Keeps a decision with its rollout, and tells of it as an event.
 *
 * @returns false where somebody else, or Flagger, has written since the rollout was read: nothing is kept then.
 */
export async function record(config: KubeConfig, rollout: Rollout, decision: Decision): Promise<boolean> {
    const { name, resourceVersion } = rollout.metadata;
    const annotations = { [DECISIONS]: withDecision(rollout, decision) };
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
    await tell(config, name, decision);
    return true;
}

async function tell(config: KubeConfig, name: string, decision: Decision): Promise<void> {
    const { group, version, namespace } = CANARIES;
    const time = new Date(decision.at);
    const event = Object.assign(new CoreV1Event(), {
        metadata: Object.assign(new V1ObjectMeta(), { generateName: `${name}-`, namespace }),
        involvedObject: Object.assign(new V1ObjectReference(), {
            apiVersion: `${group}/${version}`,
            kind: "Canary",
            name,
            namespace,
        }),
        type: decision.verdict === "approved" ? "Normal" : "Warning",
        reason: decision.verdict === "approved" ? "Approved" : "Refused",
        message: `${decision.stage} of ${decision.version} ${decision.verdict} by ${decision.by}: ${decision.why}`,
        source: Object.assign(new V1EventSource(), { component: "mesh" }),
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
    });
    await config.makeApiClient(CoreV1Api).createNamespacedEvent({ namespace, body: event });
}

/** Opens or shuts a gate from inside the pod that holds it: from anywhere else the mesh lets nobody. */
export async function turn(config: KubeConfig, path: string, name: string): Promise<void> {
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
        throw new CannotDecide(
            `nothing runs in ${NAMESPACES.delivery} that holds the gates: see \`make status\``,
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
    if (code !== 0) throw new CannotDecide(`${path} did not succeed: ${stderr.trim()}`);
}
