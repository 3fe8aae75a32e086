/** The cluster operations that verify and status use. */
import type { KubeObject } from "../drift/objects";
import type { Kind } from "./kinds";

/** The result of a command in a container. */
export interface CommandResult {
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
    /** Closes the connection, which ends the command. */
    readonly signal: AbortSignal;
}

export interface Cluster {
    /** All namespaces if `namespace` is absent. Empty for a kind that the cluster does not have. */
    list(kind: Kind, options?: { namespace?: string; labelSelector?: string }): Promise<KubeObject[]>;
    get(kind: Kind, namespace: string, name: string): Promise<KubeObject | undefined>;
    /** Server-side apply. */
    apply(object: KubeObject): Promise<void>;
    /** @returns false if an object of this name exists */
    create(object: KubeObject): Promise<boolean>;
    /** Replaces the version that `metadata.resourceVersion` names. @returns false if another version is current */
    replace(object: KubeObject): Promise<boolean>;
    /** Requests deletion; not an error if the object does not exist. */
    remove(kind: Kind, namespace: string, name: string): Promise<void>;
    exec(command: Command): Promise<CommandResult>;
    /** The context's name, for messages. */
    readonly name: string;
}
