/** The API server's answers to SubjectAccessReviews: what `kubectl auth can-i` prints, without a process for each. */
import { AuthorizationV1Api, KubeConfig, V1SubjectAccessReview } from "@kubernetes/client-node";

export interface AccessReview {
    readonly user: string;
    readonly groups?: readonly string[];
    readonly verb: string;
    /** Plural, with the API group after the first dot: `authorizationpolicies.security.istio.io`. */
    readonly resource: string;
    readonly subresource?: string;
    /** Absent for all namespaces and for cluster-scoped resources. */
    readonly namespace?: string;
}

const CONCURRENT = 8;

/** In the order of `reviews`. */
export async function reviewAccess(kubeconfig: string, reviews: readonly AccessReview[]): Promise<boolean[]> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const api = config.makeApiClient(AuthorizationV1Api);
    const allowed = new Array<boolean>(reviews.length);
    const pending = reviews.entries();
    const work = async () => {
        for (const [index, review] of pending) {
            const { status } = await api.createSubjectAccessReview({ body: bodyOf(review) });
            if (status === undefined) throw new Error(`no status for ${JSON.stringify(review)}`);
            allowed[index] = status.allowed;
        }
    };
    await Promise.all(Array.from({ length: CONCURRENT }, work));
    return allowed;
}

function bodyOf({ user, groups = [], verb, resource: full, subresource, namespace }: AccessReview) {
    const [resource = "", ...group] = full.split(".");
    return Object.assign(new V1SubjectAccessReview(), {
        spec: {
            user,
            groups: [...groups, "system:authenticated"],
            resourceAttributes: {
                verb,
                group: group.join("."),
                resource,
                ...(subresource === undefined ? {} : { subresource }),
                ...(namespace === undefined ? {} : { namespace }),
            },
        },
    });
}
