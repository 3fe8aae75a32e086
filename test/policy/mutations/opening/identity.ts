/** Mutual TLS and injection weakened. */
import { type JudgedResource } from "../../../../cli/policy/protocol";
import { kindOf, meta, type Mutation, removed } from "../model";
import { drop, everywhere, put } from "./edit";

export function ofMutualTls(resource: JudgedResource): Mutation[] {
    if (kindOf(resource) !== "PeerAuthentication") return [];
    const { namespace, name } = meta(resource);
    const isMesh = namespace === "istio-system";
    const strict = (value: unknown): boolean => value === "STRICT";
    return [
        ...(isMesh ? [removed("mesh-wide STRICT taken out", resource, [namespace])] : []),
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
        ...everywhere("a service's port opened to plain text", resource, "spec", (spec) => {
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

export function ofNamespaces(resource: JudgedResource): Mutation[] {
    if (kindOf(resource) !== "Namespace" || meta(resource).name === "istio-system") return [];
    return [
        ...everywhere("injection label dropped", resource, "metadata.labels", drop("istio-injection")),
        ...everywhere("injection by a revision that nobody has", resource, "metadata.labels", (labels) => {
            if (!drop("istio-injection")(labels)) return false;
            labels["istio.io/rev"] = "nobodys";
            return true;
        }),
        ...everywhere("injection disabled", resource, "metadata.labels", put("istio-injection", "disabled")),
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
