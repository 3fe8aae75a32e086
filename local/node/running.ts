import { join } from "node:path";

import type { ImageReferences } from "../images";
import { pkiFiles } from "./pki";
import { settings } from "./settings";
import { type NodeRecord, stateFiles } from "./state";

/** How to use a running node. */
export interface RunningNode {
    /** The path of the administrator's kubeconfig. */
    readonly kubeconfig: string;
    /** The node's address, for its API server and node ports; reachable from the host only. */
    readonly address: string;
    /** The node's name in Kubernetes. */
    readonly name: string;
    /** References of the node's images; it cannot pull others. */
    readonly images: ImageReferences;
    /** The path of the certificate of the gateways' CA, once a mesh is deployed. */
    readonly edgeAuthority: string;
    /** The path of the certificate of the simulated external services' CA. */
    readonly simulatedAuthority: string;
    /** The node's state folder. */
    readonly state: string;
}

/** How to use the node of a state folder. */
export function describeNode(state: string, record: NodeRecord, images: ImageReferences): RunningNode {
    const { kubeconfig, edgeAuthority, pki } = stateFiles(state);
    return {
        kubeconfig,
        address: record.subnet.node,
        name: settings.nodeName,
        images,
        edgeAuthority,
        simulatedAuthority: join(pki, pkiFiles.authority("external-services")),
        state,
    };
}
