/** What a person can do about an error. */
import { CommandError } from "../process";
import {
    ApiError,
    BeingDeletedError,
    ForeignObjectError,
    NotServedError,
    UnreachableError,
} from "./kube/errors";
import { HANDED_OVER } from "./kube/ownership";
import { describeRef, isRelease, type Ref } from "./ref";
import { UnsupportedError } from "./resource";
import { isWebhookDown } from "./retry";
import { type Failure, NotReadyError } from "./types";

export function failureOf(ref: Ref, error: unknown): Failure {
    const message = error instanceof CommandError && error.stderr !== "" ? error.stderr : messageOf(error);
    return { what: describeRef(ref), message, remedy: remedyFor(ref, error) };
}

export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

function remedyFor(ref: Ref, error: unknown): string {
    const scope = ref.namespace === undefined ? "" : ` -n ${ref.namespace}`;
    if (error instanceof ForeignObjectError) {
        return isRelease(ref)
            ? `remove it (helm uninstall ${ref.name}${scope}), or deploy to another cluster`
            : `delete it, or hand it over to this program, which will then also delete it: kubectl${scope} label ${ref.kind.toLowerCase()} ${ref.name} ${Object.entries(
                  HANDED_OVER,
              )
                  .map((pair) => pair.join("="))
                  .join(",")}`;
    }
    if (error instanceof NotServedError) {
        return "let its component depend on the release that brings this kind, or correct its apiVersion";
    }
    if (error instanceof BeingDeletedError) {
        return `find what holds it: kubectl${scope} get ${ref.kind.toLowerCase()} ${ref.name} -o yaml (finalizers, conditions)`;
    }
    if (error instanceof UnreachableError) {
        return "start the cluster (on the embedded node: make up), or correct the kubeconfig";
    }
    if (error instanceof NotReadyError) return error.remedy;
    if (error instanceof UnsupportedError) return "deploy with the Pulumi CLI, or take it out of this stack";
    if (error instanceof CommandError) {
        return `see what its pods say: kubectl${scope} get pods,events; then run again`;
    }
    if (isWebhookDown(error)) {
        return "see why the webhook's pods do not answer (istiod: kubectl -n istio-system get pods); then run again";
    }
    return error instanceof ApiError
        ? apiRemedy(error)
        : "correct the cause and run again; what is done stays done";
}

function apiRemedy({ status, message, about }: ApiError): string {
    if (status === 401) return "renew the kubeconfig's credentials";
    if (message.includes("denied the request"))
        return "correct it as the webhook says, in the component that derives it";
    if (status === 403) return "use a kubeconfig whose user may do this; cluster-admin may";
    if (status === 404 && about === "namespaces")
        return "let its component depend on the one that makes the namespace";
    if (status === 400 || status === 422 || status === 500) {
        return "correct the object in the component that derives it";
    }
    return "run again; what is done stays done";
}
