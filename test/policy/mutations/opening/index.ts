/** Every single change of a rendered stack that widens access. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { type Mutation } from "../model";
import { ofAuthorization, ofTokens } from "./access";
import { addedAdmission, ofAdmission } from "./admission";
import { additions } from "./additions";
import { addedWorkloads } from "./added-workloads";
import { addedCloud } from "./cloud";
import { ofCluster } from "./cluster";
import { ofEgress } from "./egress";
import { secondWaysIn } from "./entry";
import { ofGateways, ofOldClients } from "./gateways";
import { ofMutualTls, ofNamespaces } from "./identity";
import { ofNetwork } from "./network";
import { addedRights } from "./rights";
import { byCloudControllers, byOtherInstallers, ofMeshIssuer, ofRevisions } from "./mesh-issuer";
import { otherKinds } from "./kinds";
import { patches } from "./patches";
import { ofPods } from "./pods";
import { ofReleases } from "./releases";
import { ofSpellings } from "./spellings";
import { strangeKinds } from "./foreign-kinds";
import { ofRoutes, ofRules } from "./traffic";

const OF_ONE_RESOURCE: readonly ((resource: EvaluatedResource) => Mutation[])[] = [
    ofMutualTls,
    ofNamespaces,
    ofAuthorization,
    ofTokens,
    ofNetwork,
    ofGateways,
    ofOldClients,
    ofRules,
    ofRoutes,
    ofEgress,
    ofReleases,
    ofPods,
    ofCluster,
    ofSpellings,
    ofAdmission,
    ofRevisions,
];

export function openingChanges(stack: readonly EvaluatedResource[]): readonly Mutation[] {
    return [
        ...OF_ONE_RESOURCE.flatMap((changes) => stack.flatMap(changes)),
        ...additions(stack),
        ...secondWaysIn(stack),
        ...patches(stack),
        ...addedWorkloads(stack),
        ...addedRights(stack),
        ...addedCloud(stack),
        ...otherKinds(stack),
        ...strangeKinds(),
        ...ofMeshIssuer(stack),
        ...byCloudControllers(),
        ...byOtherInstallers(),
        ...addedAdmission(),
    ];
}
