import { join } from "node:path";

import type { ImageReferences } from "../images";
import { pkiFiles } from "./pki";
import { settings } from "./settings";
import { type NodeRecord, stateFiles } from "./state";

/** How to use a node that is up. */
export interface RunningNode {
    /** Path of the administrator's kubeconfig. */
    readonly kubeconfig: string;
    /** The node's address: its API server and node ports are reached there from the host, and only from it. */
    readonly address: string;
    /** The node's name in Kubernetes. */
    readonly name: string;
    /** References of the images that the node has; it can pull no others. */
    readonly images: ImageReferences;
    /** Path of the certificate of the authority that signs the gateways', once a mesh is there. */
    readonly edgeAuthority: string;
    /** Path of the certificate of the authority that vouches for the world outside. */
    readonly outsideAuthority: string;
    /** Folder that holds everything of the node's. */
    readonly state: string;
}

/** Describes the node in a state folder. */
export function describeNode(state: string, record: NodeRecord, images: ImageReferences): RunningNode {
    const { kubeconfig, edgeAuthority, pki } = stateFiles(state);
    return {
        kubeconfig,
        address: record.subnet.node,
        name: settings.nodeName,
        images,
        edgeAuthority,
        outsideAuthority: join(pki, pkiFiles.authority("outside")),
        state,
    };
}
