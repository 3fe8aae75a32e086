/** Weakened mutual TLS and injection. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { kindOf, meta, type Mutation, removed } from "../model";
import { added, addedWith } from "./added";
import { drop, everywhere, put } from "./edit";

export function ofMutualTls(resource: EvaluatedResource): Mutation[] {
    if (kindOf(resource) !== "PeerAuthentication") return [];
    const { namespace, name } = meta(resource);
    const isMesh = namespace === "istio-system";
    const strict = (value: unknown): boolean => value === "STRICT";
    return [
        ...(isMesh ? [removed("mesh-wide STRICT removed", resource, [namespace])] : []),
        ...(isMesh ? [elsewhere(resource)] : []),
        ...(isMesh
            ? everywhere("mesh-wide STRICT to UNSET", resource, "spec.mtls", put("mode", "UNSET", strict), [
                  namespace,
              ])
            : []),
        ...everywhere("STRICT to PERMISSIVE", resource, "spec.mtls", put("mode", "PERMISSIVE", strict)),
        ...everywhere("STRICT to DISABLE", resource, "spec.mtls", put("mode", "DISABLE")),
        ...(isMesh
            ? everywhere(
                  "mesh-wide STRICT narrowed to one workload",
                  resource,
                  "spec",
                  put("selector", { matchLabels: { app: "x" } }),
                  [namespace],
              )
            : []),
        ...everywhere("a service's port opened to plaintext", resource, "spec", (spec) => {
            if (namespace === "databases" || isMesh) return false;
            spec["portLevelMtls"] = { ...(spec["portLevelMtls"] as object), "9090": { mode: "PERMISSIVE" } };
            return name !== "";
        }),
        ...everywhere(
            "a health port from PERMISSIVE to DISABLE",
            resource,
            "spec.portLevelMtls.*",
            put("mode", "DISABLE"),
        ),
    ];
}

/** STRICT in a namespace that is not the root namespace, and a ConfigMap that claims it is. */
function elsewhere(resource: EvaluatedResource): Mutation {
    const { replace } = removed("", resource, []);
    const moved = added("", "security.istio.io/v1", "PeerAuthentication", "monitoring", "default", {
        mtls: { mode: "STRICT" },
    });
    const meshConfig = addedWith("", "v1", "ConfigMap", "monitoring", "istio-moved", {
        data: { mesh: "rootNamespace: monitoring" },
    });
    return {
        kind: "mesh-wide STRICT moved to a namespace that a ConfigMap calls the root",
        target: "istio-system",
        names: ["istio-system enforces mutual TLS for the whole mesh", "in istio-system"],
        replace,
        add: [...(moved.add ?? []), ...(meshConfig.add ?? [])],
    };
}
/** A namespace outside the mesh, by an exception of the pack. */
const OUTSIDE = "cert-manager";

export function ofNamespaces(resource: EvaluatedResource): Mutation[] {
    const { name } = meta(resource);
    if (kindOf(resource) !== "Namespace" || name === "istio-system") return [];
    const injection = [
        ...everywhere("injection label dropped", resource, "metadata.labels", drop("istio.io/rev")),
        ...everywhere(
            "injection by an unknown revision",
            resource,
            "metadata.labels",
            put("istio.io/rev", "unknown"),
        ),
        ...everywhere("injection disabled", resource, "metadata.labels", put("istio-injection", "disabled")),
    ];
    return [
        ...(name === OUTSIDE ? [] : injection),
        ...everywhere("all labels dropped", resource, "metadata", drop("labels")),
        ...everywhere(
            "Pod Security dropped",
            resource,
            "metadata.labels",
            drop("pod-security.kubernetes.io/enforce"),
        ),
        ...everywhere(
            "Pod Security to privileged",
            resource,
            "metadata.labels",
            put("pod-security.kubernetes.io/enforce", "privileged"),
        ),
    ];
}
