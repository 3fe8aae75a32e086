/** What verifying needs of a cluster. */
import type { KubeObject } from "../drift/objects";
import type { Kind } from "./kinds";

/** What a command in a container came to. */
export interface Executed {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
}

export interface Command {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
    readonly command: readonly string[];
    readonly stdin: string;
    readonly timeoutSeconds: number;
    /** Ends the command's connection, and by that the command. */
    readonly signal: AbortSignal;
}

export interface Cluster {
    /** Of all namespaces where `namespace` is absent. An unknown kind has no objects. */
    list(kind: Kind, options?: { namespace?: string; labelSelector?: string }): Promise<KubeObject[]>;
    get(kind: Kind, namespace: string, name: string): Promise<KubeObject | undefined>;
    /** Server-side apply. */
    apply(object: KubeObject): Promise<void>;
    /** @returns false where an object of this name exists */
    create(object: KubeObject): Promise<boolean>;
    /** Replaces the version that `metadata.resourceVersion` names. @returns false where it is no longer the current one */
    replace(object: KubeObject): Promise<boolean>;
    /** Asks for removal; what is gone already is no error. */
    remove(kind: Kind, namespace: string, name: string): Promise<void>;
    exec(command: Command): Promise<Executed>;
    /** The context in use, for messages. */
    readonly name: string;
}
