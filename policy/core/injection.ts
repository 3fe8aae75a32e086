/** Whether a namespace's labels enable sidecar injection: by `istio-injection`, or by a revision or its tag. */
export function injects(labels: Readonly<Record<string, string>>): boolean {
    const injection = labels["istio-injection"];
    if (injection !== undefined) return injection === "enabled";
    return (labels["istio.io/rev"] ?? "") !== "";
}
