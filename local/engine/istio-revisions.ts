/** Keeps a deployment from removing an Istio revision that proxies still use. */
import { type PodFields, proxyOf, revisionOfRelease, revisionsInUse } from "../../config/proxies";
import { type KubeClient } from "./kube/client";
import { isRelease, type Ref } from "./ref";
import { DeployError } from "./types";

const PAGE = 500;

interface PodList {
    readonly metadata?: { readonly continue?: string };
    readonly items: readonly PodFields[];
}

/**
 * @param obsolete what the deployment would remove
 * @throws DeployError that names the pods, if it includes a revision that they use
 */
export async function assertRevisionsUnused(
    client: Pick<KubeClient, "get">,
    obsolete: readonly Ref[],
): Promise<void> {
    const revisions = obsolete.filter(isRelease).flatMap((release) => revisionOfRelease(release) ?? []);
    if (revisions.length === 0) return;
    const proxies = (await podsOf(client)).flatMap((pod) => proxyOf(pod) ?? []);
    const problem = revisionsInUse(new Set(revisions), proxies);
    if (problem === undefined) return;
    throw new DeployError("this deployment would remove an Istio revision in use; nothing was removed", [
        { what: `Istio revision ${revisions.join(", ")}`, ...problem },
    ]);
}

async function podsOf(client: Pick<KubeClient, "get">): Promise<PodFields[]> {
    const pods: PodFields[] = [];
    let next = "";
    do {
        const page = (await client.get(`/api/v1/pods?limit=${PAGE}${next}`)) as PodList;
        pods.push(...page.items);
        const token = page.metadata?.continue ?? "";
        next = token === "" ? "" : `&continue=${encodeURIComponent(token)}`;
    } while (next !== "");
    return pods;
}
