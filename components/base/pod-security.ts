/** What the pod security level `restricted` asks of a pod and of each of its containers. */

/** Of a pod whose containers run as `user`, who is not root. */
export function restrictedPod(user: number) {
    return {
        runAsNonRoot: true,
        runAsUser: user,
        runAsGroup: user,
        seccompProfile: { type: "RuntimeDefault" },
    };
}

/** Of a container, and that it writes nowhere but to volumes. */
export function restrictedContainer() {
    return {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
    };
}
