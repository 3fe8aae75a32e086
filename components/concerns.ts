import { access } from "./access/access";
import type { Concern } from "./base/concern";
import type { Derived } from "./base/manifest";
import type { Platform } from "./base/platform";
import { certManager } from "./cert-manager/cert-manager";
import { certificates } from "./certificates/certificates";
import { cloudControllers } from "./cloud-controllers/cloud-controllers";
import { controlPlane } from "./control-plane/control-plane";
import { delivery } from "./delivery/delivery";
import { edge } from "./edge/edge";
import { egress } from "./egress/egress";
import { gateways } from "./gateways/gateways";
import { identity } from "./identity/identity";
import { meshAuthority } from "./mesh-authority/mesh-authority";
import { namespaces } from "./namespaces/namespaces";
import { networkOf } from "./network/network";
import { observability } from "./observability/observability";
import { routing } from "./routing/routing";
import { telemetry } from "./telemetry/telemetry";
import { traffic } from "./traffic/traffic";
import { workloads } from "./workloads/workloads";

const WITHOUT_NETWORK: readonly Concern[] = [
    cloudControllers,
    certManager,
    certificates,
    meshAuthority,
    controlPlane,
    identity,
    access,
    traffic,
    edge,
    workloads,
    routing,
    gateways,
    egress,
    telemetry,
    observability,
    delivery,
];

/** It comes before the concerns whose flows it allows. */
export const network = networkOf(WITHOUT_NETWORK);

/** All concerns, in the order in which `index.ts` registers them. */
export const CONCERNS: readonly Concern[] = [namespaces, network, ...WITHOUT_NETWORK];

/** Returns every object that the program adds to a cluster, without a Pulumi engine. */
export function deriveAll(platform: Platform): Derived {
    const all = CONCERNS.map(({ derive }) => derive(platform));
    return {
        releases: all.flatMap(({ releases }) => releases),
        objects: all.flatMap(({ objects }) => objects),
    };
}
