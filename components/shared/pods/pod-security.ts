/** The security contexts that the Pod Security Standard `restricted` requires. */

/** For a pod whose containers run as `user`, which must not be root. */
export function restrictedPod(user: number) {
    return {
        runAsNonRoot: true,
        runAsUser: user,
        runAsGroup: user,
        seccompProfile: { type: "RuntimeDefault" },
    };
}

/** For a container with a read-only root file system. */
export function restrictedContainer() {
    return {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
    };
}
