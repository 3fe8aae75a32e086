import type { Manifest, VirtualServiceManifest } from "../../base/manifest";
import { SERVICE_LABEL } from "../../base/labels";
import { serviceHost } from "../../base/names";

type Destination = NonNullable<
    NonNullable<NonNullable<VirtualServiceManifest["spec"]["http"]>[number]["route"]>[number]
>["destination"];

/** Whether `workload` is the Deployment of a version that `route` names as a subset. */
export function makesPodsFor(workload: Manifest, route: Manifest): boolean {
    if (workload.kind !== "Deployment" || route.kind !== "VirtualService") return false;
    const { [SERVICE_LABEL]: service, version } = workload.spec?.template.metadata?.labels ?? {};
    if (service === undefined || version === undefined) return false;
    const host = serviceHost(service);
    return destinationsOf(route).some((one) => one.host === host && one.subset === version);
}

function destinationsOf({ spec: { http = [], tcp = [] } }: VirtualServiceManifest): Destination[] {
    const routed = [...http, ...tcp].flatMap(({ route = [] }) => route);
    const mirrored = http.flatMap(({ mirrors = [] }) => mirrors);
    return [...routed, ...mirrored].map(({ destination }) => destination);
}
