/** Every single change of a rendered stack that opens the mesh, by rule. */
import { type JudgedResource } from "../../../../cli/policy/protocol";
import { type Mutation } from "../model";
import { ofAuthorization, ofTokens } from "./access";
import { admissionBeside, ofAdmission } from "./admission";
import { additions } from "./additions";
import { workloadsBeside } from "./beside-workloads";
import { cloudBeside } from "./cloud";
import { ofCluster } from "./cluster";
import { ofEgress } from "./egress";
import { secondWaysIn } from "./entry";
import { ofGateways, ofOldClients } from "./gateways";
import { ofMutualTls, ofNamespaces } from "./identity";
import { ofNetwork } from "./network";
import { rightsBeside } from "./rights";
import { otherKinds } from "./kinds";
import { patches } from "./patches";
import { ofPods } from "./pods";
import { ofReleases } from "./releases";
import { ofSpellings } from "./spellings";
import { strangeKinds } from "./strange-kinds";
import { ofRoutes, ofRules } from "./traffic";

const OF_ONE_RESOURCE: readonly ((resource: JudgedResource) => Mutation[])[] = [
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
];

export function openingChanges(stack: readonly JudgedResource[]): readonly Mutation[] {
    return [
        ...OF_ONE_RESOURCE.flatMap((changes) => stack.flatMap(changes)),
        ...additions(stack),
        ...secondWaysIn(stack),
        ...patches(stack),
        ...workloadsBeside(stack),
        ...rightsBeside(stack),
        ...cloudBeside(stack),
        ...otherKinds(stack),
        ...strangeKinds(),
        ...admissionBeside(),
    ];
}
